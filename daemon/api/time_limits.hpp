// How long requests may take, from the inside to the outside: each is longer than the one before, so that
// whoever waits gets an answer and not the end of a connection.
//
// Threads: constants.
#pragma once

#include "base/time.hpp"

namespace paynamed::api {

// The daemon's own work: what lasts longer is answered with DEADLINE_EXCEEDED. Above the longest wait of a
// long poll (60 s) and above what a zone's listing and the questions after it may take (domains/).
inline constexpr base::Duration kAnswerWithin{150'000};
// RESTinio closes the connection of a request that has no answer by then, without one.
inline constexpr base::Duration kHandleTimeout{165'000};
// For clients of requests that may last long.
inline constexpr base::Duration kClientTimeout{180'000};

static_assert(kAnswerWithin < kHandleTimeout && kHandleTimeout < kClientTimeout);

}  // namespace paynamed::api
