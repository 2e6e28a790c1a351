// Breaker: stops calling what does not work. When too many of the calls within a window fail, it opens: calls
// are refused at once. After a while it is half open: one call at a time goes through as a probe, and its end
// decides. Each probe that fails doubles the time until the next.
//
// A refusal is a Status that says deferred(): nothing was begun.
//
// Threads: not safe; guarded by its owner.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::host {

struct BreakerSettings {
  bool enabled = true;
  base::Duration window{30'000};
  std::uint32_t minimum = 10;       // calls in the window before anything is concluded
  std::uint32_t failure_rate = 50;  // percent of them
  base::Duration open{15'000};      // before the first probe
  base::Duration most_open{300'000};
};

class Breaker {
 public:
  enum class State { kClosed, kHalfOpen, kOpen };
  enum class Outcome { kSuccess, kFailure, kNeither };
  enum class Change { kNone, kOpened, kProbeFailed, kClosed };
  // Of the two clocks: one to count with, one to show.
  struct Moment {
    base::MonotonicTime monotonic;
    base::WallTime wall;
  };
  // What an admitted call gives back when it ends.
  struct Pass {
    std::uint64_t round = 0;  // of the breaker: it changes with each opening and closing
    bool probe = false;
  };

  // `name` of what is called, for sentences.
  Breaker(BreakerSettings settings, std::string name);

  // From the next call on; what was counted stays counted. Switched off it is closed.
  void use(BreakerSettings settings);

  // A call may begin; or UNAVAILABLE, deferred(), with the time until the next probe and the last failure as
  // detail.
  base::Result<Pass> admit(Moment now);
  // What admit() would refuse with; changes nothing.
  std::optional<base::Status> refusal(Moment now) const;
  // An admitted call ended.
  Change ended(Pass pass, Outcome outcome, const base::Status& why, Moment now);

  State state(base::MonotonicTime now) const;
  // Why it is not closed, as a sentence; empty when it is. It has nothing of the calls that failed, which
  // were others' than who reads it.
  std::string explanation(Moment now) const;
  // What the call said that opened it last; for operators.
  const std::string& last_error() const { return last_error_; }

 private:
  static constexpr std::size_t kSlices = 10;
  struct Slice {
    std::int64_t number = -1;  // which tenth of a window since the clock's zero
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };

  Slice& slice_at(base::MonotonicTime now);
  void open_for(base::Duration time, const base::Status& why, Moment now);
  void close();

  BreakerSettings settings_;
  const std::string name_;
  std::array<Slice, kSlices> slices_{};
  bool closed_ = true;
  bool probing_ = false;
  std::uint64_t round_ = 1;
  base::Duration open_time_{0};
  base::MonotonicTime probe_at_{};
  base::WallTime since_{};
  std::string reason_;
  std::string last_error_;
};

// "closed", "half_open", "open".
std::string_view to_string(Breaker::State state);
// What the end of a call says about whether the instance and its peer work.
Breaker::Outcome outcome_of(std::string_view method, base::Code code);

}  // namespace paynamed::host
