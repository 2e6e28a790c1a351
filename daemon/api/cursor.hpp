// Cursors of lists: opaque to callers, so that what stands in them can change.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::api {

// `list` keeps the cursor of one list from being used in another.
std::string make_cursor(std::string_view list, std::string_view place);
// The place; nothing for a text that make_cursor(list, ...) did not make.
std::optional<std::string> read_cursor(std::string_view list, std::string_view cursor);

}  // namespace paynamed::api
