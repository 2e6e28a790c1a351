// Pace: how often a target may be tried in a minute: what its owner allows, and for a while half of that, or
// of what it was, when its receiver says that it is asked too often.
//
// Threads: a value of one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace paynamed::delivery {

class Pace {
 public:
  // 0: no limit.
  void limit(std::uint32_t per_minute) { allowed_ = per_minute; }
  // When the next attempt may begin; in the past: now.
  base::MonotonicTime next(base::MonotonicTime now);
  void began(base::MonotonicTime now);
  // Many answers of one moment count once. After each minute without one the rate doubles.
  void throttled(base::MonotonicTime now);

  // Attempts in a minute; 0: no limit.
  double rate(base::MonotonicTime now);

 private:
  void count(base::MonotonicTime now);

  std::uint32_t allowed_ = 0;
  std::optional<double> slowed_;
  base::MonotonicTime slowed_until_{};
  base::MonotonicTime last_throttle_{};
  base::MonotonicTime next_{};  // when the next one would begin were they spread evenly
  // Attempts in this minute and the one before.
  base::MonotonicTime minute_{};
  std::uint32_t this_minute_ = 0;
  std::uint32_t minute_before_ = 0;
};

}  // namespace paynamed::delivery
