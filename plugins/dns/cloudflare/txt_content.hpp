// TXT contents as Cloudflare's API has them: quoted character-strings (RFC 1035 section 5.1).
//
// Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::cloudflare {

// The value in strings of at most 255 bytes, each in quotes; bytes that are not printable ASCII as \DDD.
std::string quoted_content(std::string_view value);

// The whole value of a content, however it is split. Text without quotes, as old records have it, is taken as
// it is. Nothing when quotes or escapes are broken.
std::optional<std::string> joined_value(std::string_view content);

}  // namespace paynamed::cloudflare
