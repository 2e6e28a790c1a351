// Recent: what was found out a moment ago, for the many who ask the same in one second when names are
// registered in bulk. Nothing is older than a second, so that whoever comes again asks anew.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"

namespace paynamed::names {

template <class Value>
class Recent {
 public:
  static constexpr base::Duration kMostAge{1'000};

  // Not more than `most` are kept. The clock must outlive it.
  explicit Recent(const base::Clock& clock, std::size_t most = 1'000) : clock_(clock), most_(most) {}

  std::optional<Value> find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end() || is_old(found->second.first)) return std::nullopt;
    return found->second.second;
  }

  void put(const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= most_ && !kept_.contains(key)) {
      std::erase_if(kept_, [this](const auto& each) { return is_old(each.second.first); });
      if (kept_.size() >= most_) return;
    }
    kept_.insert_or_assign(key, std::pair{clock_.monotonic(), std::move(value)});
  }

 private:
  bool is_old(base::MonotonicTime when) const { return clock_.monotonic() - when >= kMostAge; }

  const base::Clock& clock_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::pair<base::MonotonicTime, Value>> kept_;  // guarded by mutex_
};

}  // namespace paynamed::names
