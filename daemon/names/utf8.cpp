#include "names/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace paynamed::names {

// RFC 3629 section 4: the first byte says how many follow and confines the second.
bool is_utf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto first = static_cast<std::uint8_t>(bytes[at++]);
    std::size_t following = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (first < 0x80) {
      continue;
    } else if (first >= 0xC2 && first <= 0xDF) {
      following = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      following = 2;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      following = 3;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    for (; following > 0; --following, low = 0x80, high = 0xBF) {
      if (at == bytes.size()) return false;
      const auto next = static_cast<std::uint8_t>(bytes[at++]);
      if (next < low || next > high) return false;
    }
  }
  return true;
}

}  // namespace paynamed::names
