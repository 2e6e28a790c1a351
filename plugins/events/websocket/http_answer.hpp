// What a request that does not become a WebSocket is answered: a short HTTP response with a problem document
// (RFC 9457), after which the connection ends.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "paynamed/error.hpp"

namespace paynamed::websocket {

// `why` is a sentence; `retry_after_ms` 0: no such header.
std::string http_answer(unsigned status, std::string_view why, std::uint32_t retry_after_ms = 0);

// For a credential that was not taken.
unsigned status_of(const Error& error);

}  // namespace paynamed::websocket
