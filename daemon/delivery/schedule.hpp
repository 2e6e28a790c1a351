// When a delivery is tried again.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace paynamed::delivery {

// The wait before each try, the first one included.
using Schedule = std::vector<base::Duration>;

// The example of Standard Webhooks 1.0.0: ten tries in 75 hours.
const Schedule& standard_schedule();

// What a failed try said about the next one.
struct Wish {
  base::Duration retry_after{0};  // 0: nothing
  bool throttled = false;
};

// How long after its failed try number `tries` a delivery waits; nothing: that was the last. The wait of the
// schedule with 20 % of jitter either way; a longer wish of the receiver within its bounds; a minute at least
// when it said that it is asked too often.
std::optional<base::Duration> wait_after(const Schedule& schedule, std::uint32_t tries, const Wish& wish,
                                         base::Random& random);

// 20 % either way.
base::Duration with_jitter(base::Duration wait, base::Random& random);

// A receiver's wish: no less than the schedule's wait, no more than twice that or an hour, whichever is
// longer.
base::Duration bounded(base::Duration wish, base::Duration wait);

}  // namespace paynamed::delivery
