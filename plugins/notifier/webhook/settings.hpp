// Settings: the instance's table, checked.
//
// Threads: a value type.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <paynamed/config.hpp>
#include <string>
#include <vector>

namespace paynamed::webhook {

struct Settings {
  bool allow_http = false;
  std::vector<std::string> allow;    // networks
  std::vector<std::string> names;    // special names, and those below them
  std::vector<std::string> nat64;    // prefixes of this network's translators
  std::vector<std::uint32_t> ports;  // empty: every port
  std::string proxy;                 // empty: none
  std::optional<Secret> ca;
  std::chrono::milliseconds timeout{0};
  std::string user_agent;
  std::string content_type;
  std::string handshake;  // the origin that receivers are asked about; empty: they are not asked
};

// Throws Error(kInvalidArgument) for networks, ports or a proxy that are none, and a timeout out of its
// bounds.
Settings read_settings(const Config& config);

}  // namespace paynamed::webhook
