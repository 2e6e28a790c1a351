// AttemptPlaces: how many attempts are under way at once, of all targets together. A target takes another
// place only while it would not have more than are left, so that one with a long backlog and a slow receiver
// never takes all; those that wait get theirs in turn.
//
// Threads: belongs to the engine's strand.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
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

  // Who waits the longest, to be tried now; it waits no more. Nothing when there is no place for anybody.
  std::optional<std::weak_ptr<Target>> next_waiting(std::size_t most);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::size_t taken_ = 0;
  std::deque<std::pair<base::Uuid, std::weak_ptr<Target>>> waiting_;
  std::set<base::Uuid> is_waiting_;
};

}  // namespace paynamed::delivery
