// What the operator wrote of networks and proxies, checked before an instance is made: the daemon's HTTP
// client checks it, too, but only when something is sent.
//
// Threads: pure functions.
#pragma once

#include <string>

namespace paynamed::webhook {

// "10.1.0.0/16", "fd00::/8", or one address; no bits are set behind the prefix.
bool is_network(const std::string& text);
// "hooks.internal": lower case, labels that are some, no dot in front or at the end, no address.
bool is_name(const std::string& text);
// "http://HOST", "http://HOST:PORT", perhaps with a slash at the end.
bool is_proxy(const std::string& text);

}  // namespace paynamed::webhook
