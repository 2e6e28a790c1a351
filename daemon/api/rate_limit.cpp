#include "api/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace paynamed::api {
namespace {

// Rotated keys leave their buckets behind; a full bucket says nothing and may go.
constexpr std::size_t kMaxBuckets = 4096;

}  // namespace

RateLimiter::Decision RateLimiter::take(std::uint64_t key) {
  const base::MonotonicTime now = clock_.monotonic();
  const double burst = limit_.burst;
  const double rate = limit_.per_second;
  const std::lock_guard lock{mutex_};
  if (buckets_.size() >= kMaxBuckets && !buckets_.contains(key)) buckets_.clear();
  const auto [place, fresh] = buckets_.try_emplace(key);
  Bucket& bucket = place->second;
  if (fresh) {
    bucket.tokens = burst;
  } else {
    const std::chrono::duration<double> passed = now - bucket.filled;
    bucket.tokens = std::min(burst, bucket.tokens + passed.count() * rate);
  }
  bucket.filled = now;

  Decision decision;
  decision.allowed = bucket.tokens >= 1;
  if (decision.allowed) bucket.tokens -= 1;
  decision.remaining = static_cast<std::uint32_t>(bucket.tokens);
  const double missing = decision.allowed ? burst - bucket.tokens : 1 - bucket.tokens;
  decision.reset_seconds = static_cast<std::uint32_t>(std::ceil(missing / rate));
  return decision;
}

std::string RateLimiter::policy() const {
  const std::uint32_t window = std::max(1U, (limit_.burst + limit_.per_second - 1) / limit_.per_second);
  return fmt::format(R"("default";q={};w={})", limit_.burst, window);
}

std::string RateLimiter::header(const Decision& decision) {
  return fmt::format(R"("default";r={};t={})", decision.remaining, decision.reset_seconds);
}

}  // namespace paynamed::api
