// CountingRelay: stands before a DNS server, on the same addresses and another port, passes UDP questions on
// and remembers when each came.
//
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace paynamed::names {

class CountingRelay {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws std::runtime_error when there is no port that is free at all addresses.
  CountingRelay(const std::vector<std::string>& addresses, std::uint16_t server_port);
  ~CountingRelay();
  CountingRelay(const CountingRelay&) = delete;
  CountingRelay& operator=(const CountingRelay&) = delete;

  std::uint16_t port() const { return port_; }
  // Of one address, in order.
  std::vector<Clock::time_point> questions(const std::string& address) const;
  std::size_t total() const;
  // The most that came to one address in any second.
  std::size_t most_in_a_second() const;

 private:
  bool bind_all(const std::vector<std::string>& addresses, std::uint16_t port);
  void serve(std::string address, int socket);

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Clock::time_point>> questions_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
};

}  // namespace paynamed::names
