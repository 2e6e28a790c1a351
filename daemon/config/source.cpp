#include "config/source.hpp"

#include <algorithm>

namespace paynamed::config {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// How many bytes of a string literal's text the next character of its source takes, and how many bytes it
// gives.
struct Piece {
  std::size_t source = 1;
  std::size_t value = 1;
};

std::size_t utf8_bytes_of(std::string_view hex) {
  std::uint32_t code = 0;
  for (const char c : hex) {
    const auto digit = static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    code = code * 16 + (digit & 0xFU);
  }
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

Piece escape(std::string_view rest) {
  const char kind = rest.size() > 1 ? rest[1] : '\0';
  if (kind == 'u' && rest.size() >= 6) return {6, utf8_bytes_of(rest.substr(2, 4))};
  if (kind == 'U' && rest.size() >= 10) return {10, utf8_bytes_of(rest.substr(2, 8))};
  if (kind == '\n' || kind == '\r' || kind == ' ' || kind == '\t') {
    // A backslash at the end of a line swallows all blanks up to the next character (TOML 1.0, "line ending
    // backslash").
    const std::size_t next = rest.find_first_not_of(" \t\r\n", 1);
    return {next == rest.npos ? rest.size() : next, 0};
  }
  return {2, 1};
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    starts_.push_back(at + 1);
  }
}

std::string_view SourceText::line(std::uint32_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  const std::size_t end = number == starts_.size() ? text_.size() : starts_[number] - 1;
  std::string_view line = text_.substr(start, end - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::uint32_t SourceText::byte_column(Position position) const {
  const std::string_view text = line(position.line);
  std::size_t at = 0;
  for (std::uint32_t seen = 1; seen < position.column && at < text.size(); ++seen) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
  }
  return static_cast<std::uint32_t>(at + 1);
}

Region SourceText::region(Position begin, Position end) const {
  if (begin.line == 0 || begin.column == 0) return {};
  // The parser's place after the last line break is a line that is not there to look at; say the end of the
  // one before.
  if (begin.line > lines()) begin = {lines(), UINT32_MAX};
  Region region{begin.line, byte_column(begin), 0};
  if (end.line == begin.line) region.end_column = byte_column(end);
  if (region.end_column <= region.column) region.end_column = 0;
  return region;
}

Region SourceText::region_at(std::size_t begin, std::size_t end) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), begin);
  const auto number = static_cast<std::uint32_t>(next - starts_.begin());
  const std::size_t start = starts_[number - 1];
  const std::size_t line_end = start + line(number).size();
  Region region{number, static_cast<std::uint32_t>(begin - start + 1), 0};
  if (end > begin && end <= line_end) region.end_column = static_cast<std::uint32_t>(end - start + 1);
  return region;
}

Region SourceText::place_in_string(Region literal, std::size_t offset, std::size_t length) const {
  if (literal.line == 0 || literal.line > starts_.size()) return literal;
  std::size_t at = starts_[literal.line - 1] + literal.column - 1;
  if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return literal;
  const char quote = text_[at];
  const bool multi_line = text_.substr(at).starts_with(std::string(3, quote));
  at += multi_line ? 3 : 1;
  // The line break right after the opening quotes is not part of the value.
  if (multi_line && text_.substr(at).starts_with("\r\n")) {
    at += 2;
  } else if (multi_line && text_.substr(at).starts_with("\n")) {
    at += 1;
  }
  std::size_t seen = 0;
  std::size_t begin = std::string_view::npos;
  while (at < text_.size()) {
    const bool begun = begin != std::string_view::npos;
    if (begun && seen >= offset + length) break;
    Piece piece;
    if (quote == '"' && text_[at] == '\\') piece = escape(text_.substr(at));
    // toml++ keeps "\r\n" in a multi-line string as "\n".
    if (text_.substr(at).starts_with("\r\n")) piece = {2, 1};
    // A swallowed line break gives no byte, so nothing begins there.
    if (!begun && seen >= offset && piece.value > 0) begin = at;
    at += std::min(piece.source, text_.size() - at);
    seen += piece.value;
  }
  if (begin == std::string_view::npos) return literal;
  return region_at(begin, at);
}

}  // namespace paynamed::config
