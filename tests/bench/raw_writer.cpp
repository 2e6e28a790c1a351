#include "tests/bench/raw_writer.hpp"

#include "base/clock.hpp"
#include "state/unit_writer.hpp"
#include "tests/bench/must.hpp"
#include "tests/bench/names_file.hpp"

namespace paynamed::bench {
namespace {

double seconds_between(base::MonotonicTime from, base::MonotonicTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

double raw_commits_per_s(const std::string& path, double seconds) {
  const base::SystemClock clock;
  auto connection = open_file(path);
  must(connection.execute(
      "CREATE TABLE IF NOT EXISTS bench_rows(key INTEGER PRIMARY KEY, value TEXT NOT NULL)"));
  state::Statement insert(connection, "INSERT INTO bench_rows(value) VALUES (?)");
  const std::string value(100, 'x');
  std::uint64_t commits = 0;
  const auto begin = clock.monotonic();
  while (seconds_between(begin, clock.monotonic()) < seconds) {
    must(insert.run(value));
    ++commits;
  }
  return static_cast<double>(commits) / seconds_between(begin, clock.monotonic());
}

ReadyRuns::ReadyRuns(std::vector<RecordedRun> runs) {
  runs_.reserve(runs.size());
  for (RecordedRun& run : runs) {
    ReadyRun ready{must(state::check(std::move(run.accept))), {}};
    for (state::RunUpdate& update : run.updates)
      ready.updates.push_back(must(state::check(std::move(update))));
    units_ += 1 + ready.updates.size();
    runs_.push_back(std::move(ready));
  }
}

double ReadyRuns::write(const std::string& path, std::size_t group) {
  struct Lane {
    ReadyRun* run = nullptr;
    state::RunKey key = 0;
    std::size_t next = 0;  // update
  };
  const base::SystemClock clock;
  auto connection = open_file(path);
  state::UnitWriter writer(connection, UINT64_MAX);
  must(writer.load());
  std::vector<Lane> lanes(group);
  std::size_t taken = 0;
  std::size_t written = 0;

  const auto begin = clock.monotonic();
  while (written < units_) {
    must(writer.begin());
    for (Lane& lane : lanes) {
      if (lane.run == nullptr) {
        if (taken == runs_.size()) continue;
        lane.run = &runs_[taken++];
        lane.key = must(writer.write(lane.run->accept)).key;
        lane.next = 0;
      } else {
        state::RecordUnit& unit = lane.run->updates[lane.next++];
        unit.update.run = lane.key;
        must(writer.write(unit));
      }
      if (lane.next == lane.run->updates.size()) lane.run = nullptr;
      ++written;
    }
    must(writer.commit());
  }
  return static_cast<double>(written) / seconds_between(begin, clock.monotonic());
}

}  // namespace paynamed::bench
