// One question by TCP to one server, with a deadline: plain POSIX sockets, so that the module brings little.
//
// Threads: pure; waits on the calling thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace paynamed::rfc2136 {

struct Server {
  std::string host;  // an address or a host name
  std::uint16_t port = 53;
};

// How long the caller still waits; asked again before each wait.
using Remaining = std::function<std::chrono::milliseconds()>;

// The answer to `message`. Throws Error:
//   kUnavailable       nothing was sent: the host has no address or nothing listens there
//   kDeadlineExceeded  it was sent (at least in part) and no answer came in time: the outcome is unknown
//   kUnknown           the server hung up after it was sent
std::vector<std::uint8_t> exchange(const Server& server, std::span<const std::uint8_t> message,
                                   const Remaining& remaining);

}  // namespace paynamed::rfc2136
