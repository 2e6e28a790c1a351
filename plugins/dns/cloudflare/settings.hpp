// Settings: what the configuration says, checked.
//
// Threads: a value type.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <paynamed/config.hpp>
#include <string>

namespace paynamed::cloudflare {

struct Settings {
  // Throws Error naming the key.
  explicit Settings(const Config& config);

  Secret token;
  std::string zone_id;     // empty: found by name
  std::string account_id;  // empty: any that the token sees
  std::string endpoint;    // without a slash at its end
  bool plain = false;      // http:// to this machine
  std::string owner;
  bool batch = true;
  std::size_t max_batch = 200;
  std::chrono::milliseconds timeout{};

  // The budget of the token. A bucket with burst B that refills with r a second lets B + 300 r through in the
  // worst 5 minutes; that sum is what was configured, so that Cloudflare never blocks the user.
  double per_second = 0;
  std::uint32_t burst = 0;
  std::uint32_t reserve = 0;  // of the burst, what bulk work leaves to registrations that somebody waits for
};

}  // namespace paynamed::cloudflare
