// That a name does not exist, by the NSEC (RFC 4035 section 5.4) or NSEC3 records (RFC 5155 section 8) of a
// chain.
//
// Threads: pure functions.
#pragma once

#include "base/status.hpp"
#include "names/proof/chain.hpp"

namespace paynamed::names {

// More make a zone insecure for the resolvers of today (RFC 9276 section 3.2), and us busy.
inline constexpr std::uint16_t kMaxNsec3Iterations = 150;
// Different salts and iterations in one proof; each costs hashes. A zone has two only while it changes them.
inline constexpr std::size_t kMaxNsec3Parameters = 2;

// Whether the set, which was made from a wildcard, rightly stands in for its owner: there is no such name,
// nor one between it and the wildcard (RFC 4035 section 5.3.4, RFC 5155 section 8.8). Adds what it rests on
// to `evidence`. FAILED_PRECONDITION with the sentence why not. NSEC3 with opt-out does not count: below it
// there may be a delegation.
base::Status check_expansion(const VerifiedSet& expanded, const std::vector<VerifiedSet>& verified,
                             Evidence& evidence);

}  // namespace paynamed::names
