// The id of a DNS message, which nobody can foresee.
//
// Threads: pure.
#pragma once

#include <openssl/rand.h>

#include <cstdint>
#include <paynamed/error.hpp>

namespace paynamed::rfc2136 {

// Throws Error(kUnavailable) when the system gives none.
inline std::uint16_t random_id() {
  std::uint8_t bytes[2] = {};
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    throw Error(Code::kUnavailable, "The system gives no random numbers.");
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

}  // namespace paynamed::rfc2136
