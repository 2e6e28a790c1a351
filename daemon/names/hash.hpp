// SHA-256 and the tagged hash of BIP 340.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace paynamed::names {

using Hash256 = std::array<std::uint8_t, 32>;
using Bytes = std::span<const std::uint8_t>;

Hash256 sha256(Bytes bytes);

// SHA256(SHA256(tag) || SHA256(tag) || parts...); the tag is bytes, for BOLT 12 has tags that are not text.
Hash256 tagged_hash(Bytes tag, std::initializer_list<Bytes> parts);
Hash256 tagged_hash(std::string_view tag, std::initializer_list<Bytes> parts);

}  // namespace paynamed::names
