#include "config/node_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace paynamed::config {
namespace {

constexpr std::size_t kMostHost = 253;  // RFC 1035 section 2.3.4
constexpr std::size_t kMostLabel = 63;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMostHost) return false;
  while (true) {
    const auto end = std::min(host.find('.'), host.size());
    const std::string_view label = host.substr(0, end);
    if (label.empty() || label.size() > kMostLabel || label.front() == '-' || label.back() == '-')
      return false;
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != label.npos) return false;
    if (end == host.size()) return true;
    host.remove_prefix(end + 1);
  }
}

// What the system's resolver takes as an address and we do not: "127.1", "0x7f000001".
bool looks_like_a_number(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of("0123456789") == last.npos ? true : last.starts_with("0x");
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || port == 0) return {};
  return port;
}

struct Split {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
};

// "host:port", "[v6]:port"; the port empty when there is none.
std::optional<Split> split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    return Split{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1), true};
  }
  const auto colon = text.find(':');
  if (colon == text.npos) return Split{text, {}, false};
  return Split{text.substr(0, colon), text.substr(colon + 1), false};
}

std::optional<std::array<std::uint8_t, 16>> ip_in(const std::string& text, int family) {
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(family, text.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

bool same_network(const std::array<std::uint8_t, 16>& left, const std::array<std::uint8_t, 16>& right,
                  unsigned prefix) {
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const unsigned shift = 7 - bit % 8;
    const auto differing = static_cast<unsigned>(left.at(bit / 8) ^ right.at(bit / 8));
    if (((differing >> shift) & 1U) != 0) return false;
  }
  return true;
}

}  // namespace

std::string NodeAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

base::Result<NodeAddress> NodeAddress::parse(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return base::fail(base::invalid_argument(fmt::format(
        "the address of a node is a scheme, a host and a port, \"https://node7.example.com:3010\", and {}",
        what)));
  };
  const auto colon = text.find("://");
  if (colon == text.npos || colon == 0) return wrong("this one has no scheme");
  NodeAddress address;
  address.scheme = lower(text.substr(0, colon));
  if (address.scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos)
    return wrong("this one has a wrong scheme");
  auto rest = text.substr(colon + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@\\") != rest.npos) return wrong("this one has more");
  const auto parts = split(rest);
  if (!parts) return wrong("this one has no host");
  address.host = lower(parts->host);
  if (parts->bracketed) {
    const auto bytes = ip_in(address.host, AF_INET6);
    if (!bytes) return wrong("what is in brackets is no IPv6 address");
    std::array<char, INET6_ADDRSTRLEN> shown{};
    address.host = ::inet_ntop(AF_INET6, bytes->data(), shown.data(), shown.size());
  } else if (!ip_in(address.host, AF_INET)) {
    if (!is_host_name(address.host) || looks_like_a_number(address.host))
      return wrong("this one's host is no name and no IP address");
  }
  if (parts->port.empty()) {
    if (address.scheme != "https") return wrong("this one has no port");
    address.port = 443;
  } else {
    const auto port = port_in(parts->port);
    if (!port) return wrong("this one's port is no number from 1 to 65535");
    address.port = *port;
  }
  return address;
}

base::Result<NodeRule> NodeRule::parse(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return base::fail(base::invalid_argument(
        fmt::format("{}; write \"*.nodes.example.com:3010\", \"node7.example.com:3010\" or "
                    "\"10.1.0.0/16:3010\"",
                    what)));
  };
  const auto parts = split(text);
  if (!parts || parts->host.empty()) return wrong("there is no host");
  NodeRule rule;
  if (parts->port != "*") {
    rule.port_ = port_in(parts->port);
    if (!rule.port_) return wrong("there is no port; \"*\" is any");
  }
  std::string host = lower(parts->host);
  const auto slash = host.find('/');
  if (slash != std::string::npos || parts->bracketed || ip_in(host, AF_INET)) {
    const int family = parts->bracketed ? AF_INET6 : AF_INET;
    const unsigned most = parts->bracketed ? 128 : 32;
    const auto network = ip_in(host.substr(0, slash), family);
    if (!network) return wrong("what should be an IP address is none");
    rule.prefix_ = most;
    if (slash != std::string::npos) {
      const auto digits = std::string_view(host).substr(slash + 1);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), rule.prefix_);
      if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() ||
          rule.prefix_ > most)
        return wrong("the length of the network is wrong");
    }
    rule.kind_ = parts->bracketed ? Kind::kV6 : Kind::kV4;
    rule.network_ = *network;
    return rule;
  }
  if (host.starts_with("*.")) {
    rule.kind_ = Kind::kBelow;
    host.erase(0, 1);
  }
  const auto name = rule.kind_ == Kind::kBelow ? std::string_view(host).substr(1) : std::string_view(host);
  if (!is_host_name(name) || looks_like_a_number(name)) return wrong("the host is no name");
  rule.name_ = std::move(host);
  return rule;
}

bool NodeRule::allows(const NodeAddress& address) const {
  if (port_ && *port_ != address.port) return false;
  const auto v4 = ip_in(address.host, AF_INET);
  const auto v6 = ip_in(address.host, AF_INET6);
  switch (kind_) {
    case Kind::kV4:
      return v4 && same_network(*v4, network_, prefix_);
    case Kind::kV6:
      return v6 && same_network(*v6, network_, prefix_);
    case Kind::kName:
      return !v4 && !v6 && address.host == name_;
    case Kind::kBelow:
      return !v4 && !v6 && address.host.size() > name_.size() && address.host.ends_with(name_);
  }
  return false;
}

}  // namespace paynamed::config
