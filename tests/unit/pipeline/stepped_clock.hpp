// SteppedClock: a ManualClock whose wall clock can also be set, as an operator or NTP does it.
//
// Threads: as ManualClock, but for step_wall().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace paynamed::pipeline {

class SteppedClock final : public base::Clock {
 public:
  explicit SteppedClock(base::WallTime start) : clock_(start) {}

  base::WallTime wall() const override { return clock_.wall() + step_; }
  base::MonotonicTime monotonic() const override { return clock_.monotonic(); }
  std::unique_ptr<Timer> at(base::MonotonicTime when, boost::asio::any_io_executor executor,
                            std::function<void()> then) override {
    return clock_.at(when, std::move(executor), std::move(then));
  }

  void advance(base::Duration by) { clock_.advance(by); }
  void step_wall(base::Duration by) { step_ += by; }
  std::size_t pending() const { return clock_.pending(); }
  std::optional<base::Duration> until_next() const { return clock_.until_next(); }

 private:
  base::ManualClock clock_;
  base::Duration step_{0};
};

}  // namespace paynamed::pipeline
