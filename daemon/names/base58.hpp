// Base58Check: base 58 with the first four bytes of a double SHA-256 at the end, as in the first Bitcoin
// addresses.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace paynamed::names {

// The bytes in front of the checksum. At most 64 characters (an address has 34). INVALID_ARGUMENT otherwise.
base::Result<std::vector<std::uint8_t>> decode_base58check(std::string_view text);

}  // namespace paynamed::names
