// PluginHost: all instances of the daemon, the pool they run on, and what they may ask the daemon for.
//
// Threads: every function may be called from any thread once load() is done.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "host/breaker.hpp"
#include "host/instance.hpp"
#include "host/schema.hpp"
#include "host/secrets.hpp"
#include "host/services.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace paynamed::host {

// One [plugins.<id>] table.
struct InstanceConfig {
  std::string id;
  std::string module;         // a name ("rfc2136") or a path
  boost::json::object table;  // as in the file, secrets as { env = ... } or { file = ... }
  bool retired = false;       // kept for undo only; the engine gives it no new work
};

// Why an instance could not be made.
struct InstanceProblem {
  std::string id;
  base::Status status;
  std::vector<SchemaProblem> problems;  // the mistakes in its table, if it is that
};

struct HostSettings {
  std::vector<std::filesystem::path> module_directories;
  // Where relative paths of secrets start: the folder of the configuration file.
  std::filesystem::path directory = ".";
  std::size_t threads = 2;
  // The pool grows by one for each blocked instance, up to this.
  std::size_t most_threads = 16;
  base::Duration create_timeout{10'000};
  // When an instance is not called for a while, because its calls fail.
  BreakerSettings breakers;
  // What plugins may call besides pn.secret/1, by name ("pn.kv/1").
  std::map<std::string, Service> services;
  // What pn.secret/1 reads besides the secrets of the configuration.
  AddedSecrets added_secrets;
  // Gets what plugins observe: the instance, a type of [a-z0-9_.] and a JSON object. From any thread; must
  // not block.
  std::function<void(const std::string& instance, const std::string& type, const std::string& json)>
      on_observation;
};

// The checks of load() without making anything: modules are loaded, tables checked against their schemas. For
// `paynamed check`.
std::vector<InstanceProblem> check_instances(const HostSettings& settings,
                                             const std::vector<InstanceConfig>& configs);

class PluginHost {
 public:
  // `clock` and `metrics` outlive the host and every thread that a plugin left behind. The executors that
  // call into the host outlive it too.
  static std::unique_ptr<PluginHost> create(HostSettings settings, base::Clock& clock, observe::Log log,
                                            observe::Metrics& metrics);
  // Stops what still runs, for at most 10 seconds.
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // Makes all instances, once. What cannot be made is in the answer; the others run. Empty: all run.
  boost::asio::awaitable<std::vector<InstanceProblem>> load(std::vector<InstanceConfig> configs);

  // Owned by the host and valid as long as it, also when another one has taken the place; nullptr if there
  // is none.
  Instance* find(std::string_view id);
  std::vector<Instance*> list();
  // The same, when the one that it replaced has ended: no two that stand for one id get calls at once.
  // nullptr, too, when `stop` is asked for first.
  boost::asio::awaitable<Instance*> find_alone(std::string id, std::stop_token stop = {});

  // Instances that are made and get no calls yet, and those that could not be made.
  class Prepared;
  // Makes instances as load() does, beside those that run. `module_directories` as in the settings.
  boost::asio::awaitable<std::shared_ptr<Prepared>> prepare(
      std::vector<InstanceConfig> configs, std::vector<std::filesystem::path> module_directories);
  static const std::vector<InstanceProblem>& problems(const Prepared& prepared);
  // Stops instances that are not wanted any more.
  void discard(const std::shared_ptr<Prepared>& prepared);
  // From now on find() gives those that were made in place of those with the same id, and none for
  // `removed`. What had the place before is the answer; give each to end().
  std::vector<Instance*> adopt(const std::shared_ptr<Prepared>& prepared,
                               const std::vector<std::string>& removed);
  // Lets the calls of an instance without a place come to their end for at most `drain`, then stops it for
  // at most `stop`. False when it did not stop: it is left as it is, with a line in the log.
  boost::asio::awaitable<bool> end(Instance* instance, base::Duration drain, base::Duration stop);
  // Whether it gets new work; it is not made anew for that.
  void set_retired(std::string_view id, bool retired);
  // For all instances, from their next call on.
  void use_breakers(BreakerSettings settings);

  // Stops every instance: no new calls, open ones are cancelled, plugins join their threads. Those that are
  // not done after `deadline` are left as they are, with a log line each; their ids are the answer. Then the
  // process should end by std::_Exit, for their code still runs.
  boost::asio::awaitable<std::vector<std::string>> stop(base::Duration deadline);

 private:
  class State;
  explicit PluginHost(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::host
