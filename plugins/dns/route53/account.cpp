#include "account.hpp"

#include <cstdint>
#include <optional>

#include "sigv4.hpp"

namespace paynamed::route53 {
namespace {

constexpr std::size_t kKeyCharacters = 20;
constexpr std::size_t kPrefixCharacters = 4;  // AKIA, ASIA
constexpr std::size_t kHashCharacters = 16;

// Behind the prefix stand base32 characters, whose first 48 bits hold the account's number in bits 7 to 46.
std::optional<std::uint64_t> account_number(std::string_view key) {
  if (key.size() != kKeyCharacters || (!key.starts_with("AKIA") && !key.starts_with("ASIA")))
    return std::nullopt;
  std::uint64_t bits = 0;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (const char c : key.substr(kPrefixCharacters, 10)) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | value;
  }
  return (bits >> 2 & 0x7fff'ffff'ff80U) >> 7;
}

}  // namespace

std::string account_hash(std::string_view access_key_id) {
  const auto number = account_number(access_key_id);
  const std::string what =
      number ? "account " + std::to_string(*number) : "key " + std::string(access_key_id);
  return sha256_hex(what).substr(0, kHashCharacters);
}

}  // namespace paynamed::route53
