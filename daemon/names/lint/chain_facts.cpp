#include "names/lint/chain_facts.hpp"

#include <algorithm>

#include "names/proof/record_sets.hpp"

namespace paynamed::names {
namespace {

using net::DnsType;

// RFC 1035 section 4.1: header, and type and class of the question. RFC 6891 section 6.1.2: the OPT record.
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kQuestionFixedBytes = 4;
constexpr std::size_t kOptBytes = 11;
// Type, class, TTL and length of a record; what an RRSIG has before its signer's name (RFC 4034 section 3.1).
constexpr std::size_t kRecordFixedBytes = 10;
constexpr std::size_t kRrsigFixedBytes = 18;
constexpr std::size_t kPointerBytes = 2;

bool is_in_answer(DnsType type) {
  return type == DnsType::kTxt || type == DnsType::kCname || type == DnsType::kDname ||
         type == DnsType::kNsec || type == kNsec3Type;
}

// The owner of a first record has one label of its own before a pointer, unless it is the name asked for.
std::size_t bytes_in_answer(const RecordSet& set, const WireName& question) {
  const std::size_t first =
      set.owner == question ? kPointerBytes : set.owner.first_label().size() + 1 + kPointerBytes;
  std::size_t bytes = first - kPointerBytes;
  for (const ByteView rdata : set.rdata) bytes += kPointerBytes + kRecordFixedBytes + rdata.size();
  for (const Rrsig& rrsig : set.signatures) {
    bytes +=
        kPointerBytes + kRecordFixedBytes + kRrsigFixedBytes + rrsig.signer.size() + rrsig.signature.size();
  }
  return bytes;
}

std::string base32hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  std::string out;
  unsigned value = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    value = (value << 8U | byte) & 0xFFFFU;
    for (bits += 8; bits >= 5; bits -= 5) out += kDigits[value >> (bits - 5) & 31U];
  }
  if (bits > 0) out += kDigits[value << (5 - bits) & 31U];
  return out;
}

void read_denial(const RecordSet& set, ChainFacts& facts) {
  for (const ByteView rdata : set.rdata) {
    if (set.type == DnsType::kNsec) {
      const auto nsec = read_nsec(rdata);
      facts.last_denial = facts.last_denial || (nsec && nsec->next <= set.owner);
    } else if (const auto nsec3 = read_nsec3(rdata)) {
      // Base32hex keeps the order of what it encodes (RFC 4648 section 7).
      facts.last_denial = facts.last_denial || base32hex(nsec3->next_hash) <= set.owner.first_label();
      facts.nsec3_iterations = std::max(facts.nsec3_iterations, nsec3->iterations);
    }
  }
}

}  // namespace

base::Result<ChainFacts> read_chain_facts(ByteView chain, const VerifiedProof& proof) {
  const auto sets = read_record_sets(chain);
  if (!sets) return base::fail(sets.error());
  const auto question = WireName::from_text(proof.owner);
  const auto canonical = WireName::from_text(proof.canonical_owner);
  if (!question || !canonical) return base::fail(base::invalid_argument("the proof is of no DNS name"));

  ChainFacts facts;
  facts.proof_bytes = chain.size();
  facts.answer_bytes = kHeaderBytes + question->size() + kQuestionFixedBytes + kOptBytes;
  for (const RecordSet& set : *sets) {
    std::set<std::uint8_t> algorithms;
    for (const Rrsig& rrsig : set.signatures) algorithms.insert(rrsig.algorithm);
    if (algorithms.size() == 1) facts.needed_algorithms.insert(*algorithms.begin());
    if (is_in_answer(set.type)) facts.answer_bytes += bytes_in_answer(set, *question);
    if (set.type == DnsType::kNsec || set.type == kNsec3Type) read_denial(set, facts);
    if (set.type != DnsType::kTxt || set.owner != *canonical) continue;
    facts.record_algorithms = std::move(algorithms);
    for (const Rrsig& rrsig : set.signatures) facts.ttl = std::chrono::seconds{rrsig.original_ttl};
  }
  return facts;
}

}  // namespace paynamed::names
