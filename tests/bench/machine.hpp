// What the numbers were measured on.
//
// Threads: any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace paynamed::bench {

// cores, filesystem and device of `folder`, load average, whether somebody else was at work.
boost::json::object machine(const std::filesystem::path& folder);
// "ext4", "tmpfs", ... of the mount that holds `folder`.
std::string filesystem_of(const std::filesystem::path& folder);

// Of a process, from /proc; 0 when it is gone.
struct Memory {
  double resident_mb = 0;   // VmRSS
  double anonymous_mb = 0;  // RssAnon: without pages of files that the kernel may drop
};
Memory memory_of(std::int64_t pid);

}  // namespace paynamed::bench
