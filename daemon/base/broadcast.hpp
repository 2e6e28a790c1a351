// Broadcast: many coroutines wait for "something changed", one call wakes them all.
//
// A waiter takes the current count before it looks at the state it waits for, and passes it to wait(): a
// change in between is then never missed.
//
// Threads: every function may be called from any thread; waits resume on the waiter's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"

namespace paynamed::base {

class Broadcast {
 public:
  explicit Broadcast(Clock& clock);
  ~Broadcast();  // wakes everybody
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  std::uint64_t count() const;
  void notify();
  // True at once when the count is no longer `seen`, true at the next notify(), false after `most`.
  boost::asio::awaitable<bool> wait(std::uint64_t seen, Duration most);

 private:
  struct State;
  Clock& clock_;
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::base
