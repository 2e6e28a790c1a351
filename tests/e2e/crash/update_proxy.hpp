// UpdateProxy: stands before a DNS server's TCP port and decides what becomes of dynamic updates (RFC 2136
// section 2.2, opcode 5). Everything else passes.
//
// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace paynamed::crash {

class UpdateProxy {
 public:
  // Listens on a port of loopback that the system chooses. Throws std::runtime_error.
  explicit UpdateProxy(std::uint16_t server_port);
  ~UpdateProxy();
  UpdateProxy(const UpdateProxy&) = delete;
  UpdateProxy& operator=(const UpdateProxy&) = delete;

  std::uint16_t port() const { return port_; }

  enum class Fate {
    kPass,
    kLoseAnswer,  // the server makes the change; who asked never hears of it
    kHold,        // it stays on its way until deliver_held(), also when who sent it is dead
  };
  // Of the next update only.
  void next_update(Fate fate);
  // Until so many updates came since the start, whatever became of them. False after `patience`.
  bool wait_for_updates(int count, std::chrono::milliseconds patience);
  int updates() const;
  // The held update reaches the server now; gives the server's rcode.
  int deliver_held();

 private:
  void accept_all();
  void serve(int client);
  // The server's answer; empty when there was none.
  std::string ask_server(const std::string& message) const;

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Fate next_ = Fate::kPass;
  int updates_ = 0;
  bool stopping_ = false;
  std::optional<std::string> held_;
  std::vector<int> clients_;  // open connections, to end them
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

}  // namespace paynamed::crash
