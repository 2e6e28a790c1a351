// Backoff: a pause that doubles each time, until it is cleared.
//
// Threads: a value of one thread.
#pragma once

#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"

namespace paynamed::delivery {

class Backoff {
 public:
  Backoff(base::Duration first, base::Duration most) : first_(first), most_(most), next_(first) {}

  // From now on; at least `least`. With 20 % of jitter either way.
  void begin(base::MonotonicTime now, base::Random& random, base::Duration least = base::Duration{0});
  void clear();
  // Until when; nothing when there is no pause, or it is over.
  std::optional<base::MonotonicTime> until(base::MonotonicTime now) const;
  // It was begun and not cleared.
  bool is_on() const { return until_.has_value(); }

 private:
  base::Duration first_;
  base::Duration most_;
  base::Duration next_;
  std::optional<base::MonotonicTime> until_;
};

}  // namespace paynamed::delivery
