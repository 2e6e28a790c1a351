#include "txt_content.hpp"

namespace paynamed::cloudflare {
namespace {

constexpr std::size_t kLongestString = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_escaped(std::string& to, unsigned char byte) {
  if (byte == '"' || byte == '\\') {
    to += '\\';
    to += static_cast<char>(byte);
  } else if (byte >= 0x20 && byte < 0x7f) {
    to += static_cast<char>(byte);
  } else {
    to += '\\';
    to += static_cast<char>('0' + byte / 100);
    to += static_cast<char>('0' + byte / 10 % 10);
    to += static_cast<char>('0' + byte % 10);
  }
}

// Takes an escape off `rest`, which begins behind the backslash.
bool take_escape(std::string_view& rest, std::string& to) {
  if (rest.empty()) return false;
  if (!is_digit(rest[0])) {
    to += rest[0];
    rest.remove_prefix(1);
    return true;
  }
  if (rest.size() < 3 || !is_digit(rest[1]) || !is_digit(rest[2])) return false;
  const int byte = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  if (byte > 255) return false;
  to += static_cast<char>(byte);
  rest.remove_prefix(3);
  return true;
}

// Takes a string off `rest`, which begins behind its opening quote.
bool take_string(std::string_view& rest, std::string& to) {
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      to += c;
    } else if (!take_escape(rest, to)) {
      return false;
    }
  }
  return false;
}

}  // namespace

std::string quoted_content(std::string_view value) {
  std::string content;
  do {
    if (!content.empty()) content += ' ';
    content += '"';
    for (const char c : value.substr(0, kLongestString))
      append_escaped(content, static_cast<unsigned char>(c));
    content += '"';
    value.remove_prefix(std::min(value.size(), kLongestString));
  } while (!value.empty());
  return content;
}

std::optional<std::string> joined_value(std::string_view content) {
  if (!content.starts_with('"')) return std::string(content);
  std::string value;
  while (!content.empty()) {
    const char c = content[0];
    content.remove_prefix(1);
    if (c == ' ' || c == '\t') continue;
    if (c != '"' || !take_string(content, value)) return std::nullopt;
  }
  return value;
}

}  // namespace paynamed::cloudflare
