// Public keys on secp256k1, only checked, never used to sign.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "names/hash.hpp"

namespace paynamed::names {

inline constexpr std::size_t kPointBytes = 33;

// A compressed public key (SEC 1 section 2.3.3).
using Point = std::array<std::uint8_t, kPointBytes>;

// Whether the 33 bytes are a compressed encoding of a point on the curve.
bool is_point(Bytes bytes);

// Whose `signature`, 64 bytes R || S and one byte recovery id (BOLT 11), of `hash` is: `key` if there is one
// (then only with low S), else the key that can be recovered. Nothing when it is nobody's.
std::optional<Point> signer_of(Bytes signature, const Hash256& hash, const Point* key);

}  // namespace paynamed::names
