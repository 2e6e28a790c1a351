// One DNS message over HTTPS (RFC 8484): POST with application/dns-message.
//
// Threads: may be called on any executor, many at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "net/dns_resolver.hpp"
#include "net/https_client.hpp"

namespace paynamed::net {

// The message that the resolver sends back; what is in it is not looked at. The client must outlive it.
// Failures as HttpsClient::request(), and
//   PERMISSION_DENIED  the resolver answers with HTTP status 401, 403, 404 or 429
//   INTERNAL           with another status than 200
//   DATA_LOSS          with something else than a DNS message
boost::asio::awaitable<base::Result<std::vector<std::uint8_t>>> dns_over_https(
    const HttpsClient& client, DnsResolver resolver, std::vector<std::uint8_t> message,
    base::Duration timeout);

}  // namespace paynamed::net
