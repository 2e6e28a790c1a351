#include "delivery/backoff.hpp"

#include <algorithm>

#include "delivery/schedule.hpp"

namespace paynamed::delivery {

void Backoff::begin(base::MonotonicTime now, base::Random& random, base::Duration least) {
  // Attempts that were under way when the pause began end in it; they make it no longer.
  if (until(now)) return;
  until_ = now + std::max(with_jitter(next_, random), std::min(least, most_));
  next_ = std::min(2 * next_, most_);
}

void Backoff::clear() {
  until_.reset();
  next_ = first_;
}

std::optional<base::MonotonicTime> Backoff::until(base::MonotonicTime now) const {
  return until_ && *until_ > now ? until_ : std::nullopt;
}

}  // namespace paynamed::delivery
