// If-Match (RFC 9110 section 13.1.1): changes only what is still as the caller saw it.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/message.hpp"
#include "base/result.hpp"

namespace paynamed::api {

// The revision in the request's If-Match header; 0 for "*" and for none. INVALID_ARGUMENT for what is no ETag
// of ours; `what` names the thing: "name".
base::Result<std::uint64_t> if_match_of(const Request& request, std::string_view what);

}  // namespace paynamed::api
