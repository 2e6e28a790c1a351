// DaemonProbe: paynamed itself on a given state file, measured through its API.
//
// Threads: functions block their caller.
#pragma once

#include <cstddef>
#include <filesystem>

#include "tests/bench/machine.hpp"

namespace paynamed::bench {

struct DaemonResult {
  double ready_ms = 0;         // from starting the process to the first 200 of GET /readyz
  double first_lookup_ms = 0;  // median of GET /v1/names/{name} on one connection
  double lookup_ms = 0;        // the same names again
  Memory memory;               // when ready, before the lookups
  Memory memory_after;         // after them
};

struct DaemonPaths {
  std::filesystem::path daemon;
  std::filesystem::path modules;
  std::filesystem::path folder;  // for its configuration and log
};

// Starts paynamed on `state` (which holds `names` names of names_file.hpp), looks `lookups` names up twice
// and stops it. Throws when it does not become ready in 30 s, or an answer is not 200.
DaemonResult probe_daemon(const DaemonPaths& paths, const std::filesystem::path& state, std::uint64_t names,
                          std::size_t lookups);

}  // namespace paynamed::bench
