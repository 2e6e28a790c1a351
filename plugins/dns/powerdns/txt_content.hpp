// The content of a TXT record as the API writes it: character-strings in quotes, one behind the other (RFC
// 1035, section 5.1).
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::powerdns {

// A value in strings of at most 255 bytes. What is not printable ASCII is written as \DDD, so that it is JSON
// as well.
std::string txt_content(std::string_view value);

// The strings of a content, each of at most 255 bytes: PowerDNS keeps longer ones as they were given and
// splits them when it answers. Nothing for what is no such content.
std::optional<std::vector<std::string>> txt_strings(std::string_view content);
// Joined. What is no such content is given as it is, for strangers wrote it.
std::string txt_value(std::string_view content);

}  // namespace paynamed::powerdns
