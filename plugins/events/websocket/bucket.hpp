// Bucket: how much of something may still come: so much at once, and so much a second.
//
// Threads: a value type.
#pragma once

#include <algorithm>
#include <chrono>

namespace paynamed::websocket {

class Bucket {
 public:
  Bucket(double at_once, double per_second) : at_once_(at_once), per_second_(per_second), left_(at_once) {}

  // Takes one, unless there is none. `now` of any clock that does not go back.
  bool take(std::chrono::nanoseconds now) {
    const std::chrono::duration<double> passed = now - filled_;
    filled_ = now;
    left_ = std::min(at_once_, left_ + passed.count() * per_second_);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double at_once_;
  double per_second_;
  double left_;
  std::chrono::nanoseconds filled_{};
};

}  // namespace paynamed::websocket
