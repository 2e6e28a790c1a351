// Retention: old rows of deliveries go, a few at a time, so that nobody waits long for the writer.
//
// Threads: run() is one coroutine, on the engine's strand.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "delivery/services.hpp"

namespace paynamed::delivery {

class Retention {
 public:
  // `services` outlives it.
  explicit Retention(const Services& services) : with_(services) {}

  // Until it is cancelled.
  boost::asio::awaitable<void> run();
  // One round: all that is old by now.
  boost::asio::awaitable<void> prune();

 private:
  const Services& with_;
};

}  // namespace paynamed::delivery
