#include "names/base58.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/hash.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kMaxCharacters = 64;
constexpr std::size_t kChecksumBytes = 4;

}  // namespace

base::Result<std::vector<std::uint8_t>> decode_base58check(std::string_view text) {
  if (text.size() > kMaxCharacters) {
    return fail(invalid_argument(fmt::format("the base58 text has {} characters; at most {} are allowed",
                                             text.size(), kMaxCharacters)));
  }
  // Little endian until the end. Each leading '1' is a leading zero byte.
  std::vector<std::uint8_t> bytes;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == kAlphabet.npos) {
      return fail(invalid_argument(
          fmt::format("byte 0x{:02x} cannot be in base58 text", static_cast<unsigned char>(c))));
    }
    std::size_t carry = digit;
    for (std::uint8_t& byte : bytes) {
      carry += std::size_t{byte} * 58;
      byte = static_cast<std::uint8_t>(carry & 0xFF);
      carry >>= 8;
    }
    if (carry > 0) bytes.push_back(static_cast<std::uint8_t>(carry));
  }
  const std::size_t zeros = std::min(text.find_first_not_of('1'), text.size());
  bytes.insert(bytes.end(), zeros, std::uint8_t{0});
  std::reverse(bytes.begin(), bytes.end());

  if (bytes.size() < kChecksumBytes)
    return fail(invalid_argument("the base58 text is too short for its checksum"));
  const std::size_t payload = bytes.size() - kChecksumBytes;
  const Hash256 sum = sha256(sha256(Bytes{bytes}.first(payload)));
  if (!std::equal(sum.begin(), sum.begin() + kChecksumBytes,
                  bytes.begin() + static_cast<std::ptrdiff_t>(payload))) {
    return fail(invalid_argument("the base58 checksum is wrong; check the text for a typing error"));
  }
  bytes.resize(payload);
  return bytes;
}

}  // namespace paynamed::names
