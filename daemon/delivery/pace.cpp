#include "delivery/pace.hpp"

#include <algorithm>
#include <cmath>

namespace paynamed::delivery {
namespace {

constexpr std::chrono::minutes kMinute{1};
constexpr std::chrono::seconds kOneMoment{10};
// Nobody who throttles means more than this.
constexpr double kNoLimit = 6'000;

std::chrono::nanoseconds between(double rate) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(60e9 / rate)};
}

}  // namespace

double Pace::rate(base::MonotonicTime now) {
  while (slowed_ && now >= slowed_until_) {
    *slowed_ *= 2;
    slowed_until_ += kMinute;
    const double full = allowed_ > 0 ? allowed_ : kNoLimit;
    if (*slowed_ >= full) slowed_.reset();
  }
  if (!slowed_) return allowed_;
  return allowed_ > 0 ? std::min<double>(*slowed_, allowed_) : *slowed_;
}

base::MonotonicTime Pace::next(base::MonotonicTime now) {
  const double rate_now = rate(now);
  if (rate_now <= 0) return now;
  // A second's worth may come at once.
  const double burst = std::max(1.0, std::floor(rate_now / 60));
  const auto spared = std::chrono::nanoseconds{
      static_cast<std::int64_t>((burst - 1) * static_cast<double>(between(rate_now).count()))};
  return next_ - spared;
}

void Pace::began(base::MonotonicTime now) {
  count(now);
  const double rate_now = rate(now);
  if (rate_now > 0) next_ = std::max(next_, now) + between(rate_now);
}

void Pace::count(base::MonotonicTime now) {
  if (now - minute_ >= kMinute) {
    minute_before_ = now - minute_ < 2 * kMinute ? this_minute_ : 0;
    this_minute_ = 0;
    minute_ = now;
  }
  ++this_minute_;
}

void Pace::throttled(base::MonotonicTime now) {
  if (slowed_ && now - last_throttle_ < kOneMoment) return;
  last_throttle_ = now;
  const double limit = rate(now);
  const double measured = std::max(this_minute_, minute_before_);
  const double present = limit > 0 ? std::min(limit, std::max(measured, 1.0)) : std::max(measured, 1.0);
  slowed_ = std::max(present / 2, 1.0);
  slowed_until_ = now + kMinute;
  next_ = now + between(*slowed_);
}

}  // namespace paynamed::delivery
