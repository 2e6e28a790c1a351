// What the daemon asks for, checked and in our own words.
//
// Threads: pure.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <string>

#include "plan.hpp"
#include "settings.hpp"

namespace paynamed::cloudflare {

// Of one value, whatever its bytes: Cloudflare takes 4096 in wire format and 8192 characters in its own,
// where a byte that is not printable takes four.
inline constexpr std::uint32_t kMaxTxtBytes = 2'000;
inline constexpr std::uint32_t kMinTtl = 60;
inline constexpr std::uint32_t kMaxTtl = 86'400;

// Each throws Error(kInvalidArgument).
std::string zone_in(const std::string& zone);
std::string name_in(const std::string& name, const std::string& zone);
Change change_of(const plugin::v1::PublishRequest& request, const Settings& settings);
Change change_of(const plugin::v1::WithdrawRequest& request);

}  // namespace paynamed::cloudflare
