// Addresses of nodes that callers of the API may add, and the rules of the configuration that say which: an
// address comes from outside, and the daemon connects to it.
//
// Threads: value types; functions are pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::config {

// "https://node7.nodes.example.com:3010"
struct NodeAddress {
  std::string scheme;  // lower case
  std::string host;    // a name in lower case, or an IP address; IPv6 without brackets
  std::uint16_t port = 0;

  // In one way only, with its port.
  std::string text() const;
  // A scheme, a host and a port (443 where https has none) and nothing else. INVALID_ARGUMENT saying what is
  // wrong.
  static base::Result<NodeAddress> parse(std::string_view text);
};

// One of added_nodes: "node7.example.com:3010", "*.nodes.example.com:3010" (any name below it),
// "10.1.0.0/16:3010",
// "[fd00::/8]:3010"; "*" for the port is any. Names are not looked up: whoever gives them addresses decides
// where they lead. Addresses are matched by networks alone, names by names alone.
class NodeRule {
 public:
  // INVALID_ARGUMENT saying what is wrong.
  static base::Result<NodeRule> parse(std::string_view text);
  bool allows(const NodeAddress& address) const;

  friend bool operator==(const NodeRule&, const NodeRule&) = default;

 private:
  enum class Kind { kName, kBelow, kV4, kV6 };
  Kind kind_ = Kind::kName;
  std::string name_;                        // kName, kBelow (with its dot in front)
  std::array<std::uint8_t, 16> network_{};  // kV4 (the first four), kV6
  unsigned prefix_ = 0;                     // in bits
  std::optional<std::uint16_t> port_;       // nothing: any
};

}  // namespace paynamed::config
