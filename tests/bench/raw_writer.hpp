// The bare SQLite loop that the store is measured against: the same file, pragmas, schema, statements and
// rows, written by one thread in a plain loop, without queue, coroutines, engine or answers.
//
// Threads: functions block their caller; each call uses a file of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.hpp"
#include "state/unit_writer.hpp"

namespace paynamed::bench {

// The units of registrations of five steps as the engine writes them: one accept_run (run.accepted and the
// first intent), five updates (outcome and next intent; the offer, the record and the proof with their
// events), the last of which ends the run. No two runs have the same name.
class RunUnits {
 public:
  // `suffix` keeps the names and ids of several generators for one file apart.
  explicit RunUnits(std::string suffix);

  static constexpr std::uint32_t kUpdates = 5;
  static constexpr std::uint32_t kUnits = 1 + kUpdates;

  // The next run, and its `update` (0 to kUpdates - 1) once the run has its key.
  state::NewRun next();
  state::RunUpdate update(const state::NewRun& run, state::RunKey key, std::uint32_t update);

 private:
  state::NewEvent event(const std::string& type, const state::NewRun& run, const std::string& more);

  std::string suffix_;
  std::uint64_t count_ = 0;
  base::SeededRandom random_;
  base::WallTime now_{std::chrono::seconds{1'750'000'000}};
};

// Durable commits of one small row each, per second.
double raw_commits_per_s(const std::string& path, double seconds);

// Units per second in groups of 64: 64 runs side by side, one unit of each in a transaction; making the units
// is not counted. Leaves the file as a store would, so that `path` may already hold names.
double writer_units_per_s_64(const std::string& path, double seconds);
// The same of accept_run alone.
double writer_accepts_per_s_64(const std::string& path, double seconds);

// Puts `count` live names into the file at `path` (made if it is not there), as fast as the disk allows.
void fill_names(const std::string& path, std::uint64_t count);

}  // namespace paynamed::bench
