// HostLookup: the addresses of a host, within a time. The system's getaddrinfo cannot be told to end, so it
// is asked on a thread of its own, one name at a time; who waited long enough goes on without it.
//
// Threads: every function may be called from any thread that may wait. The destructor waits for the look-up
// that is under way.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace paynamed::cln {

class HostLookup {
 public:
  struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
  };
  struct Found {
    std::vector<Address> addresses;
    std::string why;  // there are none
  };
  using Resolve = std::function<Found(const std::string& host, const std::string& port)>;

  // `resolve`: in the place of the system's, for tests. The thread begins with the first look-up.
  explicit HostLookup(Resolve resolve = {});
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  // `port` as digits. Without addresses `why` is set, also when it took longer than `most`.
  Found find(const std::string& host, const std::string& port, std::chrono::milliseconds most);

 private:
  struct Question;
  void run();

  const Resolve resolve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Question>> waiting_;  // guarded by mutex_
  bool ends_ = false;                              // guarded by mutex_
  std::thread thread_;                             // begun under mutex_
};

}  // namespace paynamed::cln
