// DNS names as text.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::powerdns {

// Lower case with the final dot; nothing for what is no DNS name (RFC 1035, section 2.3.4).
std::optional<std::string> normal_name(const std::string& name);
// The zone's apex counts.
bool is_in_zone(std::string_view name, std::string_view zone);
// Not the suffix itself.
bool is_below(std::string_view name, std::string_view suffix);

}  // namespace paynamed::powerdns
