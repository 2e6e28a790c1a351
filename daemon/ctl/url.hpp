// Url: where the daemon is.
//
// Threads: a value type.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::ctl {

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  std::string port;
  std::string prefix;     // a path before the API's own, without a slash at its end
  std::string authority;  // the Host header (RFC 9110 section 7.2)
};

// "http://127.0.0.1:8080", "https://names.example.com". INVALID_ARGUMENT for other text, and for http to
// another machine: the API key would cross the network for everybody to read.
base::Result<Url> parse_url(std::string_view text);
// One text for all ways to write it: "http://127.0.0.1:8080".
std::string to_string(const Url& url);

// Everything but unreserved characters and '@' escaped (RFC 3986 section 2.3).
std::string percent_encode(std::string_view text);

}  // namespace paynamed::ctl
