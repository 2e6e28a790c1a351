// Settings: the instance's table, checked.
//
// Threads: a value type.
#pragma once

#include <cstdint>
#include <paynamed/config.hpp>
#include <string>

#include "api.hpp"

namespace paynamed::powerdns {

struct Settings {
  Access access;
  std::string only_zone;  // empty: any
  bool owner_marker = true;
  std::uint32_t min_ttl = 0;
  std::uint32_t max_ttl = 0;
};

// Throws Error(kInvalidArgument) for a URL that is none, or that would send the key in the clear to another
// host unasked, and for what does not fit together.
Settings read_settings(const Config& config);

}  // namespace paynamed::powerdns
