#include "settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace paynamed::websocket {
namespace {

void read_listen(const Config& config, Settings& settings) {
  const std::string text = config.string("listen", "127.0.0.1:8081");
  const std::size_t colon = text.rfind(':');
  std::string address = colon == text.npos ? "" : text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  boost::system::error_code error;
  boost::asio::ip::make_address(address, error);
  const char* const first = text.data() + (colon == text.npos ? 0 : colon + 1);
  const char* const last = text.data() + text.size();
  const auto read = std::from_chars(first, last, settings.port);
  if (error || read.ec != std::errc() || read.ptr != last)
    config.wrong("listen", "must be an IP address and a port, as \"127.0.0.1:8081\" or \"[::1]:8081\"");
  settings.address = address;
}

// RFC 6454 section 6.2: scheme, host, port; no path.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme))
      return text.size() > scheme.size() && text.find('/', scheme.size()) == text.npos;
  }
  return text == "*";
}

void read_limits(const Config& config, Settings& settings) {
  const auto size = [&](std::string_view key, std::size_t fallback, std::int64_t least, std::int64_t most) {
    return static_cast<std::size_t>(config.integer_or(key, static_cast<std::int64_t>(fallback), least, most));
  };
  settings.most_connections = size("max_connections", settings.most_connections, 1, 1'000'000);
  settings.most_per_tenant = size("max_per_tenant", settings.most_connections, 1, 1'000'000);
  settings.most_per_peer = size("max_per_peer", settings.most_per_peer, 1, 1'000'000);
  settings.most_subscriptions = size("max_subscriptions", settings.most_subscriptions, 1, 64);
  settings.message_bytes = size("max_message_bytes", settings.message_bytes, 1'024, 1 << 20);
  settings.queue_bytes = size("max_queue_bytes", settings.queue_bytes, 65'536, 64 << 20);
}

void read_times(const Config& config, Settings& settings) {
  const auto time = [&](std::string_view key, std::chrono::milliseconds& value) {
    value = config.duration(key, value);
    if (value < std::chrono::seconds(1) || value > std::chrono::hours(1))
      config.wrong(key, "must be between \"1s\" and \"1h\"");
  };
  time("handshake_timeout", settings.handshake_timeout);
  time("auth_timeout", settings.auth_timeout);
  time("check_interval", settings.check_interval);
  time("ping_interval", settings.ping_interval);
  time("pong_timeout", settings.pong_timeout);
  time("stall_timeout", settings.stall_timeout);
  time("reconnect_spread", settings.reconnect_spread);
}

}  // namespace

Settings read_settings(const Config& config) {
  Settings settings;
  read_listen(config, settings);
  settings.threads = static_cast<std::size_t>(config.integer_or("threads", 1, 1, 16));
  settings.certificate = config.string("certificate", "");
  settings.key = config.string("key", "");
  if (settings.certificate.empty() != settings.key.empty())
    config.wrong(settings.key.empty() ? "key" : "certificate",
                 "is missing; TLS needs both `certificate` and `key`");
  settings.origins = config.strings("origins");
  for (const std::string& origin : settings.origins) {
    if (!is_origin(origin))
      config.wrong("origins", "must have origins like \"https://shop.example\", or \"*\"");
  }
  read_limits(config, settings);
  read_times(config, settings);
  return settings;
}

}  // namespace paynamed::websocket
