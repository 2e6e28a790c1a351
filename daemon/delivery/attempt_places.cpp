#include "delivery/attempt_places.hpp"

#include <utility>

namespace paynamed::delivery {

bool AttemptPlaces::take(const std::shared_ptr<Target>& target, std::size_t held, std::size_t most) {
  const std::size_t left = most > taken_ ? most - taken_ : 0;
  if (held < left) {
    ++taken_;
    return true;
  }
  if (is_waiting_.insert(target.get()).second) waiting_.push_back(target);
  return false;
}

std::deque<std::weak_ptr<Target>> AttemptPlaces::take_waiting() {
  is_waiting_.clear();
  return std::exchange(waiting_, {});
}

}  // namespace paynamed::delivery
