// Host: what the daemon lends to one instance: log, metrics, time, timers, observations and services.
//
// Threads: a cheap handle to copy; every function may be called from any thread until the plugin's destructor
// has returned. Functions given to after() and call() run on the strand of the instance.
#pragma once

#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paynamed/call.hpp"
#include "paynamed/error.hpp"

namespace paynamed {

enum class Level : std::int32_t {
  kTrace = PN_LOG_TRACE,
  kDebug = PN_LOG_DEBUG,
  kInfo = PN_LOG_INFO,
  kWarning = PN_LOG_WARNING,
  kError = PN_LOG_ERROR,
};

struct Label {
  std::string_view name;
  std::string_view value;
};

namespace detail {
// Which instance's strand this thread is on, if any: so that a wait which could never end is refused instead.
inline thread_local const void* current_strand = nullptr;

class OnStrand {
 public:
  explicit OnStrand(const void* strand) : before_(std::exchange(current_strand, strand)) {}
  OnStrand(const OnStrand&) = delete;
  OnStrand& operator=(const OnStrand&) = delete;
  ~OnStrand() { current_strand = before_; }

 private:
  const void* before_;
};
}  // namespace detail

class Host {
 public:
  explicit Host(const pn_host* host) : state_(std::make_shared<State>(host)) {}

  // One line of the daemon's log, with the instance's name in front. Never put a secret into it.
  void log(Level level, std::string_view message) const { log(level, message, 0); }
  // The same, joined to a call.
  void log(Level level, std::string_view message, const Call& call) const { log(level, message, call.id()); }

  // Names are [a-z0-9_] without a prefix: "requests_total" becomes
  // paynamed_plugin_requests_total{instance="zone"}.
  void count(std::string_view name, double by = 1, std::initializer_list<Label> labels = {}) const {
    metric(PN_COUNTER, name, by, labels);
  }
  void gauge(std::string_view name, double value, std::initializer_list<Label> labels = {}) const {
    metric(PN_GAUGE, name, value, labels);
  }
  // In seconds or bytes, and the name says which.
  void histogram(std::string_view name, double value, std::initializer_list<Label> labels = {}) const {
    metric(PN_HISTOGRAM, name, value, labels);
  }

  // UTC.
  std::chrono::sys_time<std::chrono::milliseconds> wall() const {
    return std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time().wall_ms));
  }
  // Never steps back; its zero means nothing.
  std::chrono::nanoseconds monotonic() const { return std::chrono::nanoseconds(time().monotonic_ns); }
  // How long until the call's deadline, not below zero; `most` if it has none or a later one.
  std::chrono::milliseconds remaining(const Call& call, std::chrono::milliseconds most) const {
    if (!call.deadline()) return most;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*call.deadline() - monotonic());
    return std::clamp(left, std::chrono::milliseconds(0), most);
  }

  // Runs `then` on the strand after `delay`, never from within this function. When the instance stops before,
  // `then` is destroyed without being called. What it throws is logged.
  void after(std::chrono::milliseconds delay, std::function<void()> then) const;

  // Something that operators may want to follow; becomes the event plugin.<type>. `json` is an object. Best
  // effort.
  void observe(std::string_view type, std::string_view json) const {
    abi().observe(abi().ctx, detail::borrow(type), detail::borrow(json));
  }

  struct CallOptions {
    std::chrono::milliseconds timeout{10'000};
    std::string idempotency_key{};
    std::string correlation_id{};
    std::string traceparent{};
    bool background = false;
  };
  // Calls a service of the daemon. `then` runs once on the strand, never from within this function.
  template <class ReplyMessage>
  void call(const char* service, const char* method, const google::protobuf::MessageLite& request,
            const CallOptions& options, std::function<void(Result<ReplyMessage>)> then) const;

  // Whether the calling thread is on this instance's strand right now, where nothing may wait.
  bool on_strand() const { return detail::current_strand == state_->host; }

  // For the SDK's frame.
  const pn_host& abi() const { return *state_->host; }

 private:
  struct State {
    explicit State(const pn_host* given) : host(given) {}
    const pn_host* const host;
    std::atomic<std::uint64_t> next_call_id{1};
  };
  struct Timer;
  template <class ReplyMessage>
  struct Pending;

  void log(Level level, std::string_view message, std::uint64_t call_id) const {
    abi().log(abi().ctx, static_cast<std::int32_t>(level), call_id, detail::borrow(message));
  }
  void metric(std::int32_t kind, std::string_view name, double value,
              std::initializer_list<Label> labels) const {
    std::vector<pn_label> borrowed;
    borrowed.reserve(labels.size());
    for (const auto& label : labels) {
      borrowed.push_back({detail::borrow(label.name), detail::borrow(label.value)});
    }
    abi().metric(abi().ctx, kind, detail::borrow(name), borrowed.data(), borrowed.size(), value);
  }
  pn_time time() const {
    pn_time now{sizeof(pn_time), 0, 0, 0};
    abi().now(abi().ctx, &now);
    return now;
  }
  // Runs `work` on the strand; an exception becomes a log line, for nobody stands above to take it.
  template <class Work>
  void guarded(const char* what, Work work) const noexcept {
    const detail::OnStrand on_strand(state_->host);
    try {
      work();
    } catch (...) {
      const auto error = detail::current_error();
      log(Level::kError, std::string(what) + " threw: " + error.message() + " " + error.detail());
    }
  }

  std::shared_ptr<State> state_;
};

struct Host::Timer {
  Host host;
  std::function<void()> then;
};

template <class ReplyMessage>
struct Host::Pending {
  Host host;
  std::function<void(Result<ReplyMessage>)> then;
};

inline void Host::after(std::chrono::milliseconds delay, std::function<void()> then) const {
  auto timer = std::make_unique<Timer>(Timer{*this, std::move(then)});
  const auto ms = std::clamp<std::int64_t>(delay.count(), 0, UINT32_MAX);
  abi().after(
      abi().ctx, static_cast<std::uint32_t>(ms),
      [](void* arg, std::int32_t due) {
        const std::unique_ptr<Timer> timer_due(static_cast<Timer*>(arg));
        if (due != 0) timer_due->host.guarded("A timer's function", [&] { timer_due->then(); });
      },
      timer.release());
}

template <class ReplyMessage>
void Host::call(const char* service, const char* method, const google::protobuf::MessageLite& request,
                const CallOptions& options, std::function<void(Result<ReplyMessage>)> then) const {
  std::string bytes;
  if (!request.SerializeToString(&bytes)) {
    throw Error(Code::kInternal, std::string("The request ") + method + " could not be encoded.");
  }
  const auto ms = std::clamp<std::int64_t>(options.timeout.count(), 1, UINT32_MAX);
  const pn_call_info info{sizeof(pn_call_info),
                          static_cast<std::uint32_t>(ms),
                          state_->next_call_id.fetch_add(1),
                          detail::borrow(options.idempotency_key),
                          detail::borrow(options.correlation_id),
                          detail::borrow(options.traceparent),
                          options.background ? PN_BACKGROUND : PN_INTERACTIVE,
                          0};
  using Waiting = Pending<ReplyMessage>;
  auto pending = std::make_unique<Waiting>(Waiting{*this, std::move(then)});
  abi().call(
      abi().ctx, &info, service, method, detail::borrow(bytes),
      [](void* ctx, const pn_status* status, pn_bytes reply) {
        const std::unique_ptr<Waiting> answered(static_cast<Waiting*>(ctx));
        answered->host.guarded("The function that waits for a service", [&] {
          if (status->code != PN_OK) return answered->then(detail::from_abi(*status));
          ReplyMessage message;
          if (reply.size > INT32_MAX || !message.ParseFromArray(reply.data, static_cast<int>(reply.size))) {
            return answered->then(Error(Code::kInternal, "The daemon's answer could not be decoded."));
          }
          answered->then(std::move(message));
        });
      },
      pending.release());
}

}  // namespace paynamed
