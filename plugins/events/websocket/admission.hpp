// Admission: what an HTTP request must be to become a connection, before anybody is asked who sends it.
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "settings.hpp"

namespace paynamed::websocket {

inline constexpr std::string_view kPath = "/v1/events";
// RFC 6455 section 1.9: what a browser offers beside its credential, for the server has to choose one.
inline constexpr std::string_view kProtocol = "paynamed.v1";
inline constexpr std::string_view kBearerProtocol = "paynamed.bearer.";

struct UpgradeRequest {
  std::string_view method;
  std::string_view target;
  bool upgrades = false;           // asks for a WebSocket
  std::string_view origin;         // empty: no browser
  std::string_view authorization;  // empty: none
  std::string_view protocols;      // Sec-WebSocket-Protocol, joined by commas
};

struct Admission {
  unsigned status = 101;
  std::string why;         // of another status: a sentence
  std::string credential;  // empty: comes in the first message
  bool names_protocol = false;
};

Admission admit(const UpgradeRequest& request, const Settings& settings);

}  // namespace paynamed::websocket
