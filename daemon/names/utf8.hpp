// Whether bytes are UTF-8 (RFC 3629).
//
// Threads: pure functions.
#pragma once

#include <string_view>

namespace paynamed::names {

// True for well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF. Empty text is
// well-formed.
bool is_utf8(std::string_view bytes);

}  // namespace paynamed::names
