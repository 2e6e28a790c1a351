// Questions by TCP to one server, with a deadline: plain POSIX sockets, so that the module brings little.
//
// Threads: pure; waits on the calling thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server_address.hpp"

namespace paynamed::rfc2136 {

// How long the caller still waits; asked again before each wait.
using Remaining = std::function<std::chrono::milliseconds()>;

// The answer to `message`. Of several addresses the first that takes a connection is asked, and none of them
// waits for longer than its share of the time. Throws Error:
//   kUnavailable       nothing was sent: the host has no address or nothing listens there
//   kDeadlineExceeded  it was sent (at least in part) and no answer came in time: the outcome is unknown
//   kUnknown           the server hung up after it was sent
std::vector<std::uint8_t> exchange(const Server& server, std::span<const std::uint8_t> message,
                                   const Remaining& remaining);

// The same of an answer in several messages: `take` gets one after the other until it returns true.
// `remaining` is asked anew for each.
void exchange(const Server& server, std::span<const std::uint8_t> message, const Remaining& remaining,
              const std::function<bool(std::span<const std::uint8_t>)>& take);

}  // namespace paynamed::rfc2136
