// Authoritative asks every address of every authoritative server of a name for its TXT record, by UDP and by
// TCP, and says of each whether it has it. The truth about a publication, before any cache is asked.
//
// Threads: every function may be called on any executor, many at once. Transport and clock must outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "names/recent.hpp"
#include "names/zone_servers.hpp"

namespace paynamed::names {

enum class AddressVerdict {
  kHasIt,        // exactly the wanted value and no other TXT
  kAbsent,       // NXDOMAIN or no TXT
  kOtherValue,   // one TXT with another value
  kExtraRecord,  // more than one TXT: wallets use none of two `bitcoin:` records, some take the first of any
  kAlias,        // a CNAME or DNAME stands there
  kRefused,      // REFUSED
  kLame,         // the server is not authoritative for the name
  kServerError,  // SERVFAIL, NOTAUTH and the like
  kTimeout,
  kTcpBlocked,   // the answer is too long for UDP, and nothing comes by TCP
  kUnreachable,  // nothing listens there
  kMalformed,    // an answer that is no DNS message
  kNoAddress,    // the server's name has no address
  kNotChecked,   // this host has no route to the address: says nothing about the record
};
std::string_view to_string(
    AddressVerdict verdict);  // "has_it", "absent" and so on: stable words for programs

struct AddressReport {
  std::string server;   // "ns1.example.test."
  std::string address;  // "192.0.2.1:53"; empty for kNoAddress
  AddressVerdict verdict = AddressVerdict::kNotChecked;
  bool as_wanted = false;
  std::string sentence;  // for people, with what to do
  // What a wallet's resolver may run into although this one address was asked successfully: one of UDP and
  // TCP does not get through. Else empty.
  std::string carrier_note;
  std::vector<std::string> values;  // every TXT value found, joined
  std::uint32_t ttl_seconds = 0;
  base::Duration latency{0};
};

struct PropagationReport {
  std::string zone;
  std::string owner;
  std::vector<AddressReport> addresses;
  std::vector<std::string> notes;

  // Every address that this host can reach is as wanted, and there is at least one. An address family that
  // cannot be routed does not stand in the way.
  bool everywhere() const;
  // "2 of 3 authoritative addresses are as wanted; ns2.example.test. at 192.0.2.2:53 has no record yet".
  std::string summary() const;
};

class Authoritative {
 public:
  Authoritative(const net::DnsTransport& transport, base::Clock& clock, AuthoritativeSettings settings);

  // As ZoneServerFinder::find(). Worth keeping for the next checks of one publication.
  boost::asio::awaitable<base::Result<ZoneServers>> servers_of(std::string owner,
                                                               base::Duration timeout) const;

  // One row an address. `wanted` is the joined TXT value; without it no record is wanted (a withdrawal). Each
  // address gets the settings' query_timeout. Never fails: a server that cannot be asked is a row.
  boost::asio::awaitable<PropagationReport> check(ZoneServers servers, std::string owner,
                                                  std::optional<std::string> wanted) const;

  // Both, where what was found out a moment ago for a neighbour of `owner` counts as long as those servers
  // answer for the zone: many names of one zone are asked for in the same second. Fails as servers_of(),
  // which gets `timeout`.
  boost::asio::awaitable<base::Result<PropagationReport>> ask(std::string owner,
                                                              std::optional<std::string> wanted,
                                                              base::Duration timeout) const;

 private:
  const net::DnsTransport& transport_;
  base::Clock& clock_;
  AuthoritativeSettings settings_;
  ZoneServerFinder finder_;
  mutable Recent<ZoneServers> recent_;  // by what is above the names that they serve
};

}  // namespace paynamed::names
