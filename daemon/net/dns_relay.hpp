// DnsRelay: a DNS server on loopback, by TCP, for our own process alone, that carries each question to
// resolvers over TLS or HTTPS. libunbound asks it where it cannot ask servers at port 53; what it brings back
// is validated there as always.
//
// Threads: may be made and destroyed on any thread; works on the executor that it was given, whose context
// must outlive it. So must the clock.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/dns_resolver.hpp"
#include "net/resolver_transport.hpp"

namespace paynamed::net {

class DnsRelay {
 public:
  struct Settings {
    std::vector<DnsResolver> resolvers;   // over TLS or HTTPS; asked in turn until one answers
    base::Duration query_timeout{3'000};  // for one question to one of them
    std::size_t most_connections = 64;
    std::size_t most_questions = 16;   // under way, of one connection; more are answered SERVFAIL
    base::Duration idle_time{60'000};  // a connection without a question is closed
  };

  // Listens on a port that the system chooses. UNAVAILABLE when it cannot.
  static base::Result<std::unique_ptr<DnsRelay>> start(boost::asio::any_io_executor executor,
                                                       base::Clock& clock,
                                                       std::shared_ptr<const ResolverTransport> transport,
                                                       Settings settings);
  // Takes no more questions; those under way end by themselves.
  ~DnsRelay();
  DnsRelay(const DnsRelay&) = delete;
  DnsRelay& operator=(const DnsRelay&) = delete;

  Endpoint endpoint() const;

 private:
  class Server;
  explicit DnsRelay(std::shared_ptr<Server> server);
  std::shared_ptr<Server> server_;
};

}  // namespace paynamed::net
