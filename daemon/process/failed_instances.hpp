// FailedInstances: plugin instances of the configuration that could not be made, and why.
//
// Threads: every function may be called from any thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "host/plugin_host.hpp"

namespace paynamed::process {

class FailedInstances {
 public:
  std::vector<host::InstanceProblem> all() const {
    const std::lock_guard lock(mutex_);
    return problems_;
  }
  void replace(std::vector<host::InstanceProblem> problems) {
    const std::lock_guard lock(mutex_);
    problems_ = std::move(problems);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<host::InstanceProblem> problems_;  // guarded by mutex_
};

}  // namespace paynamed::process
