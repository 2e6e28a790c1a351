#include "api/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "api/message.hpp"

namespace paynamed::api {
namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr std::size_t kMaxKeyBytes = 512;

std::uint64_t first_bytes(const Sha256& hash) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof(out); ++i) out = out << 8 | hash[i];
  return out;
}

}  // namespace

Sha256 sha256(std::string_view text) {
  Sha256 hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return hash;
}

std::string to_hex(const Sha256& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : hash) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

base::Result<Caller> Authenticator::authenticate(const std::string* authorization) const {
  if (authorization == nullptr) {
    return base::fail(
        base::unauthenticated("this needs an API key; send it as 'Authorization: Bearer <key>'"));
  }
  const std::string_view text = *authorization;
  if (text.size() <= kScheme.size() || text.size() > kScheme.size() + kMaxKeyBytes ||
      !equal_ignoring_case(text.substr(0, kScheme.size()), kScheme)) {
    return base::fail(base::unauthenticated(
        "the Authorization header is not understood; send 'Authorization: Bearer <key>'"));
  }
  const Sha256 given = sha256(text.substr(kScheme.size()));
  std::optional<Caller> caller;
  for (const ApiKey& key : keys_()) {
    if (key.key.empty()) continue;
    const Sha256 known = sha256(key.key);
    if (CRYPTO_memcmp(given.data(), known.data(), given.size()) == 0 && !caller) {
      caller = Caller{key.tenant, first_bytes(known)};
    }
  }
  if (!caller)
    return base::fail(base::unauthenticated("this API key is not known here; check which key you send"));
  return *caller;
}

bool Authenticator::knows(const Caller& caller) const {
  return std::ranges::any_of(keys_(), [&](const ApiKey& key) {
    return !key.key.empty() && key.tenant == caller.tenant && first_bytes(sha256(key.key)) == caller.key_id;
  });
}

}  // namespace paynamed::api
