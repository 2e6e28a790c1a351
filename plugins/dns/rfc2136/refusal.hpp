// What a server's refusal means, as a status with a sentence that says what to do.
//
// Threads: pure.
#pragma once

#include <string>

#include "dns_message.hpp"

namespace paynamed::rfc2136 {

struct Asked {
  std::string server;  // "192.0.2.1 port 53"
  std::string zone;
  const TsigKey& key;
  const Message& message;
  bool update = false;
};

// RFC 2136 section 2.2: a prerequisite did not hold, and the server did nothing.
bool is_unmet_prerequisite(const Answer& answer);

// Always throws Error; only for an answer that is a refusal.
[[noreturn]] void throw_refusal(const Answer& answer, const Asked& asked);

}  // namespace paynamed::rfc2136
