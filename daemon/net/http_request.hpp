// HttpRequest and HttpResponse: what HttpsClient sends and gets.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

struct HttpRequest {
  std::string method = "GET";
  // https; or http, with allow_plain or, to a loopback address, when the settings allow it.
  std::string url;
  // Not Host, Content-Length, Transfer-Encoding or Connection, which are the client's.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t most_body_bytes = 1024 * 1024;  // of the answer
  // Where to connect, when that is known; else the system's resolver says. The certificate must be for the
  // URL's host either way.
  std::optional<boost::asio::ip::address> address;
  // May reach the server twice: when a connection that was kept turns out to be dead, a request is sent once
  // more. GET, HEAD, PUT, DELETE and OPTIONS always may (RFC 9110 section 9.2.2).
  bool repeatable = false;
  bool allow_plain = false;  // http:// is wanted, wherever the server is
  // Whom to believe, in place of the client's own policy. Connections are kept for one policy each.
  std::shared_ptr<const TlsPolicy> policy = nullptr;
  bool background = false;  // others may have a place at the server first
};

struct HttpResponse {
  unsigned status = 0;
  // Names in lower case; of several with one name, joined by ", " (RFC 9110 section 5.2).
  std::map<std::string, std::string> headers;
  std::string body;
};

// INVALID_ARGUMENT when the method or a header would make another request of it, or is the client's to set.
base::Status check_request(const HttpRequest& request);
// It does no harm when it reaches the server twice.
bool may_be_repeated(const HttpRequest& request);
// ASCII letters in lower case.
std::string lower_case(std::string_view text);

}  // namespace paynamed::net
