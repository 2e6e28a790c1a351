// DnsOverTls: DNS messages over TLS (RFC 7858), the strict way: no answer is taken from a server whose
// certificate is not for the host that was meant (RFC 8310 section 6.6). Connections are kept.
//
// Threads: exchange() may be called on any executor, many at once; connections run on the executor that it
// was made with, whose context must outlive it. So must the clock, every exchange too.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/dns_resolver.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

class DnsOverTls {
 public:
  // As many exchanges at once; more are refused.
  static constexpr std::size_t kMostOpen = 256;

  DnsOverTls(boost::asio::any_io_executor executor, base::Clock& clock,
             std::shared_ptr<const TlsPolicy> policy);

  // The message that the resolver sends back, of up to 65,535 bytes; what is in it is not looked at. Failures
  // as HttpsClient::request().
  boost::asio::awaitable<base::Result<std::vector<std::uint8_t>>> exchange(DnsResolver resolver,
                                                                           std::vector<std::uint8_t> message,
                                                                           base::Duration timeout) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace paynamed::net
