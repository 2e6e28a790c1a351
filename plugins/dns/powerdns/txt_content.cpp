#include "txt_content.hpp"

#include <array>
#include <cstddef>

namespace paynamed::powerdns {
namespace {

constexpr std::size_t kStringBytes = 255;
constexpr int kMostOctet = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void append_escaped(std::string& text, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    text += '\\';
    text += c;
  } else if (byte >= 0x20 && byte < 0x7f) {
    text += c;
  } else {
    const std::array<char, 4> octet = {'\\', static_cast<char>('0' + byte / 100),
                                       static_cast<char>('0' + byte / 10 % 10),
                                       static_cast<char>('0' + byte % 10)};
    text.append(octet.data(), octet.size());
  }
}

// One character or escape at `at`, which moves behind it; nothing for half an escape.
std::optional<char> take(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '\\') return c;
  if (at >= text.size()) return std::nullopt;
  if (!is_digit(text[at])) return text[at++];
  int octet = 0;
  for (int i = 0; i < 3; ++i, ++at) {
    if (at >= text.size() || !is_digit(text[at])) return std::nullopt;
    octet = octet * 10 + (text[at] - '0');
  }
  if (octet > kMostOctet) return std::nullopt;
  return static_cast<char>(octet);
}

}  // namespace

std::string txt_content(std::string_view value) {
  std::string text;
  for (std::size_t at = 0; at == 0 || at < value.size(); at += kStringBytes) {
    if (at != 0) text += ' ';
    text += '"';
    for (const char c : value.substr(at, kStringBytes)) append_escaped(text, c);
    text += '"';
  }
  return text;
}

std::optional<std::vector<std::string>> txt_strings(std::string_view content) {
  std::vector<std::string> strings;
  std::size_t at = 0;
  while (true) {
    while (at < content.size() && is_blank(content[at])) ++at;
    if (at == content.size()) break;
    const bool quoted = content[at] == '"';
    if (quoted) ++at;
    strings.emplace_back();
    while (at < content.size() && (quoted ? content[at] != '"' : !is_blank(content[at]))) {
      const auto c = take(content, at);
      if (!c) return std::nullopt;
      if (strings.back().size() == kStringBytes) strings.emplace_back();
      strings.back() += *c;
    }
    if (quoted && at++ == content.size()) return std::nullopt;
  }
  if (strings.empty()) return std::nullopt;
  return strings;
}

std::string txt_value(std::string_view content) {
  const auto strings = txt_strings(content);
  if (!strings) return std::string(content);
  std::string value;
  for (const std::string& each : *strings) value += each;
  return value;
}

}  // namespace paynamed::powerdns
