// KeyLocks: one call at a time for each key, for what the node itself does not keep apart.
//
// Threads: any that may wait.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace paynamed::cln {

class KeyLocks {
 public:
  class Held {
   public:
    // Waits until nobody else holds the key. `locks` outlives it.
    Held(KeyLocks& locks, std::string key) : locks_(locks), key_(std::move(key)) {
      std::unique_lock lock(locks_.mutex_);
      locks_.released_.wait(lock, [this] { return locks_.held_.insert(key_).second; });
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
      {
        const std::lock_guard lock(locks_.mutex_);
        locks_.held_.erase(key_);
      }
      locks_.released_.notify_all();
    }

   private:
    KeyLocks& locks_;
    const std::string key_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  std::set<std::string> held_;
};

}  // namespace paynamed::cln
