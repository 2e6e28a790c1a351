#include "host/instance_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

#include "host/registry.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostMessageBytes = 1'024;
constexpr std::size_t kMostDetailBytes = 4'096;
constexpr std::size_t kMostLogBytes = 4'096;
constexpr std::size_t kMostObservationBytes = 16 * 1024;
constexpr std::uint32_t kMostLogLines = 200;  // a second
constexpr std::size_t kMostTimers = 10'000;
constexpr std::size_t kMostServiceCalls = 1'000;

std::string_view view(pn_bytes bytes) {
  return bytes.data == nullptr ? std::string_view() : std::string_view(bytes.data, bytes.size);
}

pn_bytes borrow(std::string_view text) {
  return {text.data(), text.size()};
}

std::uint32_t to_ms(base::Duration duration) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration.count(), 1, UINT32_MAX));
}

bool is_plain_type(std::string_view type) {
  return !type.empty() && type.size() <= 64 && std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace

std::shared_ptr<InstanceCore> InstanceCore::make(std::shared_ptr<HostContext> host, std::string id,
                                                 const Module& module, bool retired) {
  auto core = std::make_shared<InstanceCore>(std::move(host), std::move(id), module, retired);
  const auto entry = Registry::get().add(core);
  core->number_ = entry.number;
  core->table_ = entry.table;
  *entry.table = host_table(entry.number);
  return core;
}

InstanceCore::InstanceCore(std::shared_ptr<HostContext> host, std::string id, const Module& module,
                           bool retired)
    : host_(std::move(host)),
      id_(std::move(id)),
      module_(module),
      retired_(retired),
      log_(host_->log.with({{"instance", id_}})),
      secrets_(id_, host_->directory, host_->log),
      metrics_(host_->metrics, id_),
      strand_(asio::make_strand(host_->pool->executor())) {}

void* InstanceCore::token(std::uint64_t call_id) const {
  return call_token(number_, call_id);
}

// --- the strand and its watch

void InstanceCore::post(std::string what, std::function<void()> work) {
  asio::post(strand_, [self = shared_from_this(), what = std::move(what), work = std::move(work)] {
    self->run_watched(what, work);
  });
}

void InstanceCore::run_watched(const std::string& what, const std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    held_since_ = clock().monotonic();
    held_by_ = what;
    if (!watching_) {
      watching_ = true;
      watch_ = clock().at(*held_since_ + kBlockedAfter, supervisor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->check_blocked();
      });
    }
  }
  std::string thrown;
  try {
    work();
  } catch (const std::exception& failure) {
    thrown = printable(failure.what(), kMostMessageBytes);
  } catch (...) {
    thrown = "something that is no std::exception";
  }
  base::Duration held{};
  bool was_blocked = false;
  {
    const std::lock_guard lock(mutex_);
    held = std::chrono::duration_cast<base::Duration>(clock().monotonic() - *held_since_);
    held_since_.reset();
    was_blocked = std::exchange(blocked_, false);
  }
  if (!thrown.empty()) broken_rule(what + " let an exception out: " + thrown);
  if (was_blocked) host_->pool->released();
  if (was_blocked) log_.warning("the strand is free again", {{"held_by", what}, {"ms", held.count()}});
}

void InstanceCore::check_blocked() {
  std::string by;
  {
    const std::lock_guard lock(mutex_);
    watching_ = false;
    if (!held_since_) return;
    const auto limit = *held_since_ + kBlockedAfter;
    if (clock().monotonic() < limit) {
      watching_ = true;
      watch_ = clock().at(limit, supervisor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->check_blocked();
      });
      return;
    }
    blocked_ = true;
    by = held_by_;
  }
  host_->pool->held();
  log_.warning(
      "the plugin holds its strand for more than a second; its author should use Blocking<> or answer later",
      {{"held_by", by}, {"threads", host_->pool->threads()}});
}

// --- create

void InstanceCore::create(std::string config_json, std::function<void(base::Status)> then) {
  post("create", [self = shared_from_this(), config = std::move(config_json), then = std::move(then)] {
    {
      const std::lock_guard lock(self->mutex_);
      self->create_call_id_ = self->next_call_id_++;
    }
    base::Status thrown;
    try {
      self->plugin_ = self->module_.abi().create(self->table_, borrow(config), &done_by_token,
                                                 self->token(self->create_call_id_));
    } catch (...) {
      thrown = base::internal("It let an exception out of create, which no plugin may; ask its author.");
    }
    base::Status status;
    bool keep_out = false;
    {
      const std::lock_guard lock(self->mutex_);
      self->create_call_id_ = 0;
      if (self->plugin_ == nullptr) {
        status = !thrown.ok() ? thrown
                 : self->create_failure_
                     ? *self->create_failure_
                     : base::internal("It made no instance and did not say why; ask its author.");
        if (self->phase_ == Phase::kNew) self->phase_ = Phase::kStopped;
      } else if (self->phase_ == Phase::kNew) {
        self->phase_ = Phase::kRunning;
      } else {
        keep_out = true;  // stopped meanwhile; its own job on the strand ends it
      }
    }
    if (!keep_out) then(std::move(status));
  });
}

// --- calls

std::uint64_t InstanceCore::begin_call(std::string method, std::string request, CallOptions options,
                                       Waiter waiter) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_call_id_++;
    if (phase_ == Phase::kRunning) {
      ++calls_;
      auto& call = open_[id];
      call.method = method;
      call.correlation_id = options.correlation_id;
      call.started = clock().monotonic();
      call.deadline = call.started + options.timeout;
      call.waiter = std::move(waiter);
      call.timer = clock().at(call.deadline, supervisor(), [weak = weak_from_this(), id] {
        if (const auto self = weak.lock()) self->give_up(id, base::Code::kDeadlineExceeded);
      });
    }
  }
  if (waiter) {
    waiter(CallOutcome<std::string>(
        base::fail(base::unavailable("The plugin instance " + id_ + " is not running, so " + method +
                                     " was not begun.")),
        id, false));
    return id;
  }
  post(std::move(method), [self = shared_from_this(), id, request = std::move(request),
                           options = std::move(options)] { self->on_strand_call(id, request, options); });
  return id;
}

void InstanceCore::on_strand_call(std::uint64_t id, const std::string& request, const CallOptions& options) {
  pn_call_info info{
      sizeof(pn_call_info),       0, id, borrow(options.idempotency_key), borrow(options.correlation_id),
      borrow(options.traceparent)};
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
  const auto took = std::chrono::duration_cast<base::Duration>(clock().monotonic() - call->started);
  return [self = shared_from_this(), call, id, took, result = std::move(result)] {
    self->count(call->method, result ? base::Code::kOk : result.error().code(), took);
    if (call->stuck || call->expired) {
      self->log_.info("a late answer came", {{"method", call->method}, {"call", id}, {"ms", took.count()}});
    }
    if (call->waiter) call->waiter(CallOutcome<std::string>(result, id, false));
    for (const auto& [number, settled] : call->settled) settled();
  };
}

void InstanceCore::give_up(std::uint64_t call_id, base::Code code) {
  Waiter waiter;
  std::string method;
  bool begun = false;
  std::vector<std::function<void()>> settled;
  {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(call_id);
    if (at == open_.end() || at->second.expired) return;
    auto& call = at->second;
    waiter = std::exchange(call.waiter, nullptr);
    method = call.method;
    begun = call.in_plugin;
    if (code == base::Code::kDeadlineExceeded) ++timeouts_;
    if (begun) {
      call.expired = true;
      call.timer = clock().at(std::max(call.deadline, clock().monotonic()) + kStuckAfter, supervisor(),
                              [weak = weak_from_this(), call_id] {
                                if (const auto self = weak.lock()) self->mark_stuck(call_id);
                              });
    } else {
      for (auto& [number, notify] : call.settled) settled.push_back(std::move(notify));
      open_.erase(at);
    }
  }
  if (begun) {
    post("cancel", [self = shared_from_this(), call_id] {
      {
        const std::lock_guard lock(self->mutex_);
        if (!self->open_.contains(call_id) || self->phase_ != Phase::kRunning) return;
      }
      self->module_.abi().cancel(self->plugin_, call_id);
    });
  }
  const bool cancelled = code == base::Code::kCancelled;
  const auto who = method + " of the plugin instance " + id_;
  base::Status status =
      !begun
          ? base::unavailable(who + " was not begun: " +
                              (cancelled ? "it was cancelled." : "the instance was busy until the deadline."))
      : cancelled ? base::cancelled(who + " was cancelled before it answered; the outcome is unknown.")
                  : base::deadline_exceeded(who + " did not answer in time; the outcome is unknown.");
  if (!cancelled)
    log_.warning("a call passed its deadline", {{"method", method}, {"call", call_id}, {"begun", begun}});
  if (waiter) waiter(CallOutcome<std::string>(base::fail(std::move(status)), call_id, begun));
  for (const auto& notify : settled) notify();
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
  {
    const std::lock_guard lock(mutex_);
    ++broken_rules_;
  }
  host_->metrics
      .counter("paynamed_plugin_broken_rules_total", "Times a plugin broke a rule of the ABI.",
               {{"instance", id_}})
      .add();
  log_.error("the plugin broke a rule of the ABI", {{"module", module_.name()}, {"rule", what}});
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

// --- stop

void InstanceCore::stop(std::function<void()> then) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kStopped) {
      when_stopped_.push_back(std::move(then));
      first = phase_ == Phase::kNew || phase_ == Phase::kRunning;
      if (first) phase_ = Phase::kStopping;
    }
  }
  if (then) return then();
  if (!first) return;
  post("stop", [self = shared_from_this()] {
    if (self->plugin_ == nullptr) return self->on_strand_stopped();
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(self->mutex_);
      id = self->stop_call_id_ = self->next_call_id_++;
    }
    self->module_.abi().stop(self->plugin_, &done_by_token, self->token(id));
  });
}

void InstanceCore::on_strand_stopped() {
  // What the plugin still waits for is answered, what waits for the plugin ends, then it is gone.
  std::map<std::uint64_t, Timer> timers;
  std::map<std::uint64_t, ServiceAnswer> services;
  std::vector<std::function<void()>> notify;
  std::vector<std::function<void()>> stopped;
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::kStopped;
    timers.swap(timers_);
    services.swap(service_answers_);
    while (!open_.empty()) {
      const auto at = open_.begin();
      const auto who = at->second.method + " of the plugin instance " + id_;
      notify.push_back(close_locked(
          at,
          base::fail(at->second.in_plugin
                         ? base::unknown(
                               who + " was not answered before the plugin stopped; the outcome is unknown.")
                         : base::unavailable(who + " was not begun: the plugin stops."))));
    }
    stopped.swap(when_stopped_);
  }
  for (const auto& [number, service] : services) {
    constexpr std::string_view kText = "The instance stops.";
    const pn_status status{sizeof(pn_status), PN_CANCELLED, 0, 0, borrow(kText), {nullptr, 0}};
    service.done(service.done_ctx, &status, {nullptr, 0});
  }
  for (const auto& [number, timer] : timers) timer.run(timer.arg, 0);
  if (plugin_ != nullptr) module_.abi().destroy(std::exchange(plugin_, nullptr));
  for (const auto& one : notify) one();
  log_.debug("stopped");
  for (const auto& one : stopped) one();
}

void InstanceCore::leave() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kStopped) return;
    phase_ = Phase::kLeft;
  }
  log_.error("the plugin did not stop in time; it is left as it is, and the process has to end around it",
             {{"module", module_.name()}});
}

// --- state

bool InstanceCore::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_ > 0;
}

InstanceInfo InstanceCore::info() const {
  using State = InstanceInfo::State;
  InstanceInfo info;
  info.id = id_;
  info.module = module_.name();
  info.version = module_.version();
  info.contract = module_.contract();
  info.retired = retired_;
  const std::lock_guard lock(mutex_);
  info.calls = calls_;
  info.failures = failures_;
  info.timeouts = timeouts_;
  info.late_answers = late_answers_;
  info.broken_rules = broken_rules_;
  info.open_calls = open_.size();
  if (phase_ == Phase::kStopped) {
    info.state = State::kStopped;
    info.explanation = "It has stopped.";
  } else if (phase_ == Phase::kLeft) {
    info.state = State::kLeft;
    info.explanation = "It did not stop in time.";
  } else if (phase_ == Phase::kStopping) {
    info.state = State::kStopping;
    info.explanation = "It is stopping.";
  } else if (stuck_ > 0) {
    info.state = State::kStuck;
    info.explanation = std::to_string(stuck_) + " of its calls are open 30 s after their deadline.";
  } else if (blocked_) {
    info.state = State::kBlocked;
    info.explanation = held_by_ + " holds its strand for more than a second.";
  }
  return info;
}

// --- what the plugin asks for

void InstanceCore::from_plugin_log(std::int32_t level, std::uint64_t call_id, std::string_view message) {
  const auto at = static_cast<observe::Level>(std::clamp<std::int32_t>(level, PN_LOG_TRACE, PN_LOG_ERROR));
  if (!log_.enabled(at)) return;
  std::uint64_t dropped = 0;
  std::string method;
  std::string correlation;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock().monotonic();
    if (now - log_second_ >= std::chrono::seconds(1)) {
      log_second_ = now;
      log_lines_ = 0;
      dropped = std::exchange(log_dropped_, 0);
    }
    if (++log_lines_ > kMostLogLines) {
      ++log_dropped_;
      return;
    }
    if (const auto call = open_.find(call_id); call != open_.end()) {
      method = call->second.method;
      correlation = call->second.correlation_id;
    }
  }
  if (dropped > 0)
    log_.warning("lines of the plugin were dropped: more than 200 in a second", {{"lines", dropped}});
  const auto text = printable(message, kMostLogBytes);
  if (method.empty()) return log_.write(at, text);
  log_.write(at, text, {{"method", method}, {"call", call_id}, {"correlation", correlation}});
}

void InstanceCore::from_plugin_metric(std::int32_t kind, std::string_view name, observe::Labels labels,
                                      double value) {
  if (kind < PN_COUNTER || kind > PN_HISTOGRAM) return;
  metrics_.record(static_cast<observe::BoundedMetrics::Kind>(kind), name, std::move(labels), value);
}

void InstanceCore::from_plugin_now(pn_time& out) const {
  if (PN_HAS(pn_time, &out, wall_ms)) out.wall_ms = host_->clock.wall().time_since_epoch().count();
  if (PN_HAS(pn_time, &out, monotonic_ns))
    out.monotonic_ns = host_->clock.monotonic().time_since_epoch().count();
}

void InstanceCore::from_plugin_after(std::uint32_t delay_ms, void (*run)(void*, std::int32_t), void* arg) {
  bool accepted = false;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    accepted = phase_ != Phase::kStopped && timers_.size() < kMostTimers;
    if (accepted) {
      number = next_number_++;
      auto& timer = timers_[number];
      timer.run = run;
      timer.arg = arg;
      if (delay_ms > 0) {
        timer.timer = clock().at(clock().monotonic() + base::Duration(delay_ms), strand_,
                                 [weak = weak_from_this(), number] {
                                   if (const auto self = weak.lock()) self->timer_due(number);
                                 });
      }
    }
  }
  if (!accepted) {
    broken_rule("it set a timer after it had stopped, or more than 10,000");
    return run(arg, 0);
  }
  if (delay_ms == 0) asio::post(strand_, [self = shared_from_this(), number] { self->timer_due(number); });
}

void InstanceCore::timer_due(std::uint64_t number) {
  Timer timer;
  {
    const std::lock_guard lock(mutex_);
    const auto at = timers_.find(number);
    if (at == timers_.end()) return;
    timer = std::move(at->second);
    timers_.erase(at);
  }
  run_watched("a timer", [&] { timer.run(timer.arg, 1); });
}

void InstanceCore::from_plugin_observe(std::string_view type, std::string_view json) {
  boost::json::error_code error;
  const bool fits = is_plain_type(type) && json.size() <= kMostObservationBytes;
  const auto value = fits ? boost::json::parse(json, error) : boost::json::value();
  if (!fits || error || !value.is_object()) {
    return log_.warning(
        "an observation of the plugin was dropped: it is not a short JSON object under a plain type",
        {{"type", printable(type, 64)}});
  }
  if (host_->on_observation) host_->on_observation(id_, std::string(type), log_.redaction().apply(json));
}

void InstanceCore::from_plugin_call(std::string_view service, ServiceCall call, pn_done done,
                                    void* done_ctx) {
  std::uint64_t number = 0;
  bool accepted = false;
  {
    const std::lock_guard lock(mutex_);
    number = next_number_++;
    accepted = phase_ != Phase::kStopped;
    if (accepted) service_answers_.emplace(number, ServiceAnswer{done, done_ctx});
    if (service_answers_.size() > kMostServiceCalls) call.method.clear();
  }
  if (!accepted) {
    constexpr std::string_view kText = "The instance has stopped.";
    const pn_status status{sizeof(pn_status), PN_UNAVAILABLE, 0, 0, borrow(kText), {nullptr, 0}};
    return done(done_ctx, &status, {nullptr, 0});
  }
  Service found;
  if (service == "pn.secret/1") {
    found = secret_service(secrets_);
  } else if (const auto at = host_->services.find(std::string(service)); at != host_->services.end()) {
    found = at->second;
  }
  // On the pool, not on the strand: a service may wait for a file.
  asio::post(host_->pool->executor(), [self = shared_from_this(), number, found = std::move(found),
                                       name = printable(service, 64), call = std::move(call)]() mutable {
    const auto answer = [self, number](base::Result<std::string> result) {
      self->answer_service(number, std::move(result));
    };
    if (!found) {
      return answer(base::fail(base::unimplemented("This daemon has no service " + name + " for plugins.")));
    }
    if (call.method.empty()) {
      return answer(
          base::fail(base::resource_exhausted("The plugin has more than 1,000 open calls of services.")));
    }
    found(std::move(call), answer);
  });
}

void InstanceCore::answer_service(std::uint64_t number, base::Result<std::string> result) {
  post("the answer of a service", [self = shared_from_this(), number, result = std::move(result)] {
    ServiceAnswer answer{};
    {
      const std::lock_guard lock(self->mutex_);
      const auto at = self->service_answers_.find(number);
      if (at == self->service_answers_.end()) return;  // ended by stop
      answer = at->second;
      self->service_answers_.erase(at);
    }
    if (result) {
      const pn_status status{sizeof(pn_status), PN_OK, 0, 0, {nullptr, 0}, {nullptr, 0}};
      return answer.done(answer.done_ctx, &status, borrow(*result));
    }
    const auto& error = result.error();
    const pn_status status{sizeof(pn_status),       static_cast<std::int32_t>(error.code()),
                           error.retry_after_ms(),  0,
                           borrow(error.message()), borrow(error.detail())};
    answer.done(answer.done_ctx, &status, {nullptr, 0});
  });
}

}  // namespace paynamed::host
