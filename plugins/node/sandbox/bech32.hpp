// Bech32 writing: BIP 173 and BIP 350 checksums, and BOLT 12's form without one.
//
// Threads: free functions over values.
#pragma once

#include <string>
#include <string_view>

#include "bytes.hpp"

namespace paynamed::sandbox {

// Values of 5 bits, one a byte.
using Words = std::vector<std::uint8_t>;

// Most significant bit first; the last word is filled with zero bits.
Words to_words(BytesView bytes);

enum class Checksum { kNone, kBech32, kBech32m };

// `prefix` in lower case, "1", the words and the checksum.
std::string bech32(std::string_view prefix, const Words& words, Checksum checksum);

}  // namespace paynamed::sandbox
