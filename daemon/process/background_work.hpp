// BackgroundWork: work that was begun for a caller who does not wait for it. Whoever stops the daemon does.
//
// Threads: every function may be called from any thread; no start() after stop().
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>

#include "base/broadcast.hpp"
#include "base/clock.hpp"

namespace paynamed::process {

class BackgroundWork {
 public:
  BackgroundWork(boost::asio::io_context& io, base::Clock& clock);

  void start(boost::asio::awaitable<void> work);
  // Waits until all has ended, for `most` at most; false when some has not. Nothing is cancelled: it ends by
  // itself.
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  // Shared with the work, which may end after this.
  struct State {
    explicit State(base::Clock& clock) : ended(clock) {}
    std::atomic<std::size_t> at_work{0};
    base::Broadcast ended;
  };

  boost::asio::io_context& io_;
  base::Clock& clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace paynamed::process
