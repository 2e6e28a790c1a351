// Turns: so many calls of a service are under way at once, the others wait in order.
//
// Threads: of one worker.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace paynamed::websocket {

class Turns {
 public:
  explicit Turns(std::size_t at_once) : at_once_(at_once) {}

  // Runs `begin` now or later; ended() is called once for each.
  void begin(std::function<void()> begin) {
    if (under_way_ >= at_once_) return waiting_.push_back(std::move(begin));
    ++under_way_;
    begin();
  }
  void ended() {
    --under_way_;
    if (waiting_.empty()) return;
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    next();
  }

 private:
  const std::size_t at_once_;
  std::size_t under_way_ = 0;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace paynamed::websocket
