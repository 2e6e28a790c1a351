// What an instance asks of the daemon: log lines, time, timers, observations, services.
#include <algorithm>
#include <boost/json/parse.hpp>

#include "host/instance_core.hpp"
#include "host/pn_text.hpp"
#include "host/text.hpp"

namespace paynamed::host {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostLogBytes = 4'096;
constexpr std::size_t kMostObservationBytes = 16 * 1024;
constexpr std::uint32_t kMostLogLines = 200;  // a second
constexpr std::size_t kMostTimers = 10'000;
constexpr std::size_t kMostServiceCalls = 1'000;

bool is_plain_type(std::string_view type) {
  return !type.empty() && type.size() <= 64 && std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace

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
    call.ended = end_services_.get_token();
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
  {
    const std::lock_guard lock(mutex_);
    if (!service_answers_.contains(number)) return;  // ended by stop
  }
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
