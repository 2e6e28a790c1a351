#include "net/trust_memory.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace paynamed::net {

base::Result<std::shared_ptr<const TlsPolicy>> TrustMemory::policy_of(std::string_view pem) {
  Hash hash{};
  if (EVP_Digest(pem.data(), pem.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return base::fail(base::internal("OpenSSL computes no SHA-256"));
  }
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const auto& each) { return each.first == hash; });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
    return known_.front().second;
  }
  auto policy = TlsPolicy::from_pem(pem);
  if (!policy) return policy;
  known_.emplace_front(hash, *policy);
  if (known_.size() > most_) known_.pop_back();
  return policy;
}

}  // namespace paynamed::net
