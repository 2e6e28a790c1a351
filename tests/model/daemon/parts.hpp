// Parts: a daemon without DNS and REST: the store on a disk that loses what was not synced, the plugin host
// with the true plugin, the run engine, retirement, payments in and invoices, put together as
// process/daemon.cpp does. It is never stopped: the process that has it is killed.
//
// Threads: belongs to the thread that runs io().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "host/plugin_host.hpp"
#include "nodes/node_book.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pipeline/retirement.hpp"
#include "pipeline/runtime.hpp"
#include "pipeline/saga_engine.hpp"
#include "process/payments_in.hpp"
#include "process/plugin_calls.hpp"
#include "state/sqlite_store.hpp"
#include "tests/fakes/power_cut_vfs.hpp"
#include "tests/model/daemon/counting_store.hpp"
#include "tests/model/world.hpp"

namespace paynamed::model {

inline constexpr const char* kNodeInstance = "node";
// Those of the play.
inline constexpr const char* kTenants[] = {"default", "shop"};

struct PartsSettings {
  std::string folder;         // of the state file
  std::string module_folder;  // of cln.so
  std::string socket;         // of the node
  std::uint64_t seed = 1;     // of all chance
};

class Parts {
 public:
  // Throws std::runtime_error when a part does not begin.
  Parts(const PartsSettings& settings, const World& world, observe::Log::Sink log);

  boost::asio::io_context& io() { return io_; }
  base::ManualClock& clock() { return clock_; }
  base::Random& random() { return random_; }
  state::SqliteStore& sqlite() { return *sqlite_; }
  pipeline::SagaEngine& engine() { return *engine_; }
  const api::Payments& payments() const { return for_api_; }
  const process::PaymentsIn& watches() const { return *payments_; }

  // Calls that the plugin has; calls that somebody waits for; writes on their way.
  std::size_t in_plugin();
  std::size_t calling() const { return calling_; }
  std::size_t writing() const { return store_->writing(); }

 private:
  void open_store(const std::string& folder);
  void load_plugin(const PartsSettings& settings);
  void start_engine();
  void start_payments();
  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call);
  pipeline::Services services();

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  base::ManualClock clock_;
  base::SeededRandom random_;
  observe::Log log_;
  observe::Metrics metrics_;
  fakes::PowerCutVfs disk_{"model"};
  std::shared_ptr<const pipeline::Runtime> runtime_;
  std::unique_ptr<state::SqliteStore> sqlite_;
  std::unique_ptr<CountingStore> store_;
  std::unique_ptr<host::PluginHost> host_;
  std::unique_ptr<process::PluginCalls> calls_;
  std::unique_ptr<pipeline::SagaEngine> engine_;
  std::unique_ptr<pipeline::Retirement> retirement_;
  std::unique_ptr<process::PaymentsIn> payments_;
  api::Payments for_api_;
  std::size_t calling_ = 0;
};

}  // namespace paynamed::model
