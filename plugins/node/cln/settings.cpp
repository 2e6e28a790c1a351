#include "settings.hpp"

#include <charconv>

namespace paynamed::cln {
namespace {

using Transport = Settings::Transport;

constexpr std::size_t kMostFrontingNodes = 16;
constexpr std::size_t kKeyDigits = 66;

Transport transport_in(const Config& config) {
  const auto text = config.string("transport");
  if (text == "socket") return Transport::kSocket;
  if (text == "rest") return Transport::kRest;
  if (text == "grpc") return Transport::kGrpc;
  config.wrong("transport", "must be \"rest\", \"socket\" or \"grpc\"");
}

std::string url_in(const Config& config) {
  auto url = config.string("url");
  while (url.ends_with('/')) url.pop_back();
  if (!url.starts_with("https://")) config.wrong("url", "must begin with https://, for the rune goes there");
  return url;
}

std::string path_in(const Config& config, const char* key) {
  auto path = config.string(key);
  if (path.empty()) config.wrong(key, "must not be empty");
  return path;
}

// Host and port, as gRPC and we ourselves read them: "127.0.0.1:9736", "[::1]:9736", "node.example:9736".
std::string address_in(const Config& config) {
  const auto text = config.string("address");
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    host.clear();
  }
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  const bool good =
      colon != std::string::npos && !host.empty() && read.ec == std::errc() && read.ptr == end && port >= 1 &&
      port <= 65'535 &&
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") ==
          std::string::npos;
  if (!good) config.wrong("address", "must be a host and a port, for example \"127.0.0.1:9736\"");
  return text;
}

std::string server_name_in(const Config& config) {
  auto name = config.string("server_name", "cln");
  if (name.empty()) config.wrong("server_name", "must be a name in the node's certificate");
  return name;
}

std::vector<std::string> fronting_nodes_in(const Config& config) {
  auto nodes = config.strings("fronting_nodes");
  if (nodes.size() > kMostFrontingNodes) {
    config.wrong("fronting_nodes", "names more than " + std::to_string(kMostFrontingNodes) + " nodes");
  }
  for (const auto& each : nodes) {
    const bool is_key = each.size() == kKeyDigits && (each.starts_with("02") || each.starts_with("03")) &&
                        each.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_key) {
      config.wrong("fronting_nodes", "must be node ids: 66 lower-case hex digits that begin with 02 or 03");
    }
  }
  return nodes;
}

// Keys that belong to other transports.
void refuse(const Config& config, std::initializer_list<const char*> keys, const char* transports) {
  for (const char* key : keys) {
    if (config.has(key)) config.wrong(key, std::string("belongs to transport = ") + transports);
  }
}

}  // namespace

Settings::Settings(const Config& config)
    : transport(transport_in(config)),
      network(config.string("network", "bitcoin")),
      timeout(config.duration("timeout", std::chrono::seconds(10))),
      fronting_nodes(fronting_nodes_in(config)) {
  if (timeout < std::chrono::seconds(1) || timeout > std::chrono::minutes(1)) {
    config.wrong("timeout", "must be between 1s and 1m");
  }
  if (transport != Transport::kSocket) refuse(config, {"socket"}, "\"socket\"");
  if (transport != Transport::kRest) refuse(config, {"url", "rune"}, "\"rest\"");
  if (transport != Transport::kGrpc) {
    refuse(config, {"address", "server_name", "client_certificate", "client_key"}, "\"grpc\"");
  }
  switch (transport) {
    case Transport::kSocket:
      refuse(config, {"ca"}, "\"rest\" and \"grpc\"");
      socket = config.string("socket");
      if (!socket.starts_with('/')) config.wrong("socket", "must be a path from the root");
      break;
    case Transport::kRest:
      url = url_in(config);
      rune = config.secret("rune");
      ca = config.string("ca", "");
      break;
    case Transport::kGrpc:
      address = address_in(config);
      server_name = server_name_in(config);
      ca = path_in(config, "ca");
      client_certificate = path_in(config, "client_certificate");
      client_key = config.secret("client_key");
      break;
  }
}

}  // namespace paynamed::cln
