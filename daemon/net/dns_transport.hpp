// DnsTransport asks one DNS server one question, by UDP (with TCP when the answer is cut off) or by TCP
// alone.
//
// Threads: query() may be called on any executor, many at once. The Clock and the Random must outlive the
// transport and every query.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <compare>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::net {

struct Endpoint {
  boost::asio::ip::address address;
  std::uint16_t port = 53;
  // "192.0.2.1:53", "[2001:db8::1]:53".
  std::string to_string() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "192.0.2.1", "192.0.2.1:5300", "192.0.2.1@5300" (as unbound writes it), "2001:db8::1",
// "[2001:db8::1]:5300"; the port is `default_port` without one. INVALID_ARGUMENT for other text.
base::Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 53);

enum class DnsCarrier {
  kUdpThenTcp,  // UDP, asked again twice when nothing comes; TCP when the answer has TC set
  kUdp,         // the same, but an answer with TC set is the answer
  kUdpOnce,     // one datagram and no more, for whoever counts them
  kTcp,
};

class DnsTransport {
 public:
  DnsTransport(base::Clock& clock, base::Random& random, DnsQueryOptions options = {})
      : clock_(clock), random_(random), options_(options) {}

  // The server's answer, whatever its rcode. Datagrams from elsewhere, with another id or another question,
  // are passed over. Failures:
  //   DEADLINE_EXCEEDED    nothing came within `timeout`
  //   UNAVAILABLE          the machine is there but nothing listens, or it hung up
  //   FAILED_PRECONDITION  this host has no route to the address (for example no IPv6): the server was not
  //   asked DATA_LOSS            the answer is malformed INVALID_ARGUMENT     the question's name is no DNS
  //   name CANCELLED            the calling coroutine was cancelled
  boost::asio::awaitable<base::Result<DnsAnswer>> query(Endpoint server, DnsQuestion question,
                                                        base::Duration timeout,
                                                        DnsCarrier carrier = DnsCarrier::kUdpThenTcp) const;

 private:
  base::Clock& clock_;
  base::Random& random_;
  DnsQueryOptions options_;
};

}  // namespace paynamed::net
