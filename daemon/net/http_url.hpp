// HttpUrl: an http or https URL in its parts.
//
// Threads: a value type and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::net {

struct HttpUrl {
  bool tls = false;
  std::string host;  // lower case, an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string path;   // as written: empty, or with a slash in front
  std::string query;  // as written, without the question mark
  bool has_query = false;

  // The Host header (RFC 9110 section 7.2): the port only when it is not the scheme's own.
  std::string authority() const;
  // The first line's target in origin form (RFC 9112 section 3.2.1).
  std::string target() const;
  // The host is a loopback address or "localhost".
  bool is_loopback() const;
};

// A URL with scheme, host and perhaps port, path and query (RFC 3986). INVALID_ARGUMENT, in words that begin
// with the text in quotes, for anything else: another scheme, a user, a fragment, a host that is neither a
// name nor an address.
base::Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace paynamed::net
