#include "settings.hpp"

#include "network.hpp"

namespace paynamed::webhook {
namespace {

std::vector<std::string> networks_in(const Config& config) {
  auto networks = config.strings("allow");
  for (const auto& each : networks) {
    if (!is_network(each)) {
      config.wrong("allow", "has '" + each + "', which is not a network such as 10.1.0.0/16");
    }
    if (is_local_nat64(each)) {
      config.wrong("allow", "has '" + each + "', which leads to any IPv4 address; write it to nat64");
    }
  }
  return networks;
}

std::vector<std::string> nat64_in(const Config& config) {
  auto prefixes = config.strings("nat64");
  for (const auto& each : prefixes) {
    if (!is_nat64_prefix(each)) {
      config.wrong("nat64",
                   "has '" + each + "', which is not an IPv6 network of 32, 40, 48, 56, 64 or 96 bits");
    }
  }
  return prefixes;
}

std::vector<std::string> names_in(const Config& config) {
  auto names = config.strings("allow_names");
  for (const auto& each : names) {
    if (!is_name(each)) {
      config.wrong("allow_names",
                   "has '" + each + "', which is not a name such as hooks.internal, in lower case");
    }
  }
  return names;
}

std::vector<std::uint32_t> ports_in(const Config& config) {
  std::vector<std::uint32_t> ports;
  for (const std::int64_t each : config.integers("ports", 1, 65'535)) {
    ports.push_back(static_cast<std::uint32_t>(each));
  }
  return ports;
}

std::string proxy_in(const Config& config) {
  auto proxy = config.string("proxy", "");
  if (!proxy.empty() && !is_proxy(proxy)) {
    config.wrong("proxy", "must be a URL such as http://proxy.example:3128, without a user");
  }
  return proxy;
}

std::chrono::milliseconds timeout_in(const Config& config) {
  const auto timeout = config.duration("timeout", std::chrono::seconds(20));
  if (timeout < std::chrono::seconds(1) || timeout > std::chrono::seconds(60)) {
    config.wrong("timeout", "must be between 1s and 60s");
  }
  return timeout;
}

}  // namespace

Settings read_settings(const Config& config) {
  Settings settings;
  settings.allow_http = config.boolean("allow_http", false);
  settings.allow = networks_in(config);
  settings.nat64 = nat64_in(config);
  settings.names = names_in(config);
  settings.ports = ports_in(config);
  settings.proxy = proxy_in(config);
  settings.ca = config.find_secret("ca");
  settings.timeout = timeout_in(config);
  settings.user_agent = config.string("user_agent", "paynamed");
  settings.content_type = config.string("content_type", "application/json");
  settings.handshake = config.string("handshake", "");
  return settings;
}

}  // namespace paynamed::webhook
