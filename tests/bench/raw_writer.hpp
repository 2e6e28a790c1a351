// The bare SQLite loop that the engine is measured against: the same file, pragmas, schema, statements and
// rows, written by one thread in a plain loop, without queue, coroutines, engine or answers.
//
// Threads: functions block their caller; each call uses a file of its own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/units.hpp"
#include "tests/bench/recording_store.hpp"

namespace paynamed::bench {

// Durable commits of one small row each, per second.
double raw_commits_per_s(const std::string& path, double seconds);

// Recorded runs, checked and ready to be written again.
class ReadyRuns {
 public:
  explicit ReadyRuns(std::vector<RecordedRun> runs);

  std::size_t runs() const { return runs_.size(); }
  std::size_t units() const { return units_; }

  // Writes all of them into the new file at `path` in groups of `group`: so many runs side by side, one unit
  // of each in a transaction. Units per second.
  double write(const std::string& path, std::size_t group);

 private:
  struct ReadyRun {
    state::AcceptUnit accept;
    std::vector<state::RecordUnit> updates;
  };
  std::vector<ReadyRun> runs_;
  std::size_t units_ = 0;
};

}  // namespace paynamed::bench
