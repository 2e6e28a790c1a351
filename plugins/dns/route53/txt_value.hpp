// TXT values as Route 53 writes them: quoted character-strings of at most 255 bytes, one space between them,
// with a backslash before quote and backslash, and other bytes than printable ASCII as three octal digits
// (Route 53 Developer Guide, "TXT record type").
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::route53 {

inline constexpr std::size_t kMaxValueCharacters = 4'000;  // of one value's text

std::string quote_txt(std::string_view value);

// The joined bytes; nothing when the text is not of that form.
std::optional<std::string> join_txt(std::string_view text);

}  // namespace paynamed::route53
