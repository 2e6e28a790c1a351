// Uuid: the public identity of events, runs and offers.
//
// Threads: a value type; functions are pure.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace paynamed::base {

class Uuid {
 public:
  Uuid() = default;  // all zero: no id
  explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  // Version 7 (RFC 9562 section 5.7): sorts by creation time.
  static Uuid v7(WallTime now, Random& random);
  // Version 8 (RFC 9562 section 5.8): the first bytes of SHA-256 over `seed`, so that the same thing seen twice gets
  // the same id.
  static Uuid v8(std::string_view seed);
  // The canonical 36 characters, lower or upper case; nothing for other text.
  static std::optional<Uuid> parse(std::string_view text);

  // Canonical, lower case.
  std::string to_string() const;
  std::span<const std::uint8_t, 16> bytes() const { return bytes_; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace paynamed::base
