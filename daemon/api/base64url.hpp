// base64url: RFC 4648 section 5, without padding.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::api {

std::string base64url_encode(std::string_view bytes);
// Nothing when it is not what encode() gives: no two texts for the same bytes.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace paynamed::api
