// InstanceCore: what stands behind an Instance: the strand, the open calls, the watch over both. It outlives
// the PluginHost when a plugin does not stop, for the plugin's threads may still call in.
//
// Threads: every function may be called from any thread; those named on_strand_* run on the strand. `mutex_`
// is never held while foreign code runs.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "host/breaker.hpp"
#include "host/instance.hpp"
#include "host/module.hpp"
#include "host/secrets.hpp"
#include "host/services.hpp"
#include "host/thread_pool.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "paynamed/abi.h"

namespace paynamed::host {

// What all instances of a host share.
struct HostContext {
  base::Clock& clock;
  observe::Log log;
  observe::Metrics& metrics;
  std::shared_ptr<ThreadPool> pool;
  // Where timers of the watch run: never held by a plugin.
  std::shared_ptr<ThreadPool> supervisor;
  std::filesystem::path directory;  // where relative paths of secrets start
  std::map<std::string, Service> services;
  AddedSecrets added_secrets;
  std::function<void(const std::string&, const std::string&, const std::string&)> on_observation;
};

class InstanceCore : public std::enable_shared_from_this<InstanceCore> {
 public:
  static constexpr base::Duration kBlockedAfter{1'000};
  static constexpr base::Duration kStuckAfter{30'000};
  static constexpr std::size_t kMostReplyBytes = 16 * 1024 * 1024;

  static std::shared_ptr<InstanceCore> make(std::shared_ptr<HostContext> host, std::string id,
                                            const Module& module, bool retired, BreakerSettings breaker);
  InstanceCore(std::shared_ptr<HostContext> host, std::string id, const Module& module, bool retired,
               BreakerSettings breaker);

  const std::string& id() const { return id_; }
  const Module& module() const { return module_; }
  bool retired() const { return retired_; }
  void set_retired(bool retired) { retired_ = retired; }
  base::Clock& clock() { return host_->clock; }
  boost::asio::any_io_executor supervisor() { return host_->supervisor->executor(); }
  // The secrets that the plugin may read; filled before create().
  Secrets& secrets() { return secrets_; }

  // Makes the plugin's instance; `then` gets OK or why not, on the strand.
  void create(std::string config_json, std::function<void(base::Status)> then);

  using Waiter = std::function<void(CallOutcome<std::string>)>;
  // `waiter` is called once, from any thread, also before this returns. Gives the call's id.
  std::uint64_t begin_call(std::string method, std::string request, CallOptions options, Waiter waiter);
  // The caller does not wait any more; for a call that passed its deadline only when its grace is over, too.
  void give_up(std::uint64_t call_id, base::Code code);
  // `waiter` is called once when the call is answered; gives a number for forget_settled, or nothing if it is
  // answered already (the waiter is not called then).
  std::optional<std::uint64_t> when_settled(std::uint64_t call_id, std::function<void()> waiter);
  void forget_settled(std::uint64_t call_id, std::uint64_t number);

  // Those that have not passed their deadline.
  std::vector<std::uint64_t> background_calls() const;
  // The call that is open for longest; nothing when none is.
  std::optional<std::uint64_t> oldest_open_call() const;

  // No more calls; `then` comes when the plugin is gone.
  void stop(std::function<void()> then);
  // It did not stop in time.
  void leave();

  bool stuck() const;
  InstanceInfo info() const;
  void use_breaker(BreakerSettings settings);
  std::optional<base::Status> refusal() const;
  base::Status malformed_reply(std::string_view method);

  // The plugin's side, from any thread; see pn_host in abi.h.
  void from_plugin_log(std::int32_t level, std::uint64_t call_id, std::string_view message);
  void from_plugin_metric(std::int32_t kind, std::string_view name, observe::Labels labels, double value);
  void from_plugin_now(pn_time& out) const;
  void from_plugin_after(std::uint32_t delay_ms, void (*run)(void*, std::int32_t), void* arg);
  void from_plugin_observe(std::string_view type, std::string_view json);
  void from_plugin_call(std::string_view service, ServiceCall call, pn_done done, void* done_ctx);
  void from_plugin_done(std::uint64_t call_id, const pn_status* status, pn_bytes reply);

 private:
  enum class Phase { kNew, kRunning, kStopping, kStopped, kLeft };
  struct OpenCall {
    std::string method;
    std::string correlation_id;
    base::MonotonicTime started;
    base::MonotonicTime deadline;
    base::Duration grace;
    bool beside_breaker = false;
    bool background = false;
    std::optional<Breaker::Pass> pass;  // none: beside the breaker
    bool in_plugin = false;
    bool expired = false;
    bool stuck = false;
    Waiter waiter;  // empty: the caller was told
    std::unique_ptr<base::Clock::Timer> timer;
    std::unique_ptr<base::Clock::Timer> grace_timer;  // while the caller waits for a late answer
    std::map<std::uint64_t, std::function<void()>> settled;
  };
  struct Timer {
    void (*run)(void*, std::int32_t) = nullptr;
    void* arg = nullptr;
    std::unique_ptr<base::Clock::Timer> timer;
  };
  struct ServiceAnswer {
    pn_done done = nullptr;
    void* done_ctx = nullptr;
  };

  // Runs `work` on the strand under the watch; an exception out of it is the plugin's and is counted.
  void post(std::string what, std::function<void()> work);
  void run_watched(const std::string& what, const std::function<void()>& work);
  void check_blocked();
  void on_strand_call(std::uint64_t id, const std::string& request, const CallOptions& options);
  void on_strand_stopped();
  // With the lock held: the deadline of a call that the plugin has.
  void expire_locked(std::uint64_t call_id, OpenCall& call, bool has_grace);
  void mark_stuck(std::uint64_t id);
  void timer_due(std::uint64_t number);
  void answer_service(std::uint64_t number, base::Result<std::string> result);
  // With the lock held: takes the call out and gives the functions to call without it.
  std::function<void()> close_locked(std::map<std::uint64_t, OpenCall>::iterator at,
                                     base::Result<std::string> result);
  // With the lock held: what the end of a call says about the breaker; gives what to log about it without it.
  std::function<void()> end_pass_locked(const OpenCall& call, const base::Status& status);
  void broken_rule(std::string_view what);
  void count(const std::string& method, base::Code code, base::Duration took);
  base::Status not_begun(std::string message, bool beside_breaker) const;
  base::Status status_from(const pn_status* status) const;
  Breaker::Moment moment() const;
  void* token(std::uint64_t call_id) const;

  const std::shared_ptr<HostContext> host_;
  const std::string id_;
  const Module& module_;
  std::atomic<bool> retired_;
  const observe::Log log_;
  Secrets secrets_;
  observe::BoundedMetrics metrics_;
  const boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::uint32_t number_ = 0;
  pn_host* table_ = nullptr;
  pn_instance* plugin_ = nullptr;  // touched on the strand only

  mutable std::mutex mutex_;
  Phase phase_ = Phase::kNew;
  std::map<std::uint64_t, OpenCall> open_;
  std::uint64_t next_call_id_ = 1;
  std::uint64_t next_number_ = 1;
  std::map<std::uint64_t, Timer> timers_;
  std::map<std::uint64_t, ServiceAnswer> service_answers_;
  // Ends the calls of services: those that are open when it begins to stop, then those made since.
  std::stop_source end_services_;
  std::uint64_t create_call_id_ = 0;
  std::optional<base::Status> create_failure_;
  std::uint64_t stop_call_id_ = 0;
  std::vector<std::function<void()>> when_stopped_;

  Breaker breaker_;
  const observe::Counter breaker_openings_;
  const observe::Counter breaker_refused_;

  // The watch.
  std::optional<base::MonotonicTime> held_since_;
  std::string held_by_;
  bool blocked_ = false;
  bool watching_ = false;
  std::unique_ptr<base::Clock::Timer> watch_;

  // The plugin's log lines in the current second.
  base::MonotonicTime log_second_;
  std::uint32_t log_lines_ = 0;
  std::uint64_t log_dropped_ = 0;

  std::uint64_t calls_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t timeouts_ = 0;
  std::uint64_t late_answers_ = 0;
  std::uint64_t broken_rules_ = 0;
  std::uint64_t stuck_ = 0;
  std::map<std::pair<std::string, base::Code>, observe::Counter> call_counters_;
  std::map<std::string, observe::Histogram> call_seconds_;
};

// The functions of pn_host and the `done` of calls; how a number in a void* finds its instance again.
pn_host host_table(std::uint32_t instance_number);
void* call_token(std::uint32_t instance_number, std::uint64_t call_id);
void done_by_token(void* token, const pn_status* status, pn_bytes reply);

}  // namespace paynamed::host
