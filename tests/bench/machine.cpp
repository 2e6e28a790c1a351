#include "tests/bench/machine.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace paynamed::bench {
namespace {

// The line of /proc/self/mounts whose folder is the longest prefix of `folder`.
std::pair<std::string, std::string> mount_of(const std::filesystem::path& folder) {
  const std::string path = std::filesystem::weakly_canonical(folder).string() + "/";
  std::ifstream mounts("/proc/self/mounts");
  std::string line, best, device, type;
  while (std::getline(mounts, line)) {
    std::istringstream fields(line);
    std::string from, at, kind;
    fields >> from >> at >> kind;
    const std::string prefix = at == "/" ? at : at + "/";
    if (path.starts_with(prefix) && prefix.size() >= best.size()) {
      best = prefix;
      device = from;
      type = kind;
    }
  }
  return {device, type};
}

}  // namespace

std::string filesystem_of(const std::filesystem::path& folder) {
  return mount_of(folder).second;
}

boost::json::object machine(const std::filesystem::path& folder) {
  const auto [device, type] = mount_of(folder);
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  boost::json::object what;
  what["cores"] = std::thread::hardware_concurrency();
  what["folder"] = std::filesystem::weakly_canonical(folder).string();
  what["filesystem"] = type;
  what["device"] = device;
  what["load"] = load;
  return what;
}

Memory memory_of(std::int64_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  std::string line;
  Memory memory;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) memory.resident_mb = std::strtod(line.c_str() + 6, nullptr) / 1024;
    if (line.starts_with("RssAnon:")) memory.anonymous_mb = std::strtod(line.c_str() + 8, nullptr) / 1024;
  }
  return memory;
}

}  // namespace paynamed::bench
