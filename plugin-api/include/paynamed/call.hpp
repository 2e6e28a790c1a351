// Call: the call that the plugin is answering: its key, its deadline, whether anybody still waits.
//
// Threads: a handle; every function may be called from any thread. when_cancelled's function runs on the
// strand, or at once in the caller if the call is cancelled already.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "paynamed/error.hpp"

namespace paynamed {

class Call {
 public:
  struct Info {
    std::uint64_t id = 0;
    std::string method{};
    std::string idempotency_key{};
    std::string correlation_id{};
    std::string traceparent{};
    // On the monotonic clock of Host::now(); none: no deadline.
    std::optional<std::chrono::nanoseconds> deadline{};
    bool background = false;
  };
  explicit Call(Info info) : state_(std::make_shared<State>(std::move(info))) {}

  std::uint64_t id() const { return state_->info.id; }
  const std::string& method() const { return state_->info.method; }
  // The same for every attempt at the same thing: the same key must give the same answer and one side effect.
  const std::string& idempotency_key() const { return state_->info.idempotency_key; }
  const std::string& correlation_id() const { return state_->info.correlation_id; }
  const std::string& traceparent() const { return state_->info.traceparent; }
  const std::optional<std::chrono::nanoseconds>& deadline() const { return state_->info.deadline; }
  // Nobody in particular waits for the answer: what shares a limit lets other calls go first.
  bool background() const { return state_->info.background; }

  // Nobody waits any more. A reply is still owed; cutting the work short is welcome.
  bool cancelled() const {
    const std::lock_guard lock(state_->mutex);
    return state_->cancelled;
  }
  // Throws Error(kCancelled) if nobody waits any more; for loops in straight code.
  void throw_if_cancelled() const {
    if (cancelled()) throw Error(Code::kCancelled, "The call was cancelled.");
  }
  // Calls `then` once when the call is cancelled; replaces an earlier function. `then` must not throw.
  void when_cancelled(std::function<void()> then) const {
    {
      const std::lock_guard lock(state_->mutex);
      if (!state_->cancelled) {
        state_->then = std::move(then);
        return;
      }
    }
    then();
  }

  // For the SDK's frame.
  void cancel() const {
    std::function<void()> then;
    {
      const std::lock_guard lock(state_->mutex);
      state_->cancelled = true;
      then = std::exchange(state_->then, nullptr);
    }
    if (then) then();
  }
  void forget_cancellation() const {
    std::function<void()> dropped;
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->then);
  }

 private:
  struct State {
    explicit State(Info known) : info(std::move(known)) {}
    const Info info;
    std::mutex mutex;
    bool cancelled = false;
    std::function<void()> then;
  };
  std::shared_ptr<State> state_;
};

}  // namespace paynamed
