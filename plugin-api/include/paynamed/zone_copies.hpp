// ZoneCopies: for a DnsProvider whose server gives zones only as a whole. A zone is fetched once for all who
// ask at the same time, kept for the pages behind the first, and given up when nobody has asked for a minute.
//
// Threads: every function may be called on several threads at once; what has a fetch may block.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "paynamed/error.hpp"
#include "paynamed/host.hpp"

namespace paynamed {

template <class Zone>
class ZoneCopies {
 public:
  using Copy = std::shared_ptr<const Zone>;
  using Fetch = std::function<Zone()>;

  // Lives as long as the plugin.
  explicit ZoneCopies(Host host) : host_(std::move(host)) {}

  // The zone as it was when this call began or later; with `kept` as good, the copy that is kept. `fetch`
  // runs on this thread, never twice at a time for one zone; what it throws is thrown, to the caller whose it
  // was. UNAVAILABLE when another's takes longer than `patience`.
  Copy get(const std::string& zone, bool kept, std::chrono::milliseconds patience, const Fetch& fetch) {
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[zone];
    entry.used = host_.monotonic();
    if (kept && entry.copy) return entry.copy;
    // One that is under way began before, and may not have what was written since.
    const std::uint64_t needed = entry.begun + (kept && entry.busy ? 0U : 1U);
    ++entry.waiting;
    const bool in_time = ended_.wait_for(
        lock, patience, [&] { return !entry.busy || (entry.copy && entry.fetched >= needed); });
    --entry.waiting;
    if (entry.copy && entry.fetched >= needed) return entry.copy;
    if (!in_time) {
      throw Error(Code::kUnavailable,
                  "Another listing of " + zone + " takes all the time; it is tried again.");
    }
    return fetched(zone, entry, lock, fetch);
  }

  // Zones that are in memory now; for tests.
  std::size_t kept() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  static constexpr std::chrono::minutes kKeep{1};

  struct Entry {
    Copy copy{};
    std::uint64_t begun = 0;    // fetches
    std::uint64_t fetched = 0;  // which of them brought the copy
    std::chrono::nanoseconds used{};
    int waiting = 0;
    bool busy = false;
    bool timed = false;
  };

  Copy fetched(const std::string& zone, Entry& entry, std::unique_lock<std::mutex>& lock,
               const Fetch& fetch) {
    entry.busy = true;
    const std::uint64_t number = ++entry.begun;
    // The old one need not stay in memory beside the new one.
    entry.copy.reset();
    lock.unlock();
    Copy copy;
    try {
      copy = std::make_shared<const Zone>(fetch());
    } catch (...) {
      lock.lock();
      entry.busy = false;
      give_up_later(zone, entry);
      ended_.notify_all();
      throw;
    }
    lock.lock();
    entry.busy = false;
    entry.copy = copy;
    entry.fetched = number;
    entry.used = host_.monotonic();
    give_up_later(zone, entry);
    ended_.notify_all();
    return copy;
  }

  void give_up_later(const std::string& zone, Entry& entry) {
    if (!std::exchange(entry.timed, true)) give_up_after(zone, kKeep);
  }

  void give_up_after(const std::string& zone, std::chrono::nanoseconds time) {
    host_.after(std::chrono::ceil<std::chrono::milliseconds>(time), [this, zone] {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(zone);
      const auto left = found->second.used + kKeep - host_.monotonic();
      const bool at_work = found->second.busy || found->second.waiting > 0;
      if (left <= std::chrono::nanoseconds(0) && !at_work) {
        entries_.erase(found);
      } else {
        give_up_after(zone, at_work ? kKeep : left);
      }
    });
  }

  const Host host_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::string, Entry> entries_;  // one that is at work or timed stays where it is
};

}  // namespace paynamed
