// New secrets of webhooks, in the texts of Standard Webhooks 1.0.0.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "base/random.hpp"
#include "base/result.hpp"

namespace paynamed::delivery {

// "whsec_" and base64 of 32 random bytes (HMAC-SHA256). `random` must be the system's.
std::string make_hmac_secret(base::Random& random);

// An ed25519 key pair (RFC 8032).
struct KeyPair {
  std::string secret;      // "whsk_" and base64 of the private key's 32 bytes and the public key's 32
  std::string public_key;  // "whpk_" and base64 of the public key
};
// INTERNAL when OpenSSL cannot make one.
base::Result<KeyPair> make_ed25519_key(base::Random& random);

}  // namespace paynamed::delivery
