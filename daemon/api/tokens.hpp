// Tokens: short-lived credentials that a tenant's API key made for somebody who must not have the key: a
// browser, a shop's screen. A token says itself what it is good for, and a MAC says that we made it; nothing
// is stored.
//
// Text: "pnt_" and three parts of base64url (RFC 4648 section 5) with dots between: which key made it,
// compact JSON, and the HMAC-SHA-256 (RFC 2104) of what stands before. So it is a token of HTTP (RFC 9110
// section 5.6.2) and fits where those go.
//
// Threads: value types; functions are pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

namespace paynamed::api {

inline constexpr std::string_view kTokenPrefix = "pnt_";
// The longest that is made or read.
inline constexpr std::size_t kMostTokenBytes = 4'096;

// The key of the MACs.
class TokenKey {
 public:
  // HKDF-SHA-256 (RFC 5869) of the operator's key, apart from what else is made of it. INTERNAL when OpenSSL
  // cannot.
  static base::Result<TokenKey> derived_from(std::string_view secrets_key);
  // Of this process alone: its tokens end with it.
  static TokenKey random(base::Random& random);
  TokenKey(const TokenKey&) = default;
  TokenKey& operator=(const TokenKey&) = default;
  ~TokenKey();

  // Tells keys apart, and tells nothing of this one. base64url.
  std::string id() const;
  // Of `text`.
  std::array<std::uint8_t, 32> mac(std::string_view text) const;

 private:
  TokenKey() = default;
  std::array<std::uint8_t, 32> key_{};
};

struct TokenClaims {
  std::string tenant;
  std::vector<std::string> names;  // payment names, folded; empty: all of the tenant
  std::vector<std::string> types;  // patterns, as events::EventFilter has them; empty: all
  base::WallTime expires;
  std::uint64_t key_id = 0;  // of the API key that made it (Caller::key_id): it ends with that
  std::string id;            // names the token in logs
};

// INVALID_ARGUMENT when it would be longer than kMostTokenBytes.
base::Result<std::string> make_token(const TokenKey& key, const TokenClaims& claims);

// Whether a credential is meant as a token.
bool looks_like_token(std::string_view credential);

// UNAUTHENTICATED with what to do: when nobody made it, or it was changed; and with detail "expired" when its
// time is over at `now`, or it says that another key made it.
base::Result<TokenClaims> read_token(const TokenKey& key, std::string_view token, base::WallTime now);

}  // namespace paynamed::api
