#include "monitor/rechecks.hpp"

namespace paynamed::monitor {

bool Rechecks::plan(state::NameKey name, base::MonotonicTime when, Recheck recheck) {
  const auto at = planned_.find(name);
  if (at == planned_.end() && planned_.size() >= most_) return false;
  if (at != planned_.end()) by_time_.erase({at->second.when, name});
  planned_[name] = {when, recheck};
  by_time_.emplace(when, name);
  return true;
}

void Rechecks::forget(state::NameKey name) {
  const auto at = planned_.find(name);
  if (at == planned_.end()) return;
  by_time_.erase({at->second.when, name});
  planned_.erase(at);
}

const Recheck* Rechecks::find(state::NameKey name) const {
  const auto at = planned_.find(name);
  return at == planned_.end() ? nullptr : &at->second.recheck;
}

std::optional<state::NameKey> Rechecks::due(base::MonotonicTime now) const {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  return by_time_.begin()->second;
}

}  // namespace paynamed::monitor
