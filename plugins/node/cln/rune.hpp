// What a rune allows, read from itself: base64url of a 32-byte seal and of its restrictions, joined by "&",
// each of alternatives, joined by "|" (Core Lightning's documentation of commando and createrune).
//
// Threads: pure.
#pragma once

#include <string_view>

namespace paynamed::cln {

// Whether the rune allows nothing but methods that this plugin needs, none of which can spend. False when it
// is not surely so.
bool only_receives(std::string_view rune);

}  // namespace paynamed::cln
