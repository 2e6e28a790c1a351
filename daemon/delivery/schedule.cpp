#include "delivery/schedule.hpp"

#include <algorithm>

namespace paynamed::delivery {
namespace {

constexpr base::Duration kHour{3'600'000};
constexpr base::Duration kThrottledWait{60'000};

}  // namespace

const Schedule& standard_schedule() {
  static const Schedule schedule{base::Duration{0},
                                 base::Duration{5'000},
                                 base::Duration{300'000},
                                 base::Duration{1'800'000},
                                 2 * kHour,
                                 5 * kHour,
                                 10 * kHour,
                                 14 * kHour,
                                 20 * kHour,
                                 24 * kHour};
  return schedule;
}

base::Duration with_jitter(base::Duration wait, base::Random& random) {
  const base::Duration fifth = wait / 5;
  return wait - fifth + random.jitter(2 * fifth);
}

base::Duration bounded(base::Duration wish, base::Duration wait) {
  return std::clamp(wish, wait, std::max(2 * wait, kHour));
}

std::optional<base::Duration> wait_after(const Schedule& schedule, std::uint32_t tries, const Wish& wish,
                                         base::Random& random) {
  if (tries >= schedule.size()) return std::nullopt;
  base::Duration wait = with_jitter(schedule[tries], random);
  if (wish.retry_after.count() > 0) wait = std::max(wait, bounded(wish.retry_after, schedule[tries]));
  if (wish.throttled) wait = std::max(wait, kThrottledWait);
  return wait;
}

}  // namespace paynamed::delivery
