#include "settings.hpp"

#include <algorithm>
#include <regex>

namespace paynamed::cloudflare {
namespace {

constexpr double kWindowSeconds = 300;
// So small a part of the window's requests may come at once; the rest comes steadily.
constexpr std::int64_t kBurstShare = 40;
// Two looks before a change, the change and a look after it, and one to spare.
constexpr std::uint32_t kRequestsOfARegistration = 5;

bool is_this_machine(const std::string& url) {
  static const std::regex kLoopback(
      R"(^http://(127(\.[0-9]{1,3}){3}|\[::1\]|localhost)(:[0-9]{1,5})?(/.*)?$)");
  return std::regex_match(url, kLoopback);
}

std::string endpoint_in(const Config& config) {
  auto endpoint = config.string("endpoint", "https://api.cloudflare.com/client/v4");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!endpoint.starts_with("https://") && !is_this_machine(endpoint)) {
    config.wrong("endpoint",
                 "must begin with https://, for the token goes there; http:// is for addresses of "
                 "this machine");
  }
  return endpoint;
}

}  // namespace

Settings::Settings(const Config& config)
    : token(config.secret("api_token")),
      zone_id(config.string("zone_id", "")),
      account_id(config.string("account_id", "")),
      endpoint(endpoint_in(config)),
      plain(endpoint.starts_with("http://")),
      owner(config.string("owner", "paynamed")),
      batch(config.boolean("batch", true)),
      max_batch(static_cast<std::size_t>(config.integer_or("max_batch", 200, 1, 3'500))),
      timeout(config.duration("timeout", std::chrono::seconds(30))) {
  const auto requests = config.integer_or("requests_per_5_minutes", 1'200, 40, 1'000'000);
  burst = static_cast<std::uint32_t>(requests / kBurstShare);
  reserve = std::min(kRequestsOfARegistration, burst - 1);
  per_second = static_cast<double>(requests - burst) / kWindowSeconds;
  if (timeout < std::chrono::seconds(1) || timeout > std::chrono::minutes(5)) {
    config.wrong("timeout", "must be between 1s and 5m");
  }
}

}  // namespace paynamed::cloudflare
