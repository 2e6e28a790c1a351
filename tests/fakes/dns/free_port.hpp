// Ports for servers that cannot choose one themselves.
//
// Threads: a pure function.
#pragma once

#include <cstdint>

namespace paynamed::fakes {

// One that is free for UDP and TCP at 127.0.0.1 now; below the range that the system gives to clients.
// Somebody may take it before the server does: try again then. Throws std::runtime_error when none is found.
std::uint16_t free_port();

}  // namespace paynamed::fakes
