// A DNSSEC proof verified offline: the records of a name, with the chain of signatures from a trust anchor
// down to them, in the AuthenticationChain format of RFC 9102 (as BIP-353 has it: any order, without
// ExtSupportLifetime). Nobody is asked, and nothing unsigned is used.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "names/proof/chain.hpp"
#include "names/proof/trust_anchors.hpp"

namespace paynamed::names {

// BIP-353: how long after their end verifiers still take the signatures of a foreign proof.
inline constexpr base::Duration kForeignProofGrace = std::chrono::hours{1};

struct VerifiedProof {
  std::string owner;            // asked for; normal form
  std::string canonical_owner;  // where the records stand, behind all aliases
  net::DnsType type{};
  std::vector<std::vector<std::uint8_t>> records;  // rdata, in the proof's order, without repetitions
  std::vector<std::string> values;                 // TXT only: each record joined (BIP-353)
  // All signatures that the records rest on hold from .. until, without grace.
  base::WallTime valid_from;
  base::WallTime expires;
  // The lowest original TTL of all these signatures (BIP-353).
  std::chrono::seconds max_cache_ttl{0};
  std::vector<std::uint8_t> algorithms;  // of these signatures, ascending
  std::vector<std::uint8_t> ds_digests;  // types of the DS records that they rest on, ascending
  bool wildcard = false;                 // a record or an alias was made from a wildcard
  std::size_t aliases = 0;               // CNAME and DNAME records on the way
  bool nsec3_opt_out = false;            // some NSEC3 record in the proof has the flag; none was relied on
  std::size_t proof_steps = 0;           // record sets with their signatures verified, used or not
};

// Failures: INVALID_ARGUMENT when the chain is malformed or `owner` is no DNS name; FAILED_PRECONDITION, with
// the sentence why, when it proves nothing.
base::Result<VerifiedProof> verify_proof(std::span<const std::uint8_t> chain, std::string_view owner,
                                         net::DnsType type, const TrustAnchors& anchors,
                                         const ChainOptions& options);

}  // namespace paynamed::names
