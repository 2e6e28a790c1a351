// EngineLoad: the run engine on a real state file as the daemon sets it up (an io thread a core, the store's
// writer), with the instant registration, and clients that keep a number of runs in flight.
//
// Threads: functions block their caller and are called from one thread.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "pipeline/saga_engine.hpp"
#include "state/sqlite_store.hpp"
#include "tests/bench/recording_store.hpp"

namespace paynamed::bench {

struct LoadResult {
  double runs_per_s = 0;
  double p50_ms = 0;  // of a run, from submit() to its last outcome on disk
  double p99_ms = 0;
};

class EngineLoad {
 public:
  // Opens (makes) the state file at `path` and recovers. Throws when it cannot.
  explicit EngineLoad(const std::string& path, bool record = false);
  ~EngineLoad();

  // `count` registrations of names with this prefix, `in_flight` at a time. Throws when one does not
  // complete.
  LoadResult run(std::size_t count, std::size_t in_flight, const std::string& prefix);

  // With `record`: the units of all runs since the last call.
  std::vector<RecordedRun> take_recorded() { return recorder_->take(); }
  state::Store& store() { return *store_; }

 private:
  struct Round;
  void start_next(std::size_t client);
  void ended(const pipeline::Run& run);

  base::SystemClock clock_;
  base::SystemRandom random_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<state::SqliteStore> store_;
  std::unique_ptr<RecordingStore> recorder_;
  std::unique_ptr<pipeline::SagaEngine> engine_;
  std::unique_ptr<Round> round_;
  std::vector<std::jthread> threads_;
};

}  // namespace paynamed::bench
