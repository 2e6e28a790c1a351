// HttpRequest and HttpResponse: what HttpsClient sends and gets.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/address_guard.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

// An HTTP proxy that requests go through: by CONNECT (RFC 9110 section 9.3.6) those of https, by the absolute
// form (RFC 9112 section 3.2.2) those of http. It finds the addresses of hosts.
struct HttpProxy {
  std::string host;
  std::uint16_t port = 0;

  // "http://HOST:PORT" and nothing more. INVALID_ARGUMENT otherwise.
  static base::Result<HttpProxy> parse(std::string_view url);
};

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
  // Who may be called. It judges each address that a name has, and one that must not be called refuses the
  // request; with a proxy it can judge only hosts that are addresses, and ports. Connections are kept for one
  // guard each.
  std::shared_ptr<const AddressGuard> guard = nullptr;
  std::optional<HttpProxy> proxy = std::nullopt;
  // The status is what counts: of a body that is longer than most_body_bytes the beginning is taken, and an
  // answer that breaks off, or does not end in time, behind its status line is an answer.
  bool truncate = false;
  // Requests in different lanes do not wait for each other's places at a server.
  std::string lane{};
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
