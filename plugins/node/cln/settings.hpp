// Settings: the table of an instance.
//
// Threads: a value type.
#pragma once

#include <chrono>
#include <optional>
#include <paynamed/config.hpp>
#include <paynamed/secret.hpp>
#include <string>

namespace paynamed::cln {

struct Settings {
  enum class Transport { kSocket, kRest };

  // Throws Error naming the key that is wrong.
  explicit Settings(const Config& config);

  Transport transport;
  std::string network;
  std::chrono::milliseconds timeout;
  std::string socket;          // kSocket
  std::string url;             // kRest; without a slash at its end
  std::optional<Secret> rune;  // kRest
  std::string ca;              // kRest; empty: the system's authorities
};

}  // namespace paynamed::cln
