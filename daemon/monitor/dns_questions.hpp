// What looks ask the DNS, as a few narrow functions. All have to be asked by whoever holds a place in the
// budget.
//
// Threads: a value type; the functions may be called on any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "names/validator.hpp"
#include "names/zone_servers.hpp"
#include "net/dns_transport.hpp"
#include "state/model.hpp"

namespace paynamed::monitor {

struct DnsQuestions {
  // net::DnsTransport::query
  std::function<boost::asio::awaitable<base::Result<net::DnsAnswer>>(net::Endpoint, net::DnsQuestion,
                                                                     net::DnsCarrier)>
      ask;
  // The same of a resolver, by its place in RecordCheck::Settings::resolvers; not needed when that is empty.
  std::function<boost::asio::awaitable<base::Result<net::DnsAnswer>>(std::size_t, net::DnsQuestion)>
      ask_resolver;
  // names::ZoneServerFinder::find
  std::function<boost::asio::awaitable<base::Result<names::ZoneServers>>(std::string owner)> servers_of;
  // names::Prover::prove
  std::function<boost::asio::awaitable<base::Result<state::Proof>>(std::string owner)> prove;
  // names::Validator::domain_security: whether anything of the domain can be proven
  std::function<boost::asio::awaitable<base::Result<names::DomainSecurity>>(std::string domain)>
      domain_security;
  // A proof of these records and a trunk made before, verified now; fails when it proves nothing.
  std::function<base::Result<state::Proof>(const std::string& owner, const std::vector<net::DnsRecord>& leaf,
                                           const std::vector<std::uint8_t>& trunk)>
      join;
};

// The servers above all zones that are watched: searches and proofs go through them, so they are one place in
// the budget.
inline constexpr const char* kAbove = "above";
// What the search for a zone's servers and a proof may ask of one server, with all that leads there.
inline constexpr double kQuestionsOfASearch = 8;
inline constexpr double kQuestionsOfAProof = 16;

}  // namespace paynamed::monitor
