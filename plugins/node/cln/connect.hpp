// connect: the calls to the node that settings name, over the transport that they name.
//
// Threads: a pure function.
#pragma once

#include <memory>
#include <paynamed/host.hpp>

#include "node_calls.hpp"
#include "settings.hpp"

namespace paynamed::cln {

// No I/O.
std::unique_ptr<NodeCalls> connect(const Host& host, const Settings& settings);

}  // namespace paynamed::cln
