#include "delivery/attempt_places.hpp"

#include <utility>

namespace paynamed::delivery {

bool AttemptPlaces::take(const base::Uuid& webhook, const std::shared_ptr<Target>& target, std::size_t held,
                         std::size_t most) {
  const std::size_t left = most > taken_ ? most - taken_ : 0;
  if (held < left) {
    ++taken_;
    return true;
  }
  if (is_waiting_.insert(webhook).second) waiting_.emplace_back(webhook, target);
  return false;
}

std::shared_ptr<Target> AttemptPlaces::next_waiting() {
  if (waiting_.empty()) return nullptr;
  const auto [webhook, target] = std::move(waiting_.front());
  waiting_.pop_front();
  is_waiting_.erase(webhook);
  return target.lock();
}

}  // namespace paynamed::delivery
