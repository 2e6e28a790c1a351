// TcpGate: stands before a TCP server of loopback and can be shut: then connections are taken and ended at
// once, as where the server behind a load balancer is gone.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace paynamed::fakes {

class TcpGate {
 public:
  // Open, before `server` at `server_port`, at a port of 127.0.0.1 that the system chooses. Throws
  // std::runtime_error.
  TcpGate(const std::string& server, std::uint16_t server_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  std::uint16_t port() const { return port_; }
  // Connections that are open end, too.
  void shut();
  void open();

 private:
  void accept_all();
  void carry(int client);

  const std::string server_;
  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  bool shut_ = false;                  // guarded by mutex_
  bool ending_ = false;                // guarded by mutex_
  std::set<int> clients_;              // open sockets; guarded by mutex_
  std::vector<std::thread> carrying_;  // of the accepting thread, and of the destructor after it
  std::thread accepting_;
};

}  // namespace paynamed::fakes
