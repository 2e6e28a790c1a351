#include "settings.hpp"

namespace paynamed::cln {
namespace {

using Transport = Settings::Transport;

Transport transport_in(const Config& config) {
  const auto text = config.string("transport");
  if (text == "socket") return Transport::kSocket;
  if (text == "rest") return Transport::kRest;
  config.wrong("transport", "must be \"socket\" or \"rest\"");
}

std::string url_in(const Config& config) {
  auto url = config.string("url");
  while (url.ends_with('/')) url.pop_back();
  if (!url.starts_with("https://")) config.wrong("url", "must begin with https://, for the rune goes there");
  return url;
}

void refuse(const Config& config, std::initializer_list<const char*> keys, const char* transport) {
  for (const char* key : keys) {
    if (config.has(key)) config.wrong(key, std::string("belongs to transport = \"") + transport + "\"");
  }
}

}  // namespace

Settings::Settings(const Config& config)
    : transport(transport_in(config)),
      network(config.string("network", "bitcoin")),
      timeout(config.duration("timeout", std::chrono::seconds(10))) {
  if (timeout < std::chrono::seconds(1) || timeout > std::chrono::minutes(1)) {
    config.wrong("timeout", "must be between 1s and 1m");
  }
  if (transport == Transport::kSocket) {
    refuse(config, {"url", "rune", "ca"}, "rest");
    socket = config.string("socket");
    if (!socket.starts_with('/')) config.wrong("socket", "must be a path from the root");
  } else {
    refuse(config, {"socket"}, "socket");
    url = url_in(config);
    rune = config.secret("rune");
    ca = config.string("ca", "");
  }
}

}  // namespace paynamed::cln
