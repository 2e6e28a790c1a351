#include "api/cursor.hpp"

#include <cstdint>

namespace paynamed::api {
namespace {

// RFC 4648 section 5, without padding.
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kMaxCursorBytes = 512;

std::string encode(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[bits >> count & 63];
    }
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255);
  }
  return out;
}

}  // namespace

std::string make_cursor(std::string_view list, std::string_view place) {
  return encode(std::string{list} + '\n' + std::string{place});
}

std::optional<std::string> read_cursor(std::string_view list, std::string_view cursor) {
  if (cursor.empty() || cursor.size() > kMaxCursorBytes) return std::nullopt;
  const auto text = decode(cursor);
  // Encoded again it must be the same: no two cursors for one place.
  if (!text || encode(*text) != cursor) return std::nullopt;
  const std::size_t end = text->find('\n');
  if (end == text->npos || std::string_view{*text}.substr(0, end) != list) return std::nullopt;
  return text->substr(end + 1);
}

}  // namespace paynamed::api
