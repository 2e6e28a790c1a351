// Characters of a URI's query and their percent-encoding (RFC 3986 sections 2.1 and 3.4).
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::names {

// Whether `c` may stand in a query, '%' included.
bool is_query_character(char c);

// Every "%41" replaced by its byte. INVALID_ARGUMENT if a '%' is not followed by two hexadecimal digits, or
// if the result is not UTF-8.
base::Result<std::string> percent_decode(std::string_view text);

}  // namespace paynamed::names
