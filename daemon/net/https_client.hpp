// HttpsClient: HTTP/1.1 over TLS to servers that we do not trust with more than their answer. Connections are
// kept for the next request to the same server.
//
// Threads: request() may be called on any executor, many at once; connections run on the executor that the
// client was made with, whose context must outlive it. So must the clock, every request too.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/http_request.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

// Finds the addresses of a host, as HostLookup::find.
using FindHost = std::function<boost::asio::awaitable<base::Result<std::vector<boost::asio::ip::address>>>(
    std::string host, base::Duration timeout)>;

struct HttpsClientSettings {
  std::shared_ptr<const TlsPolicy> policy;
  bool loopback_http = false;        // http:// to loopback addresses is allowed
  std::size_t most_open = 256;       // requests at once
  std::size_t most_per_origin = 0;   // of them to one server, the others wait; 0: no limit
  std::size_t most_lookups = 16;     // of host names at once
  std::size_t idle_per_origin = 4;   // connections kept for one server
  std::size_t idle_total = 32;       // and for all
  base::Duration idle_time{30'000};  // how long
  std::size_t most_header_bytes = 16 * 1024;
  FindHost find_host = nullptr;  // in place of the system's resolver
};

// How a request ended, and what the server may know of it.
struct HttpOutcome {
  HttpOutcome(base::Result<HttpResponse> result_, bool sent_) : result(std::move(result_)), sent(sent_) {}

  base::Result<HttpResponse> result;
  // A byte of the request may have reached the server. False: surely none has.
  bool sent;
};

class HttpsClient {
 public:
  HttpsClient(boost::asio::any_io_executor executor, base::Clock& clock, HttpsClientSettings settings);
  ~HttpsClient();  // ends the waits, not what is sent

  // The server's answer, whatever its status; redirects are answers too and never followed. `timeout` is for
  // all of it, from the look-up of the name to the last byte. Failures:
  //   INVALID_ARGUMENT     the URL, the method or a header cannot be sent; nothing was
  //   DEADLINE_EXCEEDED    not done within `timeout`
  //   UNAVAILABLE          no such host, nothing listens, no TLS, or it hung up
  //   FAILED_PRECONDITION  this host has no route to it
  //   UNAUTHENTICATED      its certificate is not to be believed, and why
  //   PERMISSION_DENIED    the request's guard lets nobody call this host; nothing was sent
  //   OUT_OF_RANGE         the answer's headers or body are larger than allowed
  //   DATA_LOSS            the answer is not HTTP
  //   RESOURCE_EXHAUSTED   too many requests are open
  //   CANCELLED            the calling coroutine was cancelled
  boost::asio::awaitable<base::Result<HttpResponse>> request(HttpRequest request,
                                                             base::Duration timeout) const;

  // The same, for those who have to know whether the server may have acted.
  boost::asio::awaitable<HttpOutcome> attempt(HttpRequest request, base::Duration timeout) const;

  // Requests that wait for a place end with CANCELLED: before the end of whom requests keep alive.
  void end_waits() const;

  // Connections that are kept now; for tests and metrics.
  std::size_t idle() const;
  // Connections that are open or being opened, kept ones included.
  std::size_t connections() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::net
