// TokenBucket: tokens that refill steadily up to a burst. More than the burst can be taken at once when it is
// full; then it is in debt until it has refilled.
//
// Threads: not safe; guarded by its owner.
#pragma once

#include "base/time.hpp"

namespace paynamed::host {

class TokenBucket {
 public:
  // Full. `per_second` and `burst` are above 0.
  TokenBucket(double per_second, double burst, base::MonotonicTime now);

  // From now on; what there is stays, up to the new burst.
  void change(double per_second, double burst, base::MonotonicTime now);
  void refill(base::MonotonicTime now);
  void take(double cost) { tokens_ -= cost; }
  void give_back(double cost);
  // Nothing may be taken until `when`, or a later time that was given before. It refills all the same.
  void hold(base::MonotonicTime when);

  // When `cost` may be taken, if nobody else takes anything: `now` or later.
  base::MonotonicTime ready(double cost, base::MonotonicTime now) const;
  bool is_held(base::MonotonicTime now) const { return held_until_ > now; }
  bool is_full() const { return tokens_ >= burst_; }
  double tokens() const { return tokens_; }
  double burst() const { return burst_; }
  double per_second() const { return per_second_; }
  base::MonotonicTime held_until() const { return held_until_; }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  base::MonotonicTime counted_;
  base::MonotonicTime held_until_{};
};

}  // namespace paynamed::host
