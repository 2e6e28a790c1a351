#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/source.hpp"

namespace paynamed::config {
namespace {

// How deep brackets and dotted keys may nest. Ours need five; toml++ recurses once per level.
constexpr std::size_t kMaxBrackets = 32;
constexpr std::size_t kMaxDots = 32;

Region place_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  Region region;
  region.line = 1;
  for (const char c : before) region.line += c == '\n' ? 1U : 0U;
  region.column = static_cast<std::uint32_t>(at - line_start + 1);
  return region;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// Where toml++ 3.3 looks for a blank and finds a letter outside ASCII it runs into undefined behaviour
// (is_non_ascii_horizontal_whitespace), so such letters must not stand there.
struct Literal {
  std::size_t end = 0;         // of the line or text when the literal is not closed
  std::size_t unreadable = 0;  // the first such letter, behind a backslash at the end of a line; 0: none
};

Literal string_literal(std::string_view text, std::size_t at) {
  Literal literal;
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multi_line = text.substr(at).starts_with(three);
  at += multi_line ? 3 : 1;
  while (at < text.size()) {
    if (quote == '"' && text[at] == '\\') {
      const std::size_t next = text.find_first_not_of(" \t\r\n", at + 1);
      const bool swallows = next != text.npos && next > at + 1;
      if (swallows && !is_ascii(text[next]) && literal.unreadable == 0) literal.unreadable = next;
      at += 2;
    } else if (multi_line && text.substr(at).starts_with(three)) {
      at += 3;
      // Up to two quotes before the closing ones belong to the text.
      for (int extra = 0; extra < 2 && at < text.size() && text[at] == quote; ++extra) ++at;
      literal.end = at;
      return literal;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      literal.end = at + (text[at] == quote ? 1 : 0);
      return literal;
    } else {
      ++at;
    }
  }
  literal.end = text.size();
  return literal;
}

bool check_encoding(std::string_view text, Diagnostics& diagnostics) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\0') {
      diagnostics.error(place_of(text, at), "there is a NUL byte; the file is damaged or not a text file",
                        "save the file as UTF-8 text");
      return false;
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) {
      diagnostics.error(place_of(text, at),
                        fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(text[at])),
                        "save the file as UTF-8 text");
      return false;
    }
    at += length;
  }
  return true;
}

bool check_shape(std::string_view text, Diagnostics& diagnostics) {
  std::size_t brackets = 0;
  std::size_t dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const Literal literal = string_literal(text, at);
      if (literal.unreadable != 0) {
        diagnostics.error(place_of(text, literal.unreadable),
                          "a letter outside ASCII cannot follow a '\\' at the end of a line here",
                          "put it on the line before");
        return false;
      }
      at = literal.end;
      continue;
    }
    if (c == '#') {
      const std::size_t end = text.find('\n', at);
      at = end == text.npos ? text.size() : end;
      continue;
    }
    if (!is_ascii(c)) {
      diagnostics.error(
          place_of(text, at),
          fmt::format("{} stands outside a string", in_quotes(text.substr(at, utf8_length(text.substr(at))))),
          "put text with letters outside ASCII in double quotes");
      return false;
    }
    if (c == '.') ++dots;
    if (c == '[' || c == '{') ++brackets;
    if ((c == ']' || c == '}') && brackets > 0) --brackets;
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == ']' || c == '{' || c == '}') dots = 0;
    if (brackets > kMaxBrackets) {
      diagnostics.error(place_of(text, at),
                        fmt::format("values are nested more than {} levels deep", kMaxBrackets),
                        "close the brackets opened before");
      return false;
    }
    if (dots > kMaxDots) {
      diagnostics.error(place_of(text, at), fmt::format("a dotted key has more than {} parts", kMaxDots));
      return false;
    }
    ++at;
  }
  return true;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string_view skip_blanks(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t");
  return at == text.npos ? std::string_view{} : text.substr(at);
}

// The end of a key, in lower case, with '_' between the words.
std::string lower_words(std::string_view key) {
  constexpr std::size_t kLongest = 64;
  std::string lower{key.substr(key.size() > kLongest ? key.size() - kLongest : 0)};
  for (char& c : lower) c = c == '-' ? '_' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  return lower;
}

std::string_view last_word(std::string_view words) {
  const std::size_t at = words.rfind('_');
  return at == words.npos ? words : words.substr(at + 1);
}

// True for `{ env = ...` and `{ file = ...`.
bool begins_reference(std::string_view value) {
  if (!value.starts_with('{')) return false;
  value = skip_blanks(value.substr(1));
  for (const std::string_view word : {std::string_view{"env"}, std::string_view{"file"}}) {
    if (value.starts_with(word) && skip_blanks(value.substr(word.size())).starts_with('=')) return true;
  }
  return false;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first == 0xE0) return continues(1, 0xA0) && continues(2) ? 3 : 0;
  if (first == 0xED) return continues(1, 0x80, 0x9F) && continues(2) ? 3 : 0;
  if (first >= 0xE1 && first <= 0xEF) return continues(1) && continues(2) ? 3 : 0;
  if (first == 0xF0) return continues(1, 0x90) && continues(2) && continues(3) ? 4 : 0;
  if (first == 0xF4) return continues(1, 0x80, 0x8F) && continues(2) && continues(3) ? 4 : 0;
  if (first >= 0xF1 && first <= 0xF3) return continues(1) && continues(2) && continues(3) ? 4 : 0;
  return 0;
}

bool is_printable(std::string_view character) {
  if (utf8_length(character) != character.size()) return false;
  const auto first = static_cast<unsigned char>(character.front());
#ifndef PAYNAMED_PLANT_BUG_CONFIG  // planted: a control character of the file reaches the terminal
  if (first < 0x20 || first == 0x7f) return false;
#endif
  if (character.size() == 2 && first == 0xC2) return static_cast<unsigned char>(character[1]) >= 0xA0;
  if (character == "\u061C" || character == "\u200E" || character == "\u200F") return false;
  if (character >= "\u202A" && character <= "\u202E") return false;
  return character < "\u2066" || character > "\u2069";
}

std::string in_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= longest) {
      out += "...";
      break;
    }
    const std::size_t length = std::max<std::size_t>(1, utf8_length(text.substr(at)));
    const std::string_view character = text.substr(at, length);
    out += is_printable(character) ? character : "?";
    at += length;
  }
  return out;
}

bool names_secret(std::string_view key) {
  constexpr std::array<std::string_view, 7> kWords = {"secret", "secrets", "password",  "passphrase",
                                                      "token",  "tokens",  "credential"};
  const std::string words = lower_words(key);
  const std::string_view last = last_word(words);
  if (std::find(kWords.begin(), kWords.end(), last) != kWords.end()) return true;
  return words.ends_with("api_key") || words.ends_with("api_keys") || words.ends_with("private_key");
}

std::uint32_t secret_column(std::string_view line) {
  for (std::size_t equals = line.find('='); equals != line.npos; equals = line.find('=', equals + 1)) {
    std::size_t end = equals;
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;
    if (end > 0 && (line[end - 1] == '"' || line[end - 1] == '\'')) --end;
    std::size_t begin = end;
    while (begin > 0 && is_word(line[begin - 1])) --begin;
    // A "key" may be anything; better hidden once too often.
    const std::string words = lower_words(line.substr(begin, end - begin));
    if (!names_secret(words) && last_word(words) != "key" && last_word(words) != "keys") continue;
    std::string_view value = skip_blanks(line.substr(equals + 1));
    const std::size_t column = line.size() - value.size() + 1;
    if (value.starts_with('[')) value = skip_blanks(value.substr(1));
    if (value.empty() || value.starts_with('#') || begins_reference(value)) continue;
    return static_cast<std::uint32_t>(column);
  }
  return 0;
}

bool check_bytes(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxSourceBytes) {
    diagnostics.error({},
                      fmt::format("the file has {} bytes; at most {} are read", text.size(), kMaxSourceBytes),
                      "is this the right file?");
    return false;
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    diagnostics.error({1, 1, 0}, "the file begins with a byte order mark, which TOML does not have",
                      "save the file as UTF-8 without BOM");
    return false;
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    diagnostics.error({1, 1, 0}, "the file is UTF-16, and TOML is UTF-8", "save the file as UTF-8 text");
    return false;
  }
  return check_encoding(text, diagnostics) && check_shape(text, diagnostics);
}

}  // namespace paynamed::config
