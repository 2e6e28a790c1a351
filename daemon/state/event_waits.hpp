// EventWaits: where each tenant's log stands, and the coroutines that wait for more.
//
// Threads: every function may be called from any thread.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/broadcast.hpp"
#include "base/clock.hpp"

namespace paynamed::state {

class EventWaits {
 public:
  explicit EventWaits(base::Clock& clock) : clock_(clock) {}

  // The tenant's events up to `seq` can be read now.
  void advance(const std::string& tenant, std::uint64_t seq);
  // Wakes everybody; later waits end at once.
  void close();
  // Resumes when the tenant has an event after `seq`, after `most`, or at close().
  boost::asio::awaitable<void> wait(std::string tenant, std::uint64_t seq, base::Duration most);

 private:
  struct Tenant {
    explicit Tenant(base::Clock& clock) : changed(clock) {}
    std::atomic<std::uint64_t> head{0};
    base::Broadcast changed;
  };
  std::shared_ptr<Tenant> of(const std::string& tenant);

  base::Clock& clock_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Tenant>> tenants_;
};

}  // namespace paynamed::state
