#include "settings.hpp"

#include "dns_name.hpp"

namespace paynamed::powerdns {
namespace {

ServerUrl url_in(const Config& config) {
  const auto url = ServerUrl::parse(config.string("url"), config.string("server", "localhost"));
  if (!url) {
    config.wrong(
        "url", "must be a URL such as http://127.0.0.1:8081 or https://pdns.example, without user and query");
  }
  if (url->plain() && !url->loopback() && !config.boolean("allow_plain", false)) {
    config.wrong("url",
                 "sends the API key in the clear to another host; use https, or say allow_plain = true");
  }
  return *url;
}

Access access_in(const Config& config) {
  Access access{url_in(config), config.string("server", "localhost"), config.secret("api_key"),
                config.find_secret("ca"), config.duration("timeout", std::chrono::seconds(10))};
  if (access.timeout < std::chrono::milliseconds(100)) config.wrong("timeout", "must be at least 100ms");
  return access;
}

std::string zone_in(const Config& config) {
  if (!config.has("zone")) return {};
  const auto zone = normal_name(config.string("zone"));
  if (!zone) config.wrong("zone", "must be a DNS name");
  return *zone;
}

std::uint32_t ttl_in(const Config& config, std::string_view key, std::int64_t fallback) {
  return static_cast<std::uint32_t>(config.integer_or(key, fallback, 1, 604'800));
}

}  // namespace

Settings read_settings(const Config& config) {
  Settings settings{access_in(config), zone_in(config), config.boolean("owner_marker", true),
                    ttl_in(config, "min_ttl", 60), ttl_in(config, "max_ttl", 86'400)};
  if (settings.min_ttl > settings.max_ttl) config.wrong("min_ttl", "must not be greater than \"max_ttl\"");
  return settings;
}

}  // namespace paynamed::powerdns
