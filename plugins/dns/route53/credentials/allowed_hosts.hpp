// Which hosts credentials may be asked from, or sent to, without TLS.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace paynamed::route53 {

// The host of an http or https URL in lower case, without its port; an IPv6 address with its brackets. Empty
// for what is no such URL, and for one with user information.
std::string host_of(std::string_view url);

// This machine: "localhost", 127.0.0.0/8 or [::1]; not a name that begins like an address.
bool is_loopback_host(std::string_view host);

}  // namespace paynamed::route53
