// Sealing: secrets that came through the API, closed for the state file with AES-256-GCM (NIST SP 800-38D)
// under the operator's key. The handle is authenticated with the value, so a sealed secret cannot be put in
// the place of another one.
//
// Threads: a value type; functions are pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

namespace paynamed::host {

class SealingKey {
 public:
  // 64 hex digits. INVALID_ARGUMENT otherwise, without the text.
  static base::Result<SealingKey> from_hex(std::string_view text);
  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  ~SealingKey();

  // A format byte, the nonce, what is sealed, the tag. Two values under one nonce would give both away:
  // `random` must be the system's; 2^32 values of one key are within its bounds.
  base::Result<std::vector<std::uint8_t>> seal(std::string_view handle, std::string_view value,
                                               base::Random& random) const;
  // FAILED_PRECONDITION when it was sealed under another key, for another handle, or was changed.
  base::Result<std::string> open(std::string_view handle, std::span<const std::uint8_t> sealed) const;
  // HMAC-SHA-256 in hex: says whether two texts are the same to nobody but who has the key.
  base::Result<std::string> fingerprint(std::string_view text) const;

 private:
  SealingKey() = default;
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace paynamed::host
