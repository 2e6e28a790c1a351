// Calls of the daemon into an instance: begun, answered, given up, stuck.
#include <algorithm>

#include "host/instance_core.hpp"
#include "host/pn_text.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostMessageBytes = 1'024;
constexpr std::size_t kMostDetailBytes = 4'096;

std::uint32_t to_ms(base::Duration duration) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration.count(), 1, UINT32_MAX));
}

}  // namespace

base::Status InstanceCore::not_begun(std::string message, bool beside_breaker) const {
  base::Status status = base::unavailable(std::move(message));
  return beside_breaker ? std::move(status).with_deferral(id_) : status;
}

std::uint64_t InstanceCore::begin_call(std::string method, std::string request, CallOptions options,
                                       Waiter waiter) {
  std::uint64_t id = 0;
  std::optional<base::Status> refused;
  {
    const std::lock_guard lock(mutex_);
    id = next_call_id_++;
    std::optional<Breaker::Pass> pass;
    if (phase_ == Phase::kRunning && !options.beside_breaker) {
      const auto admitted = breaker_.admit(moment());
      if (admitted) {
        pass = *admitted;
      } else {
        refused = admitted.error();
      }
    }
    if (!refused && phase_ == Phase::kRunning) {
      ++calls_;
      auto& call = open_[id];
      call.pass = pass;
      call.method = method;
      call.correlation_id = options.correlation_id;
      call.started = clock().monotonic();
      call.deadline = call.started + options.timeout;
      call.grace = options.grace;
      call.background = options.background;
      call.beside_breaker = options.beside_breaker;
      call.waiter = std::move(waiter);
      call.timer = clock().at(call.deadline, supervisor(), [weak = weak_from_this(), id] {
        if (const auto self = weak.lock()) self->give_up(id, base::Code::kDeadlineExceeded);
      });
    }
  }
  if (refused) {
    breaker_refused_.add();
    waiter(CallOutcome<std::string>(base::fail(*std::move(refused)), id, false));
    return id;
  }
  if (waiter) {
    base::Status status =
        not_begun("The plugin instance " + id_ + " is not running, so " + method + " was not begun.",
                  options.beside_breaker);
    waiter(CallOutcome<std::string>(base::fail(std::move(status)), id, false));
    return id;
  }
  post(std::move(method), [self = shared_from_this(), id, request = std::move(request),
                           options = std::move(options)] { self->on_strand_call(id, request, options); });
  return id;
}

void InstanceCore::on_strand_call(std::uint64_t id, const std::string& request, const CallOptions& options) {
  pn_call_info info{sizeof(pn_call_info),
                    0,
                    id,
                    borrow(options.idempotency_key),
                    borrow(options.correlation_id),
                    borrow(options.traceparent),
                    options.background ? PN_BACKGROUND : PN_INTERACTIVE,
                    0};
  std::string method;
  {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(id);
    if (at == open_.end() || phase_ != Phase::kRunning) return;  // given up, or answered by stop
    at->second.in_plugin = true;
    method = at->second.method;
    info.timeout_ms =
        to_ms(std::chrono::duration_cast<base::Duration>(at->second.deadline - clock().monotonic()));
  }
  try {
    module_.abi().call(plugin_, &info, method.c_str(), borrow(request), &done_by_token, token(id));
  } catch (...) {
    std::function<void()> notify;
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = open_.find(id); at != open_.end()) {
        notify = close_locked(
            at, base::fail(base::internal("The plugin " + module_.name() + " let an exception out of " +
                                          method + ", which no plugin may; ask its author.")));
      }
    }
    if (notify) notify();
    throw;  // counted by the watch
  }
}

std::function<void()> InstanceCore::close_locked(std::map<std::uint64_t, OpenCall>::iterator at,
                                                 base::Result<std::string> result) {
  auto call = std::make_shared<OpenCall>(std::move(at->second));
  const auto id = at->first;
  open_.erase(at);
  if (call->stuck) --stuck_;
  if (call->expired) ++late_answers_;
  if (!result) ++failures_;
  // One that was given up was counted then.
  const auto change = call->expired ? std::function<void()>()
                                    : end_pass_locked(*call, result ? base::Status() : result.error());
  const auto took = std::chrono::duration_cast<base::Duration>(clock().monotonic() - call->started);
  return [self = shared_from_this(), call, id, took, change, result = std::move(result)] {
    if (change) change();
    self->count(call->method, result ? base::Code::kOk : result.error().code(), took);
    if (call->stuck || call->expired) {
      self->log_.info("a late answer came", {{"method", call->method}, {"call", id}, {"ms", took.count()}});
    }
    if (call->waiter) call->waiter(CallOutcome<std::string>(result, id, false));
    for (const auto& [number, settled] : call->settled) settled();
  };
}

void InstanceCore::give_up(std::uint64_t call_id, base::Code code) {
  const bool cancelled = code == base::Code::kCancelled;
  Waiter waiter;
  std::string method;
  bool begun = false;
  bool beside_breaker = false;
  bool is_late = false;  // it was told to cancel before
  std::vector<std::function<void()>> settled;
  std::unique_ptr<base::Clock::Timer> dropped;
  std::function<void()> change;
  {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(call_id);
    if (at == open_.end() || !at->second.waiter) return;
    auto& call = at->second;
    method = call.method;
    begun = call.in_plugin;
    beside_breaker = call.beside_breaker;
    is_late = std::exchange(call.expired, begun);
    if (!is_late) {
      change = end_pass_locked(
          call, base::Status(code, call.method + (cancelled ? " was cancelled" : " did not answer in time")));
    }
    const bool has_grace = begun && !is_late && !cancelled && call.grace.count() > 0;
    if (!has_grace) waiter = std::exchange(call.waiter, nullptr);
    dropped = std::move(call.grace_timer);
    if (!cancelled && !is_late) ++timeouts_;
    if (!cancelled) call.deadline = std::min(call.deadline, clock().monotonic());
    if (begun && !is_late) expire_locked(call_id, call, has_grace);
    if (!begun) {
      for (auto& [number, notify] : call.settled) settled.push_back(std::move(notify));
      open_.erase(at);
    }
  }
  if (change) change();
  if (begun && !is_late) {
    post("cancel", [self = shared_from_this(), call_id] {
      {
        const std::lock_guard lock(self->mutex_);
        if (!self->open_.contains(call_id) || self->phase_ != Phase::kRunning) return;
      }
      self->module_.abi().cancel(self->plugin_, call_id);
    });
  }
  const auto who = method + " of the plugin instance " + id_;
  base::Status status =
      !begun      ? not_begun(who + " was not begun: " +
                                  (cancelled ? "it was cancelled." : "the instance was busy until the deadline."),
                              beside_breaker)
      : cancelled ? base::cancelled(who + " was cancelled before it answered; the outcome is unknown.")
                  : base::deadline_exceeded(who + " did not answer in time; the outcome is unknown.");
  if (!cancelled && !is_late)
    log_.warning("a call passed its deadline", {{"method", method}, {"call", call_id}, {"begun", begun}});
  if (waiter) waiter(CallOutcome<std::string>(base::fail(std::move(status)), call_id, begun));
  for (const auto& notify : settled) notify();
}

void InstanceCore::expire_locked(std::uint64_t call_id, OpenCall& call, bool has_grace) {
  const base::MonotonicTime given_up = std::max(call.deadline, clock().monotonic());
  call.timer = clock().at(given_up + kStuckAfter, supervisor(), [weak = weak_from_this(), call_id] {
    if (const auto self = weak.lock()) self->mark_stuck(call_id);
  });
  if (!has_grace) return;
  call.grace_timer = clock().at(given_up + call.grace, supervisor(), [weak = weak_from_this(), call_id] {
    if (const auto self = weak.lock()) self->give_up(call_id, base::Code::kDeadlineExceeded);
  });
}

std::function<void()> InstanceCore::end_pass_locked(const OpenCall& call, const base::Status& status) {
  // What is broken off because the instance stops says nothing about it.
  if (phase_ != Phase::kRunning || !call.pass) return nullptr;
  const Breaker::Moment now = moment();
  const auto change = breaker_.ended(*call.pass, outcome_of(call.method, status.code()), status, now);
  if (change == Breaker::Change::kNone) return nullptr;
  if (change == Breaker::Change::kOpened) breaker_openings_.add();
  return [self = shared_from_this(), change, why = breaker_.explanation(now), error = breaker_.last_error()] {
    switch (change) {
      case Breaker::Change::kOpened:
        return self->log_.warning("the breaker is open: the instance is not called for a while",
                                  {{"why", why}, {"last_error", error}});
      case Breaker::Change::kProbeFailed:
        return self->log_.debug("the breaker stays open", {{"why", why}, {"last_error", error}});
      default:
        return self->log_.info("the breaker is closed again", {});
    }
  };
}

Breaker::Moment InstanceCore::moment() const {
  return {host_->clock.monotonic(), host_->clock.wall()};
}

void InstanceCore::use_breaker(BreakerSettings settings) {
  const std::lock_guard lock(mutex_);
  breaker_.use(settings);
}

std::optional<base::Status> InstanceCore::refusal() const {
  const std::lock_guard lock(mutex_);
  return breaker_.refusal(moment());
}

void InstanceCore::mark_stuck(std::uint64_t id) {
  std::string method;
  {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(id);
    if (at == open_.end() || at->second.stuck) return;
    at->second.stuck = true;
    ++stuck_;
    method = at->second.method;
  }
  log_.error(
      "a call is still open 30 s after its deadline; runs that need it are paused until it ends or the "
      "daemon is "
      "started again",
      {{"method", method}, {"call", id}});
}

std::vector<std::uint64_t> InstanceCore::background_calls() const {
  std::vector<std::uint64_t> ids;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, call] : open_) {
    if (call.background && !call.expired) ids.push_back(id);
  }
  return ids;
}

std::optional<std::uint64_t> InstanceCore::oldest_open_call() const {
  const std::lock_guard lock(mutex_);
  return open_.empty() ? std::nullopt : std::optional{open_.begin()->first};
}

std::optional<std::uint64_t> InstanceCore::when_settled(std::uint64_t call_id, std::function<void()> waiter) {
  const std::lock_guard lock(mutex_);
  const auto at = open_.find(call_id);
  if (at == open_.end()) return std::nullopt;
  const auto number = next_number_++;
  at->second.settled.emplace(number, std::move(waiter));
  return number;
}

void InstanceCore::forget_settled(std::uint64_t call_id, std::uint64_t number) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  const auto at = open_.find(call_id);
  if (at == open_.end()) return;
  if (const auto waiter = at->second.settled.find(number); waiter != at->second.settled.end()) {
    dropped = std::move(waiter->second);
    at->second.settled.erase(waiter);
  }
}

base::Status InstanceCore::status_from(const pn_status* status) const {
  const auto plugin = "The plugin " + module_.name();
  if (status == nullptr || !PN_HAS(pn_status, status, code)) {
    return base::internal(plugin + " answered without a status; ask its author.");
  }
  auto message =
      PN_HAS(pn_status, status, message) ? printable(view(status->message), kMostMessageBytes) : "";
  if (message.empty()) message = plugin + " failed without saying why.";
  auto detail = PN_HAS(pn_status, status, detail) ? printable(view(status->detail), kMostDetailBytes) : "";
  const auto& hidden = log_.redaction();
  base::Status result(base::code_from_number(status->code), hidden.apply(message), hidden.apply(detail));
  if (PN_HAS(pn_status, status, retry_after_ms)) result.with_retry_after(status->retry_after_ms);
  return result;
}

void InstanceCore::from_plugin_done(std::uint64_t call_id, const pn_status* status, pn_bytes reply) {
  const bool ok = status != nullptr && PN_HAS(pn_status, status, code) && status->code == PN_OK;
  base::Result<std::string> result = base::fail(base::Status());
  if (!ok) {
    result = base::fail(status_from(status));
  } else if (reply.size > kMostReplyBytes) {
    result =
        base::fail(base::internal("The plugin " + module_.name() + " gave a reply of more than 16 MiB."));
  } else {
    result = std::string(view(reply));
  }
  std::function<void()> notify;
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    if (create_call_id_ != 0 && call_id == create_call_id_) {
      create_failure_ =
          ok ? base::internal("It failed with OK, which says nothing.") : std::move(result).error();
      return;
    }
    if (stop_call_id_ != 0 && call_id == stop_call_id_) {
      stop_call_id_ = 0;
      stopped = true;
    } else if (const auto at = open_.find(call_id); at != open_.end() && at->second.in_plugin) {
      notify = close_locked(at, std::move(result));
    }
  }
  if (stopped) return post("destroy", [self = shared_from_this()] { self->on_strand_stopped(); });
  if (notify) return notify();
  broken_rule("it answered call " + std::to_string(call_id) +
              ", which is not open: twice, or after it had stopped");
}

void InstanceCore::broken_rule(std::string_view what) {
  host_->metrics
      .counter("paynamed_plugin_broken_rules_total", "Times a plugin broke a rule of the ABI.",
               {{"instance", id_}})
      .add();
  log_.error("the plugin broke a rule of the ABI", {{"module", module_.name()}, {"rule", what}});
  // Last, so that who sees it in the instance's state finds the log line and the metric, too.
  const std::lock_guard lock(mutex_);
  ++broken_rules_;
}

base::Status InstanceCore::malformed_reply(std::string_view method) {
  broken_rule("its reply to " + std::string(method) + " could not be decoded");
  return base::internal("The plugin " + module_.name() + " answered " + std::string(method) +
                        " with bytes that are no such reply; ask its author.");
}

void InstanceCore::count(const std::string& method, base::Code code, base::Duration took) {
  const std::lock_guard lock(mutex_);
  auto counter = call_counters_.find({method, code});
  if (counter == call_counters_.end()) {
    counter =
        call_counters_
            .emplace(
                std::pair(method, code),
                host_->metrics.counter(
                    "paynamed_plugin_calls_total", "Answered calls of plugins.",
                    {{"instance", id_}, {"method", method}, {"code", std::string(base::to_string(code))}}))
            .first;
  }
  auto seconds = call_seconds_.find(method);
  if (seconds == call_seconds_.end()) {
    seconds = call_seconds_
                  .emplace(method, host_->metrics.histogram("paynamed_plugin_call_seconds",
                                                            "From the request to the answer of a plugin.",
                                                            {{"instance", id_}, {"method", method}}))
                  .first;
  }
  counter->second.add();
  seconds->second.observe(std::chrono::duration<double>(took).count());
}

}  // namespace paynamed::host
