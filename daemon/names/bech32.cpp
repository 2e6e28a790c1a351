#include "names/bech32.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "names/ascii.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint8_t kNoGroup = 0xFF;
constexpr std::size_t kChecksumGroups = 6;

constexpr std::array<std::uint8_t, 128> make_group_table() {
  std::array<std::uint8_t, 128> table{};
  table.fill(kNoGroup);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<std::size_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr std::array<std::uint8_t, 128> kGroupOf = make_group_table();

std::uint8_t group_of(char c) {
  const auto byte = static_cast<unsigned char>(to_lower(c));
  return byte < kGroupOf.size() ? kGroupOf[byte] : kNoGroup;
}

// The checksum's polynomial over GF(32), one group at a time (BIP 173, "Checksum").
class Polymod {
 public:
  void add(std::uint8_t group) {
    constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                         0x2a1462b3};
    const std::uint32_t top = value_ >> 25;
    value_ = ((value_ & 0x1ffffff) << 5) ^ group;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if ((top >> i) & 1) value_ ^= kGenerator[i];
    }
  }
  void add_prefix(std::string_view prefix) {
    for (const char c : prefix) add(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5));
    add(0);
    for (const char c : prefix) add(static_cast<std::uint8_t>(static_cast<unsigned char>(c) & 31));
  }
  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 1;
};

std::uint32_t checksum_constant(Bech32Checksum checksum) {
  return checksum == Bech32Checksum::kBech32m ? 0x2bc830a3 : 1;
}

std::string_view kind(Bech32Checksum checksum) {
  switch (checksum) {
    case Bech32Checksum::kBech32:
      return "bech32";
    case Bech32Checksum::kBech32m:
      return "bech32m";
    case Bech32Checksum::kNone:
      break;
  }
  return "checksum-free bech32";
}

}  // namespace

bool is_bech32_character(char c) {
  return group_of(c) != kNoGroup;
}

Result<Bech32> decode_bech32(std::string_view text, Bech32Checksum checksum, std::size_t max_characters) {
  if (text.size() > max_characters) {
    return fail(invalid_argument(fmt::format("the {} text has {} characters; at most {} are allowed",
                                             kind(checksum), text.size(), max_characters)));
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_lower(c); }) &&
      std::any_of(text.begin(), text.end(), [](char c) { return is_upper(c); })) {
    return fail(invalid_argument(
        fmt::format("the {} text mixes lower and upper case; use one of them", kind(checksum))));
  }
  const std::size_t separator = text.rfind('1');
  if (separator == text.npos || separator == 0) {
    return fail(invalid_argument(fmt::format("the {} text has no prefix that ends in '1'", kind(checksum))));
  }
  Bech32 out;
  out.prefix = to_lower(text.substr(0, separator));
  for (const char c : out.prefix) {
    if (c < 33 || c > 126) {
      return fail(invalid_argument(fmt::format(
          "the prefix of the {} text has a character that is not printable ASCII", kind(checksum))));
    }
  }
  const std::string_view data = text.substr(separator + 1);
  out.groups.reserve(data.size());
  for (const char c : data) {
    const std::uint8_t group = group_of(c);
    if (group == kNoGroup) {
      return fail(invalid_argument(
          fmt::format("byte 0x{:02x} cannot be in {} data", static_cast<unsigned char>(c), kind(checksum))));
    }
    out.groups.push_back(group);
  }
  if (checksum == Bech32Checksum::kNone) return out;
  if (out.groups.size() < kChecksumGroups) {
    return fail(invalid_argument(fmt::format("the {} text is too short for its checksum", kind(checksum))));
  }
  Polymod sum;
  sum.add_prefix(out.prefix);
  for (const std::uint8_t group : out.groups) sum.add(group);
  if (sum.value() != checksum_constant(checksum)) {
    return fail(invalid_argument(
        fmt::format("the {} checksum is wrong; check the text for a typing error", kind(checksum))));
  }
  out.groups.resize(out.groups.size() - kChecksumGroups);
  return out;
}

std::string encode_bech32(std::string_view prefix, std::span<const std::uint8_t> groups,
                          Bech32Checksum checksum) {
  std::string out{prefix};
  out.reserve(prefix.size() + 1 + groups.size() + kChecksumGroups);
  out += '1';
  for (const std::uint8_t group : groups) out += kAlphabet[group & 31];
  if (checksum == Bech32Checksum::kNone) return out;
  Polymod sum;
  sum.add_prefix(prefix);
  for (const std::uint8_t group : groups) sum.add(group);
  for (std::size_t i = 0; i < kChecksumGroups; ++i) sum.add(0);
  const std::uint32_t value = sum.value() ^ checksum_constant(checksum);
  for (std::size_t i = 0; i < kChecksumGroups; ++i) out += kAlphabet[(value >> (5 * (5 - i))) & 31];
  return out;
}

Result<std::vector<std::uint8_t>> bytes_from_groups(std::span<const std::uint8_t> groups) {
  std::vector<std::uint8_t> out;
  out.reserve(groups.size() * 5 / 8);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t group : groups) {
    bits = ((bits << 5) | group) & 0xFFF;
    count += 5;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if (count > 4)
    return fail(invalid_argument("the bech32 data ends with a character too many (padding above 4 bits)"));
  if ((bits & ((1U << count) - 1)) != 0) {
    return fail(invalid_argument("the padding at the end of the bech32 data is not zero"));
  }
  return out;
}

std::vector<std::uint8_t> groups_from_bytes(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = ((bits << 8) | byte) & 0xFFF;
    count += 8;
    while (count >= 5) {
      count -= 5;
      out.push_back(static_cast<std::uint8_t>((bits >> count) & 31));
    }
  }
  if (count > 0) out.push_back(static_cast<std::uint8_t>((bits << (5 - count)) & 31));
  return out;
}

}  // namespace paynamed::names
