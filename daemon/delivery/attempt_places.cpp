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

std::optional<std::weak_ptr<Target>> AttemptPlaces::next_waiting(std::size_t most) {
  if (waiting_.empty() || taken_ >= most) return std::nullopt;
  const auto [webhook, target] = std::move(waiting_.front());
  waiting_.pop_front();
  is_waiting_.erase(webhook);
  return target;
}

}  // namespace paynamed::delivery
