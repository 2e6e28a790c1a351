// ResolverTransport asks a recursive resolver one question, in the way that is configured for it.
//
// Threads: every function may be called on any executor, many at once; connections run on the executor that
// it was made with, whose context must outlive it. So must the clock and the Random, every question too.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "net/dns_over_tls.hpp"
#include "net/dns_resolver.hpp"
#include "net/dns_transport.hpp"
#include "net/https_client.hpp"

namespace paynamed::net {

class ResolverTransport {
 public:
  ResolverTransport(boost::asio::any_io_executor executor, base::Clock& clock, base::Random& random,
                    std::shared_ptr<const TlsPolicy> policy);

  // The resolver's answer, whatever its rcode. Recursion is asked for. Failures as DnsTransport::query() and
  // dns_over_https(); UNAUTHENTICATED when its certificate is not to be believed.
  boost::asio::awaitable<base::Result<DnsAnswer>> query(DnsResolver resolver, DnsQuestion question,
                                                        base::Duration timeout) const;

  // A message as it is, over TLS or HTTPS (INVALID_ARGUMENT for a resolver of plain DNS). The answer has the
  // message's id again; everything else in it is as it came.
  boost::asio::awaitable<base::Result<std::vector<std::uint8_t>>> relay(DnsResolver resolver,
                                                                        std::vector<std::uint8_t> message,
                                                                        base::Duration timeout) const;

 private:
  base::Random& random_;
  DnsTransport plain_;
  DnsOverTls tls_;
  HttpsClient https_;
};

}  // namespace paynamed::net
