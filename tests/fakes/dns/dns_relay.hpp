// DnsRelay: stands at an address before a DNS server that is somewhere else, and passes questions and answers
// on unchanged, by UDP and by TCP. A test closes TCP, as a firewall does, loses the answer to an update, or
// makes the way long.
//
// Threads: works on a thread of its own; every public function may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace paynamed::fakes {

class DnsRelay {
 public:
  // Throws std::runtime_error when the address and port are taken.
  DnsRelay(const std::string& address, std::uint16_t port, const std::string& server,
           std::uint16_t server_port);
  // Nothing listens there afterwards.
  ~DnsRelay();
  DnsRelay(const DnsRelay&) = delete;
  DnsRelay& operator=(const DnsRelay&) = delete;

  // Connections are refused from here on, and those that are open end.
  void close_tcp();
  void open_tcp();

  // The next dynamic update by TCP (RFC 2136) reaches the server; when its answer comes the connection ends
  // instead.
  void lose_next_update_reply();
  // The answer to the next dynamic update by TCP waits for `work`, which runs on the relay's thread:
  // meanwhile nothing is passed on.
  void after_next_update(std::function<void()> work);
  // Dynamic updates by TCP are passed to the server that much later, also when nobody waits for the answer
  // any more.
  void delay_updates(std::chrono::milliseconds time);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace paynamed::fakes
