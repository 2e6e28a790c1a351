#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <optional>
#include <string>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/child.hpp"
#include "tests/bench/daemon_probe.hpp"
#include "tests/bench/engine_load.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"
#include "tests/bench/report.hpp"

namespace paynamed::bench {
namespace {

constexpr std::array<std::uint64_t, 3> kCounts{1'000, 100'000, 1'000'000};
constexpr std::size_t kRegistrations = 60;  // a round
constexpr std::size_t kLookups = 5'000;     // a round, each name twice
constexpr std::size_t kRequests = 900;      // each name twice: an API key may send 2,000 at once

double ms_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// One state file and what was measured on it.
struct Size {
  std::uint64_t names = 0;
  std::filesystem::path file;
  std::vector<double> registration_ms;
  std::vector<double> first_lookup_us;  // pages that may have to come from the disk
  std::vector<double> lookup_us;        // the same names again
  double ready_ms = 0;
  Memory memory;
  std::optional<DaemonResult> daemon;
};

// The file with `names` names of an earlier run, or a new one. Registrations that were measured stay in it;
// it is made anew when they would change what is measured.
std::filesystem::path file_with(const std::filesystem::path& folder, std::uint64_t names) {
  const auto home = folder / fmt::format("names-{}", names);
  const auto file = home / "state.sqlite3";
  if (std::filesystem::exists(file)) {
    base::SystemClock clock;
    state::SqliteStore::Settings settings;
    settings.path = file.string();
    auto store = state::SqliteStore::open(std::move(settings), clock);
    if (store) {
      const auto totals = must((*store)->totals());
      if (totals.live >= names && totals.live <= names + names / 2 && totals.open_runs == 0) return file;
    }
  }
  fmt::print(stderr, "making a state file with {} names\n", names);
  std::filesystem::remove_all(home);
  const auto growing = folder / fmt::format("names-{}.growing", names);
  std::filesystem::create_directories(growing);
  fill_names((growing / "state.sqlite3").string(), names);
  std::filesystem::rename(growing, home);
  return file;
}

void measure_round(Size& size, int round) {
  const base::SystemClock clock;
  EngineLoad load(size.file.string());
  // Names that no earlier round and no earlier process has registered.
  const std::string prefix = fmt::format("-{:x}-{}", clock.wall().time_since_epoch().count(), round);
  load.run(5, 1, prefix + "w");
  size.registration_ms.push_back(load.run(kRegistrations, 1, prefix).p50_ms);

  base::SeededRandom random(static_cast<std::uint64_t>(round) + 1);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kLookups; ++i) names.push_back(name_at(random.below(size.names)));
  for (auto* pass : {&size.first_lookup_us, &size.lookup_us}) {
    std::vector<double> spent;
    for (const std::string& name : names) {
      const auto from = clock.monotonic();
      const auto row = must(load.store().find_name("default", name));
      spent.push_back(ms_between(from, clock.monotonic()) * 1000);
      if (!row || row->state != state::NameState::kLive) {
        throw std::runtime_error(fmt::format("{} is not there", name));
      }
    }
    pass->push_back(median(std::move(spent)));
  }
}

void measure_start(Size& size, const Options& options) {
  const base::SystemClock clock;
  const auto begin = clock.monotonic();
  Child child({"/proc/self/exe", "ready", "--folder", size.file.string()}, options.folder / "ready.log");
  child.read_line();
  size.ready_ms = ms_between(begin, clock.monotonic());
  size.memory = memory_of(child.pid());
}

boost::json::object json_of(const Size& size) {
  boost::json::object one;
  one["names"] = size.names;
  one["file_mb"] = rounded(static_cast<double>(std::filesystem::file_size(size.file)) / (1 << 20));
  one["registration_ms"] = rounded(median(size.registration_ms));
  one["first_lookup_us"] = rounded(median(size.first_lookup_us));
  one["lookup_us"] = rounded(median(size.lookup_us));
  one["ready_ms"] = rounded(size.ready_ms);
  one["rss_mb"] = rounded(size.memory.resident_mb);
  if (size.daemon) {
    one["daemon_ready_ms"] = rounded(size.daemon->ready_ms);
    one["daemon_first_lookup_ms"] = rounded(size.daemon->first_lookup_ms);
    one["daemon_lookup_ms"] = rounded(size.daemon->lookup_ms);
    one["daemon_rss_mb"] = rounded(size.daemon->memory.resident_mb);
    one["daemon_rss_after_lookups_mb"] = rounded(size.daemon->memory_after.resident_mb);
  }
  return one;
}

std::string text_of(const Size& size) {
  std::string text = fmt::format(
      "{:>10} names {:>8.0f} MB {:>10.3f} ms {:>8.1f} us {:>8.1f} us {:>8.0f} ms {:>6.0f} MB", size.names,
      static_cast<double>(std::filesystem::file_size(size.file)) / (1 << 20), median(size.registration_ms),
      median(size.first_lookup_us), median(size.lookup_us), size.ready_ms, size.memory.resident_mb);
  if (size.daemon) {
    text += fmt::format(" | {:>7.0f} ms {:>5.0f} MB {:>9.3f} ms {:>9.3f} ms {:>5.0f} MB",
                        size.daemon->ready_ms, size.daemon->memory.resident_mb, size.daemon->first_lookup_ms,
                        size.daemon->lookup_ms, size.daemon->memory_after.resident_mb);
  }
  return text + "\n";
}

// The dearest size beside the cheapest of those before it.
std::vector<Target> targets_of(const std::vector<Size>& sizes) {
  const Size& first = sizes.front();
  const auto worst = [&](auto cost) {
    double most = 0;
    for (const Size& size : sizes) most = std::max(most, cost(size) / cost(first));
    return most;
  };
  std::vector<Target> targets{{"registration, dearest / 1,000 names",
                               worst([](const Size& s) { return median(s.registration_ms); }), 1.3, true},
                              {"store and engine, start to ready, s", sizes.back().ready_ms / 1000, 1, true}};
  // A lookup is what somebody can ask for. The store's part of it (find_name) is shown beside it: some microseconds for
  // pages that a large file has and a small one keeps in the reader's cache.
  if (first.daemon) {
    targets.push_back({"lookup (GET /v1/names) again, dearest / 1,000 names",
                       worst([](const Size& s) { return s.daemon->lookup_ms; }), 1.3, true});
    targets.push_back({"paynamed, start to ready, s", sizes.back().daemon->ready_ms / 1000, 1, true});
  }
  return targets;
}

}  // namespace

void bench_names(const Options& options) {
  const auto where = machine(options.folder);
  std::vector<Size> sizes;
  for (const std::uint64_t names : kCounts) {
    Size size;
    size.names = names;
    size.file = file_with(options.folder, names);
    sizes.push_back(std::move(size));
  }
  for (int round = 0; round < options.rounds; ++round) {
    for (Size& size : sizes) measure_round(size, round);
  }
  for (Size& size : sizes) {
    measure_start(size, options);
    if (!options.daemon.empty()) {
      const DaemonPaths paths{options.daemon, options.modules, options.folder / "daemon"};
      size.daemon = probe_daemon(paths, size.file, size.names, kRequests);
    }
  }

  const auto targets = targets_of(sizes);
  if (!options.json) {
    fmt::print("{}{:>16} {:>11} {:>13} {:>11} {:>11} {:>11} {:>9}{}\n", machine_text(where), "", "file",
               "registration", "find_name", "again", "ready", "RSS",
               options.daemon.empty() ? "" : " | paynamed ready, RSS; GET name, again, RSS then");
    for (const Size& size : sizes) fmt::print("{}", text_of(size));
    fmt::print("{}", targets_text(targets));
    return;
  }
  boost::json::object report;
  report["benchmark"] = "names";
  report["machine"] = where;
  report["rounds"] = options.rounds;
  boost::json::array list;
  for (const Size& size : sizes) list.push_back(json_of(size));
  report["sizes"] = std::move(list);
  report["targets"] = targets_json(targets);
  fmt::print("{}\n", boost::json::serialize(report));
}

void serve_ready(const std::filesystem::path& state_file) {
  EngineLoad load(state_file.string());
  const auto row = must(load.store().find_name("default", name_at(0)));
  if (!row) throw std::runtime_error("the file lacks its first name");
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace paynamed::bench
