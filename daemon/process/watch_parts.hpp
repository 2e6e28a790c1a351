// WatchParts: monitors at work, each one coroutine on a common strand, started one by one and stopped
// together.
//
// Threads: start() before stop(); stop() may be called again when it said false, and this may end
// when it said true.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <list>
#include <memory>

#include "base/broadcast.hpp"
#include "base/clock.hpp"

namespace paynamed::process {

class WatchParts {
 public:
  WatchParts(boost::asio::io_context& io, base::Clock& clock);

  void start(boost::asio::awaitable<void> work);
  // Cancels all and waits until they ended, for `most` at most; false when some did not. Fine without
  // start().
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  struct Part {
    boost::asio::cancellation_signal stop;
    std::atomic<bool> running{true};
  };

  // Shared with what was posted to the strand, which may come to its turn after this has ended.
  struct State {
    explicit State(base::Clock& clock) : ended(clock) {}
    std::list<Part> parts;
    base::Broadcast ended;
  };

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  base::Clock& clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace paynamed::process
