#include "txt_value.hpp"

#include <algorithm>
#include <array>

namespace paynamed::route53 {
namespace {

constexpr std::size_t kMaxString = 255;

void append_escaped(std::string& text, unsigned char c) {
  if (c == '"' || c == '\\') {
    text.push_back('\\');
    text.push_back(static_cast<char>(c));
  } else if (c >= 0x20 && c < 0x7f) {
    text.push_back(static_cast<char>(c));
  } else {
    const std::array<char, 4> octal{'\\', static_cast<char>('0' + (c >> 6)),
                                    static_cast<char>('0' + (c >> 3 & 7)), static_cast<char>('0' + (c & 7))};
    text.append(octal.data(), octal.size());
  }
}

// Reads one byte behind a backslash and moves `at` behind it.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  if (text[at] < '0' || text[at] > '9') return text[at++];
  if (at + 3 > text.size()) return std::nullopt;
  int value = 0;
  for (int i = 0; i < 3; ++i, ++at) {
    if (text[at] < '0' || text[at] > '7') return std::nullopt;
    value = value * 8 + (text[at] - '0');
  }
  return value > 255 ? std::nullopt : std::optional(static_cast<char>(value));
}

}  // namespace

std::string quote_txt(std::string_view value) {
  std::string text;
  do {
    const auto piece = value.substr(0, kMaxString);
    value.remove_prefix(piece.size());
    text += text.empty() ? "\"" : " \"";
    for (const char c : piece) append_escaped(text, static_cast<unsigned char>(c));
    text.push_back('"');
  } while (!value.empty());
  return text;
}

std::optional<std::string> join_txt(std::string_view text) {
  std::string joined;
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' && any) {
      ++at;
      continue;
    }
    if (text[at++] != '"') return std::nullopt;
    for (;; any = true) {
      if (at >= text.size()) return std::nullopt;
      const char c = text[at++];
      if (c == '"') break;
      if (c != '\\') {
        joined.push_back(c);
      } else if (const auto byte = unescape(text, at)) {
        joined.push_back(*byte);
      } else {
        return std::nullopt;
      }
    }
    any = true;
  }
  return any ? std::optional(std::move(joined)) : std::nullopt;
}

}  // namespace paynamed::route53
