// SagaEngine: the Engine of the daemon. Keeps all open runs, drives as many at once as it is allowed to, and
// lets the others wait for their time without a coroutine or a thread.
//
// Threads: as Engine. start(), recover() and stop() are called once each, in this order.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "pipeline/action.hpp"
#include "pipeline/driver.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/lanes.hpp"
#include "pipeline/node_network.hpp"
#include "pipeline/run.hpp"
#include "pipeline/runtime.hpp"
#include "pipeline/shared_pipelines.hpp"
#include "state/moves.hpp"
#include "state/store.hpp"

namespace paynamed::pipeline {

class SagaEngine final : public Engine {
 public:
  struct Settings {
    // Driven at once, half of them of one domain and node instance; the others wait. More of them would ask
    // the zone's servers all at once, and be late with their answers.
    std::size_t max_active_runs = 4'096;
  };
  struct Dependencies {
    boost::asio::any_io_executor executor;
    state::Store& store;
    base::Clock& clock;
    base::Random& random;
    CurrentRuntime runtime;
    // For the operator's log; may be empty. A run that cannot go on in this process:
    std::function<void(const base::Uuid& run, std::string_view message, const base::Status&)> on_trouble;
    // A run that came to rest: final, paused or waiting.
    std::function<void(const Run&)> on_rest;
    // LiveRuntime::lease, where the configuration may be replaced; else `runtime` is asked.
    std::function<boost::asio::awaitable<std::shared_ptr<const Runtime>>()> lease = {};
    Driver::Refusal refusal = {};
    state::MoveStore* moves = nullptr;  // null: no domain is ever moved
    // pipeline::network_of; empty: no instance is asked.
    std::function<boost::asio::awaitable<base::Result<std::string>>(std::string instance)> network_of = {};
    NodeReference node_reference = {};  // empty: nodes are what callers call them
  };

  SagaEngine(Settings settings, Dependencies dependencies, ActionTable actions);
  ~SagaEngine() override;

  // Takes up every open run of the store. Errors of single runs are reported by on_trouble and leave the run
  // as it is.
  base::Result<void> recover();
  // Takes no new run and lets those that are driven come to their next rest; true when all did before the
  // deadline.
  boost::asio::awaitable<bool> stop(base::Duration deadline);

  boost::asio::awaitable<base::Result<Accepted>> submit(Command command) override;
  boost::asio::awaitable<base::Result<state::RunRow>> wait(std::string tenant, base::Uuid run,
                                                           base::Duration most) override;
  boost::asio::awaitable<base::Result<void>> resume(std::string tenant, base::Uuid run) override;
  boost::asio::awaitable<base::Result<void>> cancel(std::string tenant, base::Uuid run) override;
  base::Result<RunView> view(std::string_view tenant, base::Uuid run) override;

 private:
  struct Slot {
    std::shared_ptr<Run> run;
    Lanes::Lane* lane = nullptr;
    bool driven = false;  // by a coroutine, or about to be
    std::unique_ptr<base::Clock::Timer> timer;
  };

  boost::asio::awaitable<base::Result<void>> check_named_node(const Command& command, const Runtime& runtime);
  base::Result<std::optional<Accepted>> replay(const Command& command, const Runtime& runtime);
  boost::asio::awaitable<base::Result<std::optional<Accepted>>> take_back(const Command& command);
  std::optional<Phase> phase_at_rest(const base::Uuid& id);
  boost::asio::awaitable<base::Result<void>> turn_back(std::string tenant, base::Uuid run,
                                                       std::string reason);
  void take_up(std::shared_ptr<Run> run);
  void make_ready(const base::Uuid& id);
  // A run that waited and may be driven now; under mutex_.
  std::shared_ptr<Run> next_ready();
  void spawn(std::shared_ptr<Run> run);
  boost::asio::awaitable<void> drive(std::shared_ptr<Run> run);
  void rested(const std::shared_ptr<Run>& run, const Driver::Rest& rest);
  // The run, claimed for the caller alone; FAILED_PRECONDITION while it is driven, NOT_FOUND when it is not
  // open.
  base::Result<std::shared_ptr<Run>> claim(std::string_view tenant, const base::Uuid& id);
  void give_back(const std::shared_ptr<Run>& run, const base::Result<void>& written = {});
  bool has_turned_back(std::string_view tenant, const base::Uuid& id) const;
  base::Status not_open(std::string_view tenant, const base::Uuid& id) const;

  const Settings settings_;
  Dependencies dependencies_;
  const ActionTable actions_;
  SharedPipelines pipelines_;
  Driver driver_;
  KnownNetworks networks_;
  std::atomic<bool> stopping_{false};
  base::Broadcast idle_;

  std::mutex mutex_;
  std::map<base::Uuid, Slot> slots_;  // guarded by mutex_
  Lanes lanes_;                       // guarded by mutex_
};

}  // namespace paynamed::pipeline
