// AttemptPlaces: how many attempts are under way at once, of all targets together. A target takes another
// place only while it would not have more than are left, so that one with a long backlog and a slow receiver
// never takes all; those that wait get theirs in turn.
//
// Threads: belongs to the engine's strand.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "base/id.hpp"

namespace paynamed::delivery {

class Target;

class AttemptPlaces {
 public:
  // False when there is none for a target that holds `held`: it is told when that changes.
  bool take(const base::Uuid& webhook, const std::shared_ptr<Target>& target, std::size_t held,
            std::size_t most);
  void give_back() { --taken_; }
  std::size_t taken() const { return taken_; }

  std::size_t waiting() const { return waiting_.size(); }
  // Who has waited longest, and waits no more; null when it is gone, or nobody waits.
  std::shared_ptr<Target> next_waiting();

 private:
  std::size_t taken_ = 0;
  std::deque<std::pair<base::Uuid, std::weak_ptr<Target>>> waiting_;
  std::set<base::Uuid> is_waiting_;
};

}  // namespace paynamed::delivery
