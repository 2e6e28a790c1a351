#include "server_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "dns_message.hpp"

namespace paynamed::rfc2136 {
namespace {

constexpr std::size_t kMostResolvers = 3;
constexpr std::size_t kMostLines = 1'000;

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_host_name(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!std::all_of(text.begin(), text.end(), allowed)) return false;
  // "1.2.3" or "192.0.2.300" is a mistyped address; the system would make some address of it.
  const std::string bare = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  const std::string last = bare.substr(bare.find_last_of('.') + 1);
  if (last.find_first_not_of("0123456789") == std::string::npos) return false;
  return normal_name(text).has_value();
}

}  // namespace

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)] = {};
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return true;
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), bytes) == 1;
}

std::optional<HostAndPort> host_and_port(std::string_view text) {
  HostAndPort found;
  const auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    found.host = text.substr(1, end - 1);
    if (found.host.find(':') == std::string::npos || !is_address(found.host)) return std::nullopt;
    if (end + 1 == text.size()) return found;
    if (text[end + 1] != ':') return std::nullopt;
    found.port = port_of(text.substr(end + 2));
    return found.port ? std::optional(found) : std::nullopt;
  }
  if (colon == std::string_view::npos || is_address(std::string(text))) {
    found.host = text;
  } else {
    found.host = text.substr(0, colon);
    found.port = port_of(text.substr(colon + 1));
    // Several colons and no address: nobody knows which of them begins the port.
    if (!found.port || found.host.find(':') != std::string::npos) return std::nullopt;
  }
  if (!is_address(found.host) && !is_host_name(found.host)) return std::nullopt;
  return found;
}

std::vector<Server> system_resolvers(std::istream& resolv_conf) {
  std::vector<Server> found;
  std::string line;
  for (std::size_t i = 0; i < kMostLines && found.size() < kMostResolvers && std::getline(resolv_conf, line);
       ++i) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (words >> keyword >> address && keyword == "nameserver" && is_address(address)) {
      found.push_back({address, 53});
    }
  }
  if (found.empty()) found.push_back({"127.0.0.1", 53});
  return found;
}

}  // namespace paynamed::rfc2136
