// HttpExchange: one request and its answer, on a connection that is kept or has to be opened first, perhaps
// through a proxy.
//
// Threads: run() on the connection's strand, one at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_request.hpp"
#include "net/http_url.hpp"
#include "net/tls_connection.hpp"

namespace paynamed::net {

// How an exchange on one connection ended.
struct Exchanged {
  base::Result<HttpResponse> result = base::fail(base::unknown(""));
  bool sent = false;        // a byte may have reached the server
  bool unanswered = false;  // the server hung up without a byte
  bool keeps = false;       // the connection can be used again
};

class HttpExchange {
 public:
  // Where a connection has to be opened first: the endpoints of the server, or of the request's proxy.
  using OpenAt = std::optional<std::vector<boost::asio::ip::tcp::endpoint>>;

  HttpExchange(const HttpUrl& url, HttpRequest request, std::size_t most_header_bytes);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // May be called again when the connection before was dead. Failures are those of HttpsClient::request(). A
  // connection that cannot be used again is closed.
  static boost::asio::awaitable<Exchanged> run(std::shared_ptr<HttpExchange> exchange,
                                               std::shared_ptr<TlsConnection> connection, OpenAt open_at,
                                               base::MonotonicTime end, base::Duration timeout);

 private:
  struct Going;
  boost::asio::awaitable<base::Status> open(TlsConnection& connection,
                                            std::vector<boost::asio::ip::tcp::endpoint> endpoints) const;

  const std::unique_ptr<Going> going_;
};

}  // namespace paynamed::net
