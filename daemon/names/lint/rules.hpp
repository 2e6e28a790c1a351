// The rules of the lint, by what they look at. Each function adds its findings.
//
// Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "names/lint/examined.hpp"

namespace paynamed::names {

using Findings = std::vector<Finding>;

// TheBlueMatt/dnssec-prover, the verifier in many wallets: MAX_PROOF_STEPS, and what it was in a version in
// between.
inline constexpr std::size_t kMaxProofSteps = 20;
inline constexpr std::size_t kMaxProofStepsOnce = 10;
// The signature algorithms that it knows: RSA with SHA-2 and the ECDSA curves, but not Ed25519.
constexpr bool is_widely_known(std::uint8_t algorithm) {
  return algorithm == 8 || algorithm == 10 || algorithm == 13 || algorithm == 14;
}

// What all wallets take as a name; base::Name takes no more, but a name may be older than its rules.
void lint_name(std::string_view user, std::string_view domain, Findings& out);
// Signatures, denials, aliases, sizes, TTL.
void lint_dns(const Examined& examined, Findings& out);
// The text of the record and the instructions in it.
void lint_payment(const Examined& examined, Findings& out);

std::vector<WalletVerdict> judge_wallets(const Examined& examined);

}  // namespace paynamed::names
