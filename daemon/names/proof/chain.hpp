// From the trust anchors to every record set of a chain: whose signature holds, under which keys, in which
// window of time (RFC 4035 section 5).
//
// Threads: one object, one thread at a time.
#pragma once

#include <set>
#include <vector>

#include "base/status.hpp"
#include "base/time.hpp"
#include "names/proof/delegation.hpp"
#include "names/proof/record_sets.hpp"
#include "names/proof/signature_memory.hpp"
#include "names/proof/trust_anchors.hpp"

namespace paynamed::names {

// See record_sets.hpp for why there are bounds.
inline constexpr std::size_t kMaxKeysOfZone = 32;
inline constexpr std::size_t kMaxDsOfZone = 32;
inline constexpr std::size_t kMaxKeysOfOneTag = 4;
inline constexpr std::size_t kMaxSignatureChecks = 64;

// What a conclusion rests on; grows by every set that it needs.
struct Evidence {
  std::int64_t valid_from = INT64_MIN;  // seconds since 1970
  std::int64_t expires = INT64_MAX;
  std::uint32_t least_original_ttl = UINT32_MAX;  // seconds
  std::set<std::uint8_t> algorithms;
  std::set<std::uint8_t> ds_digests;

  void add(const Evidence& other);
};

struct VerifiedSet {
  const RecordSet* set = nullptr;
  WireName signer;                // the zone
  std::size_t signed_labels = 0;  // fewer than the owner has: expanded from a wildcard
  bool from_wildcard = false;
  Evidence evidence;  // of the set itself and of its zone's keys up to the anchor
};

// What to do with records that nothing here speaks for or against: unsigned, signed by a key or an algorithm
// that is not at hand, out of their time.
enum class Unverifiable {
  kRefuse,  // a proof with such records does not verify: what we make and serve holds nothing but proof
  kIgnore,  // they are passed over, as wallets do, as long as the rest is a proof
};

struct ChainOptions {
  base::WallTime now{};
  // How long after its end a signature still counts (BIP-353 gives verifiers 1 h).
  base::Duration grace{0};
  Unverifiable unverifiable = Unverifiable::kRefuse;
  // Borrowed; for whoever verifies many proofs that share keys.
  SignatureMemory* memory = nullptr;
};

class Chain {
 public:
  // All are borrowed and must outlive the chain.
  Chain(const std::vector<RecordSet>& sets, const TrustAnchors& anchors, const ChainOptions& options);

  // Looks at every set. FAILED_PRECONDITION with the sentence why for a signature that does not hold, and for
  // what cannot be verified if that is refused.
  base::Status verify();

  // After verify().
  const std::vector<VerifiedSet>& verified() const { return verified_; }
  // Null when there is none.
  const VerifiedSet* find(const WireName& owner, net::DnsType type) const;
  // Why find() gives nothing for a set that is in the proof; empty when it is not in it.
  std::string why_not(const WireName& owner, net::DnsType type) const;

 private:
  enum class Standing { kVerified, kUnverifiable, kBad };
  struct Verdict {
    Standing standing = Standing::kUnverifiable;
    std::string why;
    VerifiedSet verified;
  };
  struct SignatureVerdict {
    Standing standing = Standing::kUnverifiable;
    std::string why;
    ByteView key;       // the DNSKEY rdata whose signature it is
    Evidence evidence;  // of the signature alone
  };
  // The keys that may sign the zone's records, once its own DNSKEY set is verified.
  struct Zone {
    WireName name;
    std::vector<ZoneKey> keys;
  };

  const RecordSet* set_of(const WireName& owner, net::DnsType type) const;
  const Verdict& verdict_of(const RecordSet& set);
  Verdict judge(const RecordSet& set);
  Verdict judge_keys(const RecordSet& set);
  // `trusted`, for DNSKEY sets alone: the keys that somebody above vouches for; one of them must have signed.
  Verdict judge_signatures(const RecordSet& set, const std::vector<ZoneKey>& keys, const Evidence& above,
                           const std::vector<ByteView>* trusted);
  SignatureVerdict judge_signature(const RecordSet& set, const Rrsig& rrsig, const std::vector<ZoneKey>& keys,
                                   const std::vector<std::vector<std::uint8_t>>& rdata);
  // The trusted keys of a DNSKEY set into `trusted`, and what speaks for them into `evidence`.
  std::optional<Verdict> find_trusted(const RecordSet& set, const std::vector<ZoneKey>& keys,
                                      std::vector<ByteView>& trusted, Evidence& evidence);
  bool is_synthesized_cname(const RecordSet& set) const;

  const std::vector<RecordSet>& sets_;
  // The anchors with names in the form that the sets have.
  struct Anchor {
    WireName zone;
    const TrustAnchor* anchor = nullptr;
  };
  std::vector<Anchor> anchors_;
  ChainOptions options_;
  std::vector<std::optional<Verdict>> verdicts_;  // as sets_
  std::vector<Zone> zones_;
  std::vector<VerifiedSet> verified_;
  std::size_t signature_checks_ = 0;
};

}  // namespace paynamed::names
