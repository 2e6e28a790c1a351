// Where a DNS server is, from the text of the configuration or of /etc/resolv.conf.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::rfc2136 {

struct Server {
  std::string host;  // an address or a host name, for people and for the system's name lookup
  std::uint16_t port = 53;
  std::vector<std::string> addresses = {};  // where it was looked up already: used instead of `host`
};

struct HostAndPort {
  std::string host;  // without brackets
  std::optional<std::uint16_t> port;
};

// "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353", "ns1.example.com",
// "ns1.example.com:5353". Nothing for everything else.
std::optional<HostAndPort> host_and_port(std::string_view text);

// "192.0.2.1", "2001:db8::1", "fe80::1%eth0".
bool is_address(const std::string& host);

// The name servers that a resolv.conf lists, at most three as resolv.conf(5) has it; the one of this machine
// if it lists none.
std::vector<Server> system_resolvers(std::istream& resolv_conf);

}  // namespace paynamed::rfc2136
