// Clock: the only way to read time or to wait. The daemon gets the system's; tests get a ManualClock and
// decide.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/time.hpp"

namespace paynamed::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonotonicTime monotonic() const = 0;

  // A single-shot timer. `then` runs on `executor` once `when` is reached, or never if the returned handle is
  // destroyed first (a `then` that already runs is not waited for). `then` must not throw.
  //
  // `then` belongs to the executor's context and ends with it, unused: a handle keeps neither of them. The
  // executor's context must not end while another thread makes or drops a handle.
  class Timer {
   public:
    virtual ~Timer() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Timer> at(MonotonicTime when, boost::asio::any_io_executor executor,
                                                  std::function<void()> then) = 0;
};

// Waits on the coroutine's executor. True when the time came, false when the coroutine was cancelled before.
// Never resumes when the executor's context ends before.
boost::asio::awaitable<bool> sleep_for(Clock& clock, Duration duration);

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  MonotonicTime monotonic() const override;
  std::unique_ptr<Timer> at(MonotonicTime when, boost::asio::any_io_executor executor,
                            std::function<void()> then) override;
};

// A clock that stands until advance() moves it; due timers are posted in order of their time. When it ends,
// its timers never fire, and coroutines that sleep by it are unwound on their executors.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start);
  ~ManualClock() override;
  WallTime wall() const override;
  MonotonicTime monotonic() const override;
  std::unique_ptr<Timer> at(MonotonicTime when, boost::asio::any_io_executor executor,
                            std::function<void()> then) override;

  void advance(Duration by);
  // How many timers wait, and how long until the first of them; for tests that drive a daemon step by step.
  std::size_t pending() const;
  std::optional<Duration> until_next() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::base
