// From a name to where its records stand, over the signed CNAME and DNAME records of a chain.
//
// Threads: pure functions.
#pragma once

#include "base/result.hpp"
#include "names/proof/chain.hpp"

namespace paynamed::names {

// Wallets and resolvers stop at about as many.
inline constexpr std::size_t kMaxAliases = 8;

struct Answer {
  const VerifiedSet* set = nullptr;  // of the type in question; its owner is the canonical name
  std::size_t aliases = 0;
  bool wildcard = false;  // the answer or an alias on the way was made from a wildcard
  Evidence evidence;      // of all that was used
};

// FAILED_PRECONDITION with the sentence why there is none: nothing signed at a name on the way, a loop, more
// than kMaxAliases, a wildcard that is not shown to apply.
base::Result<Answer> follow_aliases(const Chain& chain, WireName name, net::DnsType type);

}  // namespace paynamed::names
