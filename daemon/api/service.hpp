// Service: the API without sockets. Takes a Request through limits, routing, authentication and rate limit to
// its handler, and gives every answer its headers.
//
// Threads: any; one Request at a time belongs to its caller.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <optional>

#include "api/dependencies.hpp"
#include "api/message.hpp"
#include "api/observation.hpp"
#include "api/open_streams.hpp"
#include "api/rate_limit.hpp"
#include "api/router.hpp"

namespace paynamed::api {

// Soft limits: a request beyond them gets 413, 414 or 431. The server cuts the connection at four times as
// much.
struct Limits {
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_count = 64;
  std::size_t header_name_bytes = 256;
  std::size_t header_value_bytes = 8 * 1024;
  std::size_t body_bytes = 64 * 1024;
};

class Service {
 public:
  Service(Dependencies dependencies, Limits limits, RateLimit rate, StreamLimits streams = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // An answer in progress. Move-only by use: begin() makes one, finish() ends it.
  struct Progress {
    const Route* route = nullptr;
    base::MonotonicTime started;
    std::optional<Response> response;  // set: there is nothing to wait for
    std::optional<RateLimiter::Decision> rate;
    // Set: its head is the answer, to be finished as a response, and its body follows.
    std::optional<StreamedAnswer> stream;
    std::shared_ptr<OpenStreams::Place> place;  // of `stream`, until it has ended
  };

  // Everything that needs no waiting: checks, and the handler unless it waits.
  Progress begin(Request& request);
  // The handler of a Progress with neither response nor stream. Never throws.
  boost::asio::awaitable<Response> wait(Request& request, const Progress& progress);
  // Puts the common headers on the answer and reports the exchange.
  void finish(const Request& request, const Progress& progress, Response& response);

  // All three in a row; of a stream the head alone.
  boost::asio::awaitable<Response> handle(Request& request);

  const Router& router() const { return router_; }
  const Limits& limits() const { return limits_; }
  OpenStreams& streams() { return streams_; }

 private:
  std::optional<Response> over_limit(const Request& request) const;
  std::optional<Response> admit(Request& request, Progress& progress);
  std::optional<Response> check_negotiation(const Request& request, const Route& route) const;
  void open_stream(const StreamingHandler& handler, Request& request, Progress& progress);

  Dependencies dependencies_;
  Limits limits_;
  Authenticator authenticator_;
  RateLimiter rate_limiter_;
  Observation observation_;
  OpenStreams streams_;
  Router router_;
};

}  // namespace paynamed::api
