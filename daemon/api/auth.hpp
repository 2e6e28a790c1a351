// Authenticator: which tenant a Bearer key belongs to (RFC 6750).
//
// Threads: any; keys are read at each use, so that a rotated secret needs no restart.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace paynamed::api {

struct ApiKey {
  std::string tenant;
  std::string key;
};

using KeySource = std::function<std::vector<ApiKey>()>;

struct Caller {
  std::string tenant;
  // Names the key without being it: the first bytes of its hash; what the rate limit counts by.
  std::uint64_t key_id = 0;
};

class Authenticator {
 public:
  explicit Authenticator(KeySource keys) : keys_(std::move(keys)) {}

  // `authorization` is the header's value, nullptr when there is none. UNAUTHENTICATED with what to do
  // otherwise. Every key is compared whole, by its hash, so that the time tells nothing about a key.
  base::Result<Caller> authenticate(const std::string* authorization) const;
  // Whether the key that a Caller came with still counts.
  bool knows(const Caller& caller) const;

 private:
  KeySource keys_;
};

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::string_view text);
std::string to_hex(const Sha256& hash);

}  // namespace paynamed::api
