// Text that a plugin wrote: untrusted, so bounded and made printable before anybody sees it.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paynamed::host {

// At most `most` bytes of `text`, cut at a character; control characters become spaces, bytes that are not
// UTF-8 "?".
std::string printable(std::string_view text, std::size_t most);

// The candidate that `word` was probably meant to be; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace paynamed::host
