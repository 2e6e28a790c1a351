// What the lint has to know of a chain beyond what it proves: how it was signed and how large the answer is.
//
// Threads: a value type and pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>

#include "base/result.hpp"
#include "names/proof/verify_proof.hpp"

namespace paynamed::names {

struct ChainFacts {
  std::size_t proof_bytes = 0;  // the whole chain
  // The DNS message that answers the question for the TXT records, with signatures and denials, when its
  // server compresses owner names as usual.
  std::size_t answer_bytes = 0;
  std::chrono::seconds ttl{0};  // of the TXT records, as signed
  // Of the signatures over the TXT records.
  std::set<std::uint8_t> record_algorithms;
  // Algorithms that some record set is signed with and no other: a verifier has to know each of them.
  std::set<std::uint8_t> needed_algorithms;
  // Some NSEC or NSEC3 record is the last of its zone and points back at the first.
  bool last_denial = false;
  std::uint16_t nsec3_iterations = 0;  // the most of all NSEC3 records
};

// `proof` is what verify_proof() made of `chain`. INVALID_ARGUMENT as read_record_sets(), which does not
// happen with a chain that was verified.
base::Result<ChainFacts> read_chain_facts(ByteView chain, const VerifiedProof& proof);

}  // namespace paynamed::names
