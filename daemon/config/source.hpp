// SourceText: a configuration file as lines and bytes, to turn places of the parser into places for people.
//
// Threads: immutable; the text must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"

namespace paynamed::config {

inline constexpr std::size_t kMaxSourceBytes = 4 * 1024 * 1024;

class SourceText {
 public:
  explicit SourceText(std::string_view text);

  // Line `number` (from 1) without its end; empty when there is no such line.
  std::string_view line(std::uint32_t number) const;
  std::uint32_t lines() const { return static_cast<std::uint32_t>(starts_.size()); }

  // A place whose columns count code points (as toml++ counts) as a Region, whose columns count bytes. `end`
  // is exclusive.
  struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  Region region(Position begin, Position end) const;

  // The place of bytes [offset, offset + length) of the value of the string literal that stands at `literal`:
  // escapes and line breaks inside the literal are counted as they are written. `literal` itself when it is
  // not the place of a string literal.
  Region place_in_string(Region literal, std::size_t offset, std::size_t length) const;

 private:
  std::uint32_t byte_column(Position position) const;
  Region region_at(std::size_t begin, std::size_t end) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
};

// Mistakes that make the text no TOML at all and that the parser must not see: size, byte order mark,
// encoding, NUL bytes, nesting (toml++ destroys nested tables by recursion and bounds only part of it). False
// after an error.
bool check_bytes(std::string_view text, Diagnostics& diagnostics);

// True for one UTF-8 character that a terminal may get: no control, no invisible change of writing direction.
bool is_printable(std::string_view character);

// Text from a file for a message: unprintable characters as '?', cut after `longest` bytes.
std::string printable(std::string_view text, std::size_t longest = 60);
// The same in single quotes.
std::string in_quotes(std::string_view text);

// The length of the UTF-8 sequence at the start of `text`: 1..4, 0 when it is not one (RFC 3629 section 4).
std::size_t utf8_length(std::string_view text);

// True for a key that holds a secret by its name: "secret", "password", "token", "api_key", "tsig_secret",
// ...
bool names_secret(std::string_view key);

// The byte column from which on `line` may show a secret: the plain value of a key that names_secret(); 0
// when there is none.
std::uint32_t secret_column(std::string_view line);

}  // namespace paynamed::config
