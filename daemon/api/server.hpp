// Server: the REST API on a TCP port.
//
// Runs on the daemon's io_context, on all of its threads. RESTinio, which does the HTTP, is known to
// server.cpp only.
//
// Threads: start() and stop() from any thread; the io_context outlives the server, and has to be stopped
// before the dependencies end: an idle connection may bring a request until then (it gets 503 once stop() was
// called).
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/service.hpp"
#include "api/time_limits.hpp"

namespace paynamed::api {

struct Settings {
  std::string listen = "127.0.0.1:8080";  // address:port, [address]:port for IPv6; port 0: the system chooses
  Limits limits;
  RateLimit rate;
  StreamLimits streams;
  // One more is closed at once; never more than half of the file descriptors that the process may have.
  std::uint32_t max_connections = 1024;
  base::Duration read_timeout{
      30'000};  // for a request to come in whole; also how long a connection may be idle
  base::Duration answer_within = kAnswerWithin;    // what lasts longer is answered with DEADLINE_EXCEEDED
  base::Duration handle_timeout = kHandleTimeout;  // then RESTinio closes the connection without an answer
  base::Duration write_timeout{30'000};
};

class Server {
 public:
  // Listens from now on. INVALID_ARGUMENT for a `listen` that is no address, UNAVAILABLE when the port cannot
  // be taken.
  static base::Result<std::unique_ptr<Server>> start(boost::asio::io_context& context, Settings settings,
                                                     Dependencies dependencies);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Where it listens, as in Settings::listen, with the port that was chosen.
  std::string address() const;

  // Takes no more connections, answers long polls and waiting callers at once with what is known, ends
  // streams after a word about when to come back, lets the others finish until `deadline` and answers the
  // rest with 503. True when nothing had to be cut; a stream that is cut goes on where it was. Call it once.
  boost::asio::awaitable<bool> stop(base::Duration deadline);

 private:
  class Implementation;
  explicit Server(std::shared_ptr<Implementation> implementation);
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace paynamed::api
