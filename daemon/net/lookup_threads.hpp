// LookupThreads: the system's resolver, which can only be waited for, on threads of its own. Asio has one
// thread for all look-ups of a process, so that a name whose servers are silent would hold up every other
// one; here each name has a thread while it is asked for.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace paynamed::net {

class LookupThreads {
 public:
  using Found = base::Result<std::vector<boost::asio::ip::address>>;
  using Then = std::function<void(const Found&)>;

  // At most `most` threads, started as they are needed. `resolve` is called on them.
  explicit LookupThreads(std::size_t most, std::function<Found(const std::string&)> resolve = &ask_system);
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  // Calls `then` once, on one of the threads; it must neither wait nor end this. Who asks for a name that is
  // being asked for gets the same answer. False when every thread is taken: `then` is not called.
  bool find(const std::string& host, Then then);
  // Waits for the names that are asked for now, for the system cannot be interrupted, and drops every `then`.
  void end();

 private:
  // getaddrinfo (POSIX): the addresses in the system's order, or UNAVAILABLE.
  static Found ask_system(const std::string& host);
  void work();

  const std::size_t most_;
  const std::function<Found(const std::string&)> resolve_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;                             // guarded by mutex_, as what follows
  std::map<std::string, std::vector<Then>> asked_;  // by name
  std::deque<std::string> waiting_;                 // names that no thread has taken yet
  std::size_t idle_ = 0;
  std::vector<std::thread> threads_;
};

// The threads of a context, which end with it.
class LookupService final : public boost::asio::execution_context::service {
 public:
  using key_type = LookupService;
  static inline boost::asio::execution_context::id id;

  explicit LookupService(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context) {}
  LookupThreads& threads() { return threads_; }

 private:
  void shutdown() override { threads_.end(); }

  LookupThreads threads_{256};
};

}  // namespace paynamed::net
