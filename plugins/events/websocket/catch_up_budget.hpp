// CatchUpBudget: how much of the log the clients of a worker that are behind hold together. What is new is
// shared by all and needs none.
//
// Threads: of one worker.
#pragma once

#include <cstddef>

namespace paynamed::websocket {

class CatchUpBudget {
 public:
  explicit CatchUpBudget(std::size_t most) : most_(most) {}

  // Whether so many bytes more may be held. One page may be, however large.
  bool fits(std::size_t bytes) const { return used_ == 0 || used_ + bytes <= most_; }
  // Whether it is worth while to read a page more, beside those that are on their way.
  bool has_room() const { return used_ + reads_ * kPageBytes < most_; }
  void read_begun() { ++reads_; }
  void read_ended() { --reads_; }
  std::size_t used() const { return used_; }

  void take(std::size_t bytes) { used_ += bytes; }
  void give_back(std::size_t bytes) { used_ -= bytes; }

 private:
  // Of a page, about.
  static constexpr std::size_t kPageBytes = 128 * 1'024;
  const std::size_t most_;
  std::size_t used_ = 0;
  std::size_t reads_ = 0;
};

}  // namespace paynamed::websocket
