// Offers for tests, right and wrong ones, from type and value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "names/bech32.hpp"

namespace paynamed::names {

inline std::vector<std::uint8_t> from_hex(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return out;
}

inline void append_big_size(std::vector<std::uint8_t>& out, std::uint64_t value) {
  const int bytes = value < 0xFD ? 0 : value <= 0xFFFF ? 2 : value <= 0xFFFFFFFF ? 4 : 8;
  if (bytes > 0) out.push_back(static_cast<std::uint8_t>(bytes == 2 ? 0xFD : bytes == 4 ? 0xFE : 0xFF));
  for (int i = bytes == 0 ? 0 : bytes - 1; i >= 0; --i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct Field {
  std::uint64_t type;
  std::string hex;
};

inline std::vector<std::uint8_t> offer_bytes(const std::vector<Field>& fields) {
  std::vector<std::uint8_t> out;
  for (const Field& field : fields) {
    const std::vector<std::uint8_t> value = from_hex(field.hex);
    append_big_size(out, field.type);
    append_big_size(out, value.size());
    out.insert(out.end(), value.begin(), value.end());
  }
  return out;
}

inline std::string offer_text(const std::vector<Field>& fields) {
  return encode_bech32("lno", groups_from_bytes(offer_bytes(fields)), Bech32Checksum::kNone);
}

inline std::string hex_of_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

// Public keys of the private keys 1 and 2.
inline const std::string kPointHex = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
inline const std::string kOtherPointHex =
    "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
// X is no coordinate of the curve.
inline const std::string kNoPointHex = "020000000000000000000000000000000000000000000000000000000000000005";

inline const std::string kBitcoinHex = "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";
inline const std::string kTestnetHex = "43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000";
inline const std::string kRegtestHex = "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f";
inline const std::string kSignetHex = "f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000";

}  // namespace paynamed::names
