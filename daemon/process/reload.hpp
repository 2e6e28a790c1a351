// Reload: reads the configuration file again and puts it in the place of the one that counts, whole or not at
// all.
//
// What can fail is done first: the file is checked as `paynamed check` does, compared, held against what the
// state file has in use, and everything new is made. Then, while no run is being accepted, it is held against
// the state file once more and takes the place of the old at once. The old comes to its end afterwards.
//
// Threads: every function may be called from any thread. What it is given must outlive it, and the coroutines
// too.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "api/dependencies.hpp"
#include "host/plugin_host.hpp"
#include "pipeline/live_runtime.hpp"
#include "process/api_keys.hpp"
#include "process/checked_config.hpp"
#include "process/current_dns.hpp"
#include "process/failed_instances.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

class Reload {
 public:
  struct Dependencies {
    boost::asio::any_io_executor executor;
    pipeline::LiveRuntime& live;
    state::SqliteStore& store;
    host::PluginHost& host;
    FailedInstances& failed;
    CurrentDns& dns;
    ApiKeys& keys;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    // What only follows the configuration; called after it was replaced, and again until it is true.
    std::function<boost::asio::awaitable<bool>(std::shared_ptr<const pipeline::Runtime> before,
                                               std::shared_ptr<const pipeline::Runtime> now)>
        follow;
    // What an instance needs before it ends, when another one has its place; within its time to drain.
    std::function<boost::asio::awaitable<void>(host::Instance* instance, base::Duration most)> before_end = {};
    // Whether the added nodes can do with it; why not.
    std::function<base::Result<void>(const config::Config& after)> check_nodes = {};
  };
  explicit Reload(Dependencies dependencies);

  // One at a time, in turn. Refused with UNAVAILABLE when its turn does not come within a minute.
  boost::asio::awaitable<api::ReloadReport> reload(bool only_check);
  api::ConfigStanding standing() const;

  // No reload begins from now on; waits for the one that is at work, for `most` at most. False when it did
  // not end.
  boost::asio::awaitable<bool> stop(base::Duration most);
  // Waits for instances that were replaced, when the host has stopped them. False when some did not end.
  boost::asio::awaitable<bool> ended(base::Duration most);

 private:
  // What is made before anything is replaced.
  struct Made {
    std::shared_ptr<pipeline::Runtime> next;
    std::shared_ptr<host::PluginHost::Prepared> plugins;
    std::vector<std::string> removed;
    std::vector<std::pair<std::string, bool>> retired;
    std::vector<host::InstanceProblem> problems;  // of instances that failed before, too
    std::shared_ptr<const DnsChecks> dns;         // null: as before
  };
  struct Turn;
  using Lease = std::shared_ptr<void>;

  boost::asio::awaitable<Lease> take_turn(base::Duration most);
  boost::asio::awaitable<base::Status> consider(std::shared_ptr<const pipeline::Runtime> before,
                                                CheckedConfig checked, bool only_check,
                                                api::ReloadReport& report, Lease turn);
  base::Result<void> check_uses(const config::Config& before, const config::Config& after) const;
  boost::asio::awaitable<base::Result<void>> make(const config::Config& before, Made& made);
  boost::asio::awaitable<base::Result<void>> apply(std::shared_ptr<const pipeline::Runtime> before,
                                                   Made& made, Lease turn);
  void end_later(host::Instance* instance);
  static boost::asio::awaitable<void> end(Reload& self, host::Instance* instance);
  static boost::asio::awaitable<void> follow(Reload& self, std::shared_ptr<const pipeline::Runtime> before,
                                             std::shared_ptr<const pipeline::Runtime> now, Lease turn);
  void took_up(const pipeline::Runtime& runtime);
  void refuse(api::ReloadReport& report, base::Status why, bool only_check);
  void tell(const api::ReloadReport& report) const;

  const Dependencies with_;
  boost::asio::thread_pool files_{1};  // where files are read and modules loaded
  const std::shared_ptr<Turn> turn_;
  base::Broadcast instance_ended_;
  const observe::Counter failures_;
  const observe::Gauge stale_;
  const observe::Gauge loaded_;
  const observe::Gauge generation_;

  mutable std::mutex mutex_;
  api::ConfigStanding standing_;  // guarded by mutex_
  std::size_t ending_ = 0;        // instances on their way out; guarded by mutex_
};

}  // namespace paynamed::process
