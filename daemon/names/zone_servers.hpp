// Which servers are authoritative for a name, found from the root (or a configured start) down the
// delegations, by asking authoritative servers only: a recursive resolver would remember that the name was
// not there.
//
// Threads: find() may be called on any executor, many at once. Transport and clock must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/dns_transport.hpp"

namespace paynamed::names {

struct AuthoritativeSettings {
  // Where every search starts; empty means the root servers of the Internet (named.root).
  std::vector<boost::asio::ip::address> roots;
  // Zones whose servers are known beforehand, for names that the public tree does not have.
  struct Stub {
    std::string zone;
    std::vector<boost::asio::ip::address> addresses;
  };
  std::vector<Stub> stubs;
  std::uint16_t port = 53;  // of every authoritative server
  base::Duration query_timeout{3'000};
  // Bounds on what foreign zones can make us do.
  std::size_t max_servers = 16;    // of one zone
  std::size_t max_addresses = 32;  // of all its servers
  std::size_t max_queries = 200;   // to find them
  std::size_t max_depth = 5;       // name servers whose names lie in zones whose name servers lie in ...
};

struct ZoneServer {
  std::string name;
  std::vector<boost::asio::ip::address> addresses;
  std::string trouble;  // why it has no address; else empty
};

struct ZoneServers {
  std::string zone;  // the apex, with its dot
  std::vector<ZoneServer> servers;
  // What an operator should know: parent and child disagree about the servers, a server without address, a
  // bound reached.
  std::vector<std::string> notes;
};

class ZoneServerFinder {
 public:
  ZoneServerFinder(const net::DnsTransport& transport, base::Clock& clock, AuthoritativeSettings settings);

  // The servers of the zone that holds `owner`: the union of what the parent delegates to and what the zone
  // itself says.
  //   NOT_FOUND            no such domain
  //   FAILED_PRECONDITION  the domain is delegated to servers that do not answer for it (lame), or not at all
  //   DEADLINE_EXCEEDED    not found out within `timeout`
  //   RESOURCE_EXHAUSTED   more delegations than the bounds allow
  //   INVALID_ARGUMENT     `owner` is no DNS name
  //   UNAVAILABLE          no server of a zone on the way could be asked
  boost::asio::awaitable<base::Result<ZoneServers>> find(std::string owner, base::Duration timeout) const;

 private:
  const net::DnsTransport& transport_;
  base::Clock& clock_;
  AuthoritativeSettings settings_;
};

// The addresses of the root servers of the Internet, IPv4 and IPv6 (IANA named.root).
std::vector<boost::asio::ip::address> internet_root_servers();

}  // namespace paynamed::names
