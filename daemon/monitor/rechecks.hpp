// Rechecks: names to look at sooner than their turn: once more before they count as degraded, again and again
// while they are, and after a look that could not find anything out.
//
// Threads: none of its own; one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.hpp"
#include "state/model.hpp"

namespace paynamed::monitor {

struct Recheck {
  base::Duration delay{};  // since the look before
  // Of a live name: somebody said that the record is not as it should be.
  bool suspect = false;
};

class Rechecks {
 public:
  // More than `most` are not remembered; such names wait for their turn.
  explicit Rechecks(std::size_t most) : most_(most) {}

  // Instead of what was planned for the name before. False when there is no room.
  bool plan(state::NameKey name, base::MonotonicTime when, Recheck recheck);
  void forget(state::NameKey name);
  const Recheck* find(state::NameKey name) const;
  // The next that is due, which stays planned.
  std::optional<state::NameKey> due(base::MonotonicTime now) const;
  std::size_t size() const { return planned_.size(); }

 private:
  struct Planned {
    base::MonotonicTime when;
    Recheck recheck;
  };
  std::size_t most_;
  std::map<state::NameKey, Planned> planned_;
  std::set<std::pair<base::MonotonicTime, state::NameKey>> by_time_;
};

}  // namespace paynamed::monitor
