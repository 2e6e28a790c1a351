// Retention: old rows of deliveries go, a few at a time, so that nobody waits long for the writer, and
// secrets whose grace time is over.
//
// Threads: retain() is one coroutine, on the engine's strand.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "delivery/target.hpp"

namespace paynamed::delivery {

// Until it is cancelled, or the engine stops.
boost::asio::awaitable<void> retain(std::shared_ptr<Target::Common> common);

}  // namespace paynamed::delivery
