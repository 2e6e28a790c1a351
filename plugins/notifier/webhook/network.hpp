// What the operator wrote of networks and proxies, checked before an instance is made: the daemon's HTTP
// client checks it, too, but only when something is sent.
//
// Threads: pure functions.
#pragma once

#include <string>

namespace paynamed::webhook {

// "10.1.0.0/16", "fd00::/8", or one address; no bits are set behind the prefix.
bool is_network(const std::string& text);
// A network of 64:ff9b:1::/48, which leads to any IPv4 address (RFC 8215).
bool is_local_nat64(const std::string& network);
// An IPv6 network whose length RFC 6052 has.
bool is_nat64_prefix(const std::string& text);
// "hooks.internal": lower case, labels that are some, no dot in front or at the end, no address.
bool is_name(const std::string& text);
// "http://HOST", "http://HOST:PORT", perhaps with a slash at the end.
bool is_proxy(const std::string& text);

}  // namespace paynamed::webhook
