// ZoneLocks: one writer at a time for each zone, because the API has no conditions: what is read before a
// change holds only as long as nobody else changes it.
//
// Threads: every function may be called from any thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <paynamed/error.hpp>
#include <string>

namespace paynamed::powerdns {

class ZoneLocks {
 public:
  using Held = std::unique_lock<std::timed_mutex>;

  // Waits at most `most`; throws Error(kUnavailable) when it is not this one's turn by then.
  Held lock(const std::string& zone, std::chrono::milliseconds most) {
    Held held(mutex_of(zone), std::defer_lock);
    if (!held.try_lock_for(most)) {
      throw Error(Code::kUnavailable, "Other changes of " + zone + " took all the time; nothing was sent.");
    }
    return held;
  }

 private:
  std::timed_mutex& mutex_of(const std::string& zone) {
    const std::lock_guard lock(mutex_);
    auto& found = zones_[zone];
    if (!found) found = std::make_unique<std::timed_mutex>();
    return *found;
  }

  std::mutex mutex_;
  // As many as the daemon has domains here.
  std::map<std::string, std::unique_ptr<std::timed_mutex>> zones_;
};

}  // namespace paynamed::powerdns
