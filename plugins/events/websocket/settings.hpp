// Settings: the instance's table of the configuration, checked.
//
// Threads: a value type.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "paynamed/config.hpp"

namespace paynamed::websocket {

struct Settings {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 8081;          // 0: the system's choice
  std::size_t threads = 1;
  std::string certificate;  // PEM files; empty: no TLS
  std::string key;
  std::vector<std::string> origins;  // of browsers that may connect; "*": all

  std::size_t most_connections = 20'000;
  std::size_t most_per_tenant = 20'000;
  std::size_t most_per_peer = 200;
  std::size_t most_subscriptions = 16;  // of one connection
  std::size_t message_bytes = 65'536;   // from a client
  std::size_t queue_bytes = 1U << 20;   // to a client

  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds auth_timeout{10'000};
  std::chrono::milliseconds check_interval{60'000};  // whether a credential still counts
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds pong_timeout{10'000};
  std::chrono::milliseconds stall_timeout{15'000};     // nothing was taken of what waits
  std::chrono::milliseconds reconnect_spread{10'000};  // clients of a drain come back within

  bool tls() const { return !certificate.empty(); }
};

// Throws Error, which names the key.
Settings read_settings(const Config& config);

}  // namespace paynamed::websocket
