// WrongCredentials: how often a network brought credentials that nobody has. Who guesses must wait; who brings
// a good one from the same network meanwhile waits too, for an answer would tell a guess from a miss.
//
// Threads: every function may be called from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace paynamed::process {

class WrongCredentials {
 public:
  struct Limit {
    double per_second = 0.2;
    double burst = 20;
  };
  WrongCredentials(Limit limit, base::Clock& clock) : limit_(limit), clock_(clock) {}

  // How long `peer`, an IP address, has to wait before it is looked at; nothing: not at all.
  std::optional<base::Duration> wait_of(std::string_view peer);
  void count(std::string_view peer);

 private:
  struct Bucket {
    double tokens = 0;
    base::MonotonicTime filled;
  };
  double tokens_in(const Bucket& bucket, base::MonotonicTime now) const;
  void forget_full(base::MonotonicTime now);

  const Limit limit_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // by network; guarded by mutex_
};

// What one of them is: an IPv4 address, or the first 64 bits of an IPv6 one; the text itself when it is no
// address.
std::string network_of(std::string_view peer);

}  // namespace paynamed::process
