// Resolvers asks the recursive resolvers that wallets use (as configured) for the TXT record of a name, and
// says of each whether it has it. Only after every authoritative address has the record: a resolver that is
// asked too early remembers that there is none, for as long as the zone's negative TTL.
//
// Threads: check() may be called on any executor, many at once. Transport and clock must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/resolver_transport.hpp"

namespace paynamed::names {

enum class ResolverVerdict {
  kHasIt,        // exactly the wanted value and no other TXT
  kAbsent,       // NXDOMAIN or no TXT, from its cache or not
  kOtherValue,   // one TXT with another value
  kExtraRecord,  // more than one TXT
  kServerError,  // SERVFAIL and the like: often, that it does not validate; HTTP says that it fails
  kRefused,      // by DNS or by HTTP
  kTimeout,
  kUnreachable,
  kMalformed,
  kNotTrusted,  // its certificate is not to be believed, so its answer was not asked for
  kNotChecked,  // this host has no route to it
};
// "has_it", "absent" and so on: stable words for programs.
std::string_view to_string(ResolverVerdict verdict);

struct ResolverReport {
  std::string resolver;  // as net::DnsResolver::shown
  ResolverVerdict verdict = ResolverVerdict::kNotChecked;
  std::string sentence;  // for people, with what to do
  // How long it may go on saying so out of its cache: the answer's TTL, or that of the denial (RFC 2308).
  std::uint32_t cached_seconds = 0;
  // It says that it has validated the answer (AD). Its word, and unprotected: for people only.
  bool says_validated = false;
  base::Duration latency{0};
};

class Resolvers {
 public:
  Resolvers(const net::ResolverTransport& transport, base::Clock& clock,
            std::vector<net::DnsResolver> resolvers, base::Duration query_timeout);

  bool empty() const { return resolvers_.empty(); }
  // One row a resolver, in their order. Never fails: one that cannot be asked is a row.
  boost::asio::awaitable<std::vector<ResolverReport>> check(std::string owner, std::string wanted) const;

 private:
  const net::ResolverTransport& transport_;
  base::Clock& clock_;
  std::vector<net::DnsResolver> resolvers_;
  base::Duration query_timeout_;
};

// How many must have the record.
enum class Quorum { kAll, kMajority, kOne };

// Enough of those that could be asked have it, and at least one does.
bool is_enough(const std::vector<ResolverReport>& reports, Quorum quorum);
// "2 of 3 resolvers have it; 192.0.2.1:53 ...".
std::string summary_of(const std::vector<ResolverReport>& reports);

}  // namespace paynamed::names
