// Bech32 (BIP 173), bech32m (BIP 350) and the form without checksum that BOLT 12 uses. They differ only in
// what ends the string.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace paynamed::names {

enum class Bech32Checksum { kBech32, kBech32m, kNone };

struct Bech32 {
  // In lower case.
  std::string prefix;
  // Groups of five bits, without the checksum.
  std::vector<std::uint8_t> groups;
};

// The parts of `text`, all lower or all upper case, at most `max_characters` long (BIP 173: 90 for addresses;
// other uses have longer ones). The prefix ends at the last '1'. INVALID_ARGUMENT otherwise.
base::Result<Bech32> decode_bech32(std::string_view text, Bech32Checksum checksum,
                                   std::size_t max_characters);

// In lower case. Prefix and groups as decode_bech32() gives them.
std::string encode_bech32(std::string_view prefix, std::span<const std::uint8_t> groups,
                          Bech32Checksum checksum);

// Whether `c` can be in the data part, in either case.
bool is_bech32_character(char c);

// Bytes of 5-bit groups. The padding at the end has to be less than five bits, all zero; INVALID_ARGUMENT
// otherwise.
base::Result<std::vector<std::uint8_t>> bytes_from_groups(std::span<const std::uint8_t> groups);

// 5-bit groups of bytes, zero padded.
std::vector<std::uint8_t> groups_from_bytes(std::span<const std::uint8_t> bytes);

}  // namespace paynamed::names
