#include "api/tokens.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <span>

#include "api/base64url.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

// What sets this key apart from others of the same secret (RFC 5869 section 3.2).
constexpr std::string_view kInfo = "paynamed tokens 1";
// No token begins like it, so no MAC of one says what the id of a key is.
constexpr std::string_view kIdText = "id";
constexpr std::size_t kIdBytes = 6;

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

base::Status not_good() {
  return base::unauthenticated(
      "this token is not good; ask for another one with POST /v1/tokens and send it unchanged");
}

base::Status expired() {
  return base::unauthenticated("this token has expired; ask for another one with POST /v1/tokens", "expired");
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view member) {
  std::vector<std::string> texts;
  if (const json::value* value = object.if_contains(member)) {
    for (const json::value& text : value->as_array()) texts.emplace_back(text.as_string());
  }
  return texts;
}

// The MAC was right, so this is what make_token() wrote, or what a later version of it does.
std::optional<TokenClaims> claims_of(std::string_view text) {
  try {
    const json::value parsed = json::parse(text);
    const json::object& object = parsed.as_object();
    TokenClaims claims;
    claims.tenant = std::string{object.at("tenant").as_string()};
    claims.names = texts_of(object, "names");
    claims.types = texts_of(object, "types");
    claims.expires = base::WallTime{base::Duration{object.at("exp").as_int64()}};
    claims.key_id = std::stoull(std::string{object.at("key").as_string()}, nullptr, 16);
    claims.id = std::string{object.at("id").as_string()};
    return claims;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

base::Result<TokenKey> TokenKey::derived_from(std::string_view secrets_key) {
  TokenKey key;
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::size_t length = key.key_.size();
  const bool done =
      context && EVP_PKEY_derive_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes_of(secrets_key), static_cast<int>(secrets_key.size())) ==
          1 &&
      EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes_of(kInfo), static_cast<int>(kInfo.size())) == 1 &&
      EVP_PKEY_derive(context.get(), key.key_.data(), &length) == 1;
  if (!done) return base::fail(base::internal("OpenSSL cannot use HKDF; check the installation"));
  return key;
}

TokenKey TokenKey::random(base::Random& random) {
  TokenKey key;
  random.fill(std::as_writable_bytes(std::span(key.key_)));
  return key;
}

TokenKey::~TokenKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

std::string TokenKey::id() const {
  const auto bytes = mac(kIdText);
  return base64url_encode({reinterpret_cast<const char*>(bytes.data()), kIdBytes});
}

std::array<std::uint8_t, 32> TokenKey::mac(std::string_view text) const {
  std::array<std::uint8_t, 32> out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes_of(text), text.size(), out.data(),
       &length);
  return out;
}

base::Result<std::string> make_token(const TokenKey& key, const TokenClaims& claims) {
  json::object object{{"tenant", claims.tenant},
                      {"exp", claims.expires.time_since_epoch().count()},
                      {"key", fmt::format("{:016x}", claims.key_id)},
                      {"id", claims.id}};
  if (!claims.names.empty()) object["names"] = to_array(claims.names);
  if (!claims.types.empty()) object["types"] = to_array(claims.types);
  std::string token = std::string{kTokenPrefix} + key.id() + '.' + base64url_encode(json::serialize(object));
  const auto mac = key.mac(token);
  token += '.';
  token += base64url_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  if (token.size() <= kMostTokenBytes) return token;
  return base::fail(base::invalid_argument(
      fmt::format("the token would be longer than {} bytes; bind it to fewer names or types, or to patterns "
                  "like \"payment.*\"",
                  kMostTokenBytes)));
}

bool looks_like_token(std::string_view credential) {
  return credential.starts_with(kTokenPrefix);
}

base::Result<TokenClaims> read_token(const TokenKey& key, std::string_view token, base::WallTime now) {
  if (!looks_like_token(token) || token.size() > kMostTokenBytes) return base::fail(not_good());
  const std::size_t end_of_id = token.find('.');
  const std::size_t dot = token.rfind('.');
  if (dot == end_of_id) return base::fail(not_good());
  // Of the key before, or of the process before. Whoever only claims that learns nothing by the answer.
  const std::string id = key.id();
  const std::string_view given_id = token.substr(kTokenPrefix.size(), end_of_id - kTokenPrefix.size());
  if (given_id.size() == id.size() && given_id != id) return base::fail(expired());
  const std::string_view signed_part = token.substr(0, dot);
  const auto given = base64url_decode(token.substr(dot + 1));
  const auto right = key.mac(signed_part);
  if (!given || given->size() != right.size() ||
      CRYPTO_memcmp(given->data(), right.data(), right.size()) != 0) {
    return base::fail(not_good());
  }
  const auto text = base64url_decode(signed_part.substr(end_of_id + 1));
  const auto claims = text ? claims_of(*text) : std::nullopt;
  if (!claims) return base::fail(not_good());
  if (claims->expires <= now) return base::fail(expired());
  return *claims;
}

}  // namespace paynamed::api
