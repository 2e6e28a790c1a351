// A proof of a payment name: the DNSSEC proof and the rules of BIP-353 on what it proves.
//
// Threads: pure functions.
#pragma once

#include "names/proof/verify_proof.hpp"

namespace paynamed::names {

struct PaymentProof {
  VerifiedProof proof;
  std::string uri;  // the one "bitcoin:" TXT record, joined; its contents are not looked at
};

// `owner` is user.user._bitcoin-payment.domain. As verify_proof(), and FAILED_PRECONDITION when the records
// proven are not exactly one payment instruction.
base::Result<PaymentProof> verify_payment_proof(std::span<const std::uint8_t> chain, std::string_view owner,
                                                const TrustAnchors& anchors, const ChainOptions& options);

}  // namespace paynamed::names
