#include "host/token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace paynamed::host {
namespace {

// What many small refills lose.
constexpr double kRounding = 1e-6;
constexpr double kLongestSeconds = 1e8;

}  // namespace

TokenBucket::TokenBucket(double per_second, double burst, base::MonotonicTime now)
    : per_second_(per_second), burst_(burst), tokens_(burst), counted_(now) {}

void TokenBucket::change(double per_second, double burst, base::MonotonicTime now) {
  refill(now);
  per_second_ = per_second;
  burst_ = burst;
  tokens_ = std::min(tokens_, burst_);
}

void TokenBucket::refill(base::MonotonicTime now) {
  if (now <= counted_) return;
  const double seconds = std::chrono::duration<double>(now - counted_).count();
  tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
  counted_ = now;
}

void TokenBucket::give_back(double cost) {
  tokens_ = std::min(burst_, tokens_ + cost);
}

void TokenBucket::hold(base::MonotonicTime when) {
  held_until_ = std::max(held_until_, when);
}

base::MonotonicTime TokenBucket::ready(double cost, base::MonotonicTime now) const {
  const double missing = std::min(cost, burst_) - tokens_;
  base::MonotonicTime when = now;
  if (missing > kRounding) {
    const double seconds = std::min(missing / per_second_, kLongestSeconds);
    when = std::max(now,
                    counted_ + std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(seconds * 1e9))));
  }
  return std::max(when, held_until_);
}

}  // namespace paynamed::host
