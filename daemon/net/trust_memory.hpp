// TrustMemory: TLS policies made of certificates that callers bring along, each made once. What was not used
// for longest is forgotten.
//
// Threads: every function may be called from any thread.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

class TrustMemory {
 public:
  explicit TrustMemory(std::size_t most = 32) : most_(most) {}

  // The policy that trusts these certificates; fails as TlsPolicy::from_pem.
  base::Result<std::shared_ptr<const TlsPolicy>> policy_of(std::string_view pem);

 private:
  using Hash = std::array<unsigned char, 32>;  // SHA-256

  const std::size_t most_;
  std::mutex mutex_;
  std::list<std::pair<Hash, std::shared_ptr<const TlsPolicy>>> known_;  // last used first; guarded by mutex_
};

}  // namespace paynamed::net
