// DnsResolver: a recursive resolver and how it is asked: plain DNS, DNS over TLS (RFC 7858) or DNS over HTTPS
// (RFC 8484).
//
// Threads: a value type.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "net/dns_transport.hpp"

namespace paynamed::net {

struct DnsResolver {
  enum class Kind { kPlain, kTls, kHttps };
  Kind kind = Kind::kPlain;
  // As people write it: "192.0.2.1:53", "tls://192.0.2.1:853#dns.example", "https://dns.example/dns-query".
  std::string shown;
  // Where to connect; without it the system's resolver finds `host`. Always there for kPlain.
  std::optional<boost::asio::ip::address> address;
  std::uint16_t port = 53;
  // Of kTls and kHttps: whom the certificate must be for, a name or an address (without brackets).
  std::string host;
  std::string path;  // of kHttps, with its query
};

DnsResolver plain_resolver(const Endpoint& endpoint);

}  // namespace paynamed::net
