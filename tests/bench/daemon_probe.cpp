#include "tests/bench/daemon_probe.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/http_client.hpp"
#include "tests/bench/names_file.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

constexpr std::string_view kKey = "bench-0123456789abcdef0123456789abcdef";

double ms_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::filesystem::path write_config(const DaemonPaths& paths, const std::filesystem::path& state,
                                   std::uint16_t port) {
  std::ofstream(paths.folder / "api.key") << kKey << '\n';
  std::filesystem::permissions(paths.folder / "api.key",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::ofstream(paths.folder / "tsig.secret") << "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
  std::filesystem::permissions(paths.folder / "tsig.secret",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto file = paths.folder / "paynamed.toml";
  std::ofstream(file) << fmt::format(R"([daemon]
state = "{}"
plugin_path = ["{}"]
[log]
level = "warn"
[api]
listen = "127.0.0.1:{}"
key = {{ file = "api.key" }}
[domains."example.com"]
dns = "zone"
test = true
[plugins.zone]
module = "rfc2136"
server = "127.0.0.1"
tsig = {{ name = "bench.", algorithm = "hmac-sha256", secret = {{ file = "tsig.secret" }} }}
[plugins.node]
module = "sandbox"
key_file = "{}"
state_file = "{}"
)",
                                     state.string(), paths.modules.string(), port,
                                     (paths.folder / "sandbox.key").string(),
                                     (paths.folder / "sandbox.nodes").string());
  return file;
}

}  // namespace

DaemonResult probe_daemon(const DaemonPaths& paths, const std::filesystem::path& state, std::uint64_t names,
                          std::size_t lookups) {
  const base::SystemClock clock;
  std::filesystem::create_directories(paths.folder);
  const std::uint16_t port = free_port();
  const auto config = write_config(paths, state, port);
  const auto log = paths.folder / "paynamed.log";

  const auto begin = clock.monotonic();
  Child child({paths.daemon.string(), "run", "--config", config.string()}, log);
  wait_until_ready(child, port, log);
  DaemonResult result;
  result.ready_ms = ms_between(begin, clock.monotonic());
  result.memory = memory_of(child.pid());

  HttpClient client(port, std::string{kKey});
  base::SeededRandom random(1);
  std::vector<std::string> paths_asked;
  for (std::size_t i = 0; i < lookups; ++i)
    paths_asked.push_back("/v1/names/" + name_at(random.below(names)));
  for (double* pass : {&result.first_lookup_ms, &result.lookup_ms}) {
    std::vector<double> spent;
    for (const std::string& path : paths_asked) {
      const auto from = clock.monotonic();
      const int status = client.get(path).status;
      spent.push_back(ms_between(from, clock.monotonic()));
      if (status != 200) throw std::runtime_error(fmt::format("GET {} answered {}", path, status));
    }
    *pass = median(std::move(spent));
  }
  result.memory_after = memory_of(child.pid());
  return result;
}

}  // namespace paynamed::bench
