#include "process/plugin_calls.hpp"

#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;
using pipeline::PluginAnswer;

namespace {

// How long a call may stay open beyond its deadline before its run is paused.
constexpr base::Duration kGrace{30'000};

// "<run>/<step>" of "<run>/<step>/<generation>/undo": an undo, and a later generation, wait for what was
// there before.
std::string effect_of(const std::string& key) {
  const auto run = key.find('/');
  return run == std::string::npos ? key : key.substr(0, key.find('/', run + 1));
}

// Uses no attempt.
PluginAnswer stopping() {
  return {base::fail(base::resource_exhausted("the daemon is stopping; the call was not begun and is made "
                                              "after the next start")
                         .with_retry_after(1'000)),
          false};
}

PluginAnswer still_acting(const std::string& instance) {
  return {base::fail(base::deadline_exceeded("instance '" + instance +
                                             "' has not ended an earlier call and may still act; look at the "
                                             "plugin, restart the daemon if need be, then resume the run")),
          true};
}

}  // namespace

asio::awaitable<bool> PluginCalls::settle_earlier(std::string key) {
  Open earlier;
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(key);
    if (found == open_.end()) co_return true;
    earlier = found->second;
  }
  if (!co_await earlier.instance->settled(earlier.call_id, kGrace)) co_return false;
  const std::lock_guard lock(mutex_);
  open_.erase(key);
  co_return true;
}

asio::awaitable<PluginCalls::Attempt> PluginCalls::attempt(const pipeline::PluginCall& call) {
  Attempt attempt;
  for (;;) {
    host::Instance* const before = attempt.instance;
    attempt.instance = co_await host_.find_alone(call.instance);
    if (!attempt.instance || attempt.instance == before) co_return attempt;
    host::CallOptions options{call.timeout, call.key};
    if (!call.key.empty()) options.grace = kGrace;
    options.correlation_id = call.correlation_id;
    options.traceparent = call.traceparent;
    options.background = call.background;
    options.beside_breaker = call.beside_breaker;
    std::string method = call.method;
    std::string request = call.request;
    attempt.outcome =
        co_await attempt.instance->call_bytes(std::move(method), std::move(request), std::move(options));
    // It may have lost its place just before the call, which then was not begun: that is no failure of the
    // step's.
    const bool refused = !attempt.outcome.still_open && !attempt.outcome.result &&
                         attempt.outcome.result.error().code() == base::Code::kUnavailable;
    if (!refused || host_.find(call.instance) == attempt.instance) co_return attempt;
  }
}

void PluginCalls::end_background() {
  ends_background_ = true;
  for (host::Instance* instance : host_.list()) instance->end_background_calls();
}

asio::awaitable<PluginAnswer> PluginCalls::call(pipeline::PluginCall call) {
  if (call.background && ends_background_) co_return stopping();
  if (around_ == nullptr) co_return co_await made(call);
  around_->complete(call);
  const auto admitted = co_await around_->admit(call);
  if (!admitted) co_return PluginAnswer{base::fail(admitted.error()), false};
  if (call.background && ends_background_) co_return stopping();
  PluginAnswer answer = co_await made(call);
  around_->judge(call, answer);
  co_return answer;
}

asio::awaitable<PluginAnswer> PluginCalls::made(const pipeline::PluginCall& call) {
  const std::string key = effect_of(call.settle_key.empty() ? call.key : call.settle_key);
  if (!key.empty() && !co_await settle_earlier(key)) co_return still_acting(call.instance);
  Attempt made = co_await attempt(call);
  if (!made.instance) {
    // Not for good: the operator can bring it back, so the run must not be turned back for it.
    co_return PluginAnswer{base::fail(base::unavailable("there is no instance '" + call.instance +
                                                        "' running; mend it and reload the configuration")),
                           false};
  }
  auto& outcome = made.outcome;
  if (!outcome.still_open || key.empty()) co_return PluginAnswer{std::move(outcome.result), false};

  const std::lock_guard lock(mutex_);
  open_[key] = {made.instance, outcome.call_id};
  co_return still_acting(call.instance);
}

}  // namespace paynamed::process
