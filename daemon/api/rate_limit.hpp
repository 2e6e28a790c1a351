// RateLimiter: a token bucket per API key.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"

namespace paynamed::api {

struct RateLimit {
  std::uint32_t per_second = 50;
  std::uint32_t burst = 200;
};

class RateLimiter {
 public:
  RateLimiter(RateLimit limit, base::Clock& clock) : limit_(limit), clock_(clock) {}

  struct Decision {
    bool allowed = true;
    std::uint32_t remaining = 0;      // whole requests left now
    std::uint32_t reset_seconds = 0;  // until one more (when refused) or all (else) are there, rounded up
  };
  // Takes one token of the bucket `key`. Memory grows with the number of valid keys only.
  Decision take(std::uint64_t key);

  // The value of the RateLimit-Policy header (draft-ietf-httpapi-ratelimit-headers-10 section 3).
  std::string policy() const;
  // The value of the RateLimit header (section 4).
  static std::string header(const Decision& decision);

 private:
  struct Bucket {
    double tokens = 0;
    base::MonotonicTime filled;
  };
  const RateLimit limit_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Bucket> buckets_;
};

}  // namespace paynamed::api
