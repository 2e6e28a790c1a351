// Why a connection ends, as its client learns it. 1000 to 2999 are RFC 6455's own (section 7.4); from 3000 to
// 3499 a client comes back by itself, from 3500 on it does not, for the same would happen again.
//
// Threads: constants.
#pragma once

#include <cstdint>

namespace paynamed::websocket {

enum class CloseCode : std::uint16_t {
  kUnsupported = 1003,   // a binary message
  kDraining = 3001,      // the server stops; reason has retry_after_ms
  kExpired = 3005,       // the token's time is over; come back with another one
  kSlow = 3008,          // what was sent was not read
  kPositionLost = 3010,  // the log cannot be read on from where this connection is
  kSilent = 3012,        // no answer to pings
  kTooMany = 3013,       // commands or frames in too short a time, a message without end
  kUnavailable = 3014,   // the daemon cannot tell who this is
  kRefused = 3500,       // the credential is not good
  kBadMessage = 3501,    // not a message of this protocol
  kNoCredential = 3502,  // none came in time
  kOtherTenant = 3503,   // a credential of another tenant on a connection that has one
};

constexpr std::uint16_t number_of(CloseCode code) {
  return static_cast<std::uint16_t>(code);
}

}  // namespace paynamed::websocket
