// Places: how many connections there are, of whom, and whether one more fits.
//
// Threads: every function may be called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace paynamed::websocket {

// How many connections a server may have, for they share file descriptors with all that the process does: a
// quarter of those that it may have.
std::size_t share_of_descriptors();
// Of so many connections, how many may be of strangers at once.
std::size_t share_of_unnamed(std::size_t total);

// What counts as one peer: an IPv4 address, or the first 64 bits of an IPv6 one.
std::string network_of(const std::string& address);

class Places {
 public:
  struct Limits {
    std::size_t total = 0;
    std::size_t per_peer = 0;
    std::size_t per_tenant = 0;
    std::size_t unnamed = SIZE_MAX;  // that have not said whose they are
  };
  explicit Places(Limits limits) : limits_(limits) {}

  enum class Answer { kFits, kFull, kTooManyOfPeer };
  // kFits takes a place, which leave() gives back.
  Answer enter(const std::string& peer);
  void leave(const std::string& peer);
  // The same for the tenant that a connection with a place turned out to be of; until then it is a
  // stranger's.
  bool enter_tenant(const std::string& tenant);
  void leave_tenant(const std::string& tenant);

  std::size_t total() const { return total_; }

 private:
  static void leave_one(std::unordered_map<std::string, std::size_t>& counts, const std::string& key);

  const Limits limits_;
  std::atomic<std::size_t> total_{0};
  std::mutex mutex_;
  std::size_t unnamed_ = 0;                               // guarded by mutex_
  std::unordered_map<std::string, std::size_t> peers_;    // guarded by mutex_
  std::unordered_map<std::string, std::size_t> tenants_;  // guarded by mutex_
};

}  // namespace paynamed::websocket
