// Prover makes the DNSSEC proof of a payment name: it collects what the servers say for the name from the
// root down (validated by libunbound), puts it into a chain (RFC 9102) and verifies that chain offline with
// our own verifier. Two validators that share no code must agree before a name counts as proven.
//
// Threads: prove() may be called on any executor, many at once. Validator and clock must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "names/proof/payment_proof.hpp"
#include "names/proof/signature_memory.hpp"
#include "names/recent.hpp"
#include "names/validator.hpp"

namespace paynamed::names {

// The chain in two parts that prove together, in any order. Names of one zone have the same trunk: the keys
// and DS records from the root down. The leaf is what is the name's own.
struct MadeProof {
  std::vector<std::uint8_t> leaf;
  std::vector<std::uint8_t> trunk;
  PaymentProof verified;

  std::vector<std::uint8_t> chain() const;  // leaf, then trunk
};

class Prover {
 public:
  // `memory`, if there is one, must outlive it: signatures that hold are verified once however many proofs
  // have them.
  Prover(const Validator& validator, TrustAnchors anchors, base::Clock& clock,
         SignatureMemory* memory = nullptr);

  // The proof that holds now, without any grace after a signature's end. Failures:
  //   NOT_FOUND            there is no such record
  //   FAILED_PRECONDITION  the records are not proven, or not one payment instruction: the sentence says why
  //   UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED, INVALID_ARGUMENT  as Validator
  boost::asio::awaitable<base::Result<MadeProof>> prove(std::string owner, base::Duration timeout) const;

 private:
  struct Collected;
  // A zone's keys and their DS, with the signatures over them.
  struct ZonePart {
    std::vector<net::DnsRecord> records;
    std::set<std::string> signers_of_ds;  // whose parts are needed, too
  };
  boost::asio::awaitable<base::Result<MadeProof>> attempt(const std::string& owner, base::MonotonicTime end,
                                                          Freshness above) const;
  boost::asio::awaitable<base::Status> collect_leaf(const std::string& owner, base::MonotonicTime end,
                                                    Collected& collected) const;
  boost::asio::awaitable<base::Status> collect_trunk(base::MonotonicTime end, Freshness freshness,
                                                     Collected& collected) const;
  boost::asio::awaitable<base::Result<ZonePart>> part_of(std::string zone, base::MonotonicTime end,
                                                         Freshness freshness) const;
  boost::asio::awaitable<base::Result<std::vector<net::DnsRecord>>> ask(std::string name, net::DnsType type,
                                                                        base::MonotonicTime end,
                                                                        Freshness freshness) const;

  const Validator& validator_;
  const TrustAnchors anchors_;
  base::Clock& clock_;
  SignatureMemory* const memory_;
  mutable Recent<ZonePart> parts_;
};

}  // namespace paynamed::names
