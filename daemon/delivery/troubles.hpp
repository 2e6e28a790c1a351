// Troubles: which targets wait until an operator mends something.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/id.hpp"

namespace paynamed::delivery {

class Troubles {
 public:
  void set(const base::Uuid& webhook, const std::string& instance) {
    const std::lock_guard lock(mutex_);
    instances_[webhook] = instance;
  }
  void clear(const base::Uuid& webhook) {
    const std::lock_guard lock(mutex_);
    instances_.erase(webhook);
  }
  // How many, by instance.
  std::map<std::string, std::size_t> by_instance() const {
    std::map<std::string, std::size_t> count;
    const std::lock_guard lock(mutex_);
    for (const auto& [webhook, instance] : instances_) ++count[instance];
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::map<base::Uuid, std::string> instances_;  // guarded by mutex_
};

}  // namespace paynamed::delivery
