// The wallet lint: what stands between a proven name and the wallets that shall pay it. BIP-353 says what all
// must accept; wallets accept less, each in its own way, and this says which cannot pay a name, and why.
//
// The verdicts are about the record alone. They take for granted that the wallet is set to the record's
// network, and that its resolvers see the domain. Whether the node behind it can receive is another question.
//
// Threads: value types; functions are pure.
#pragma once

#include "base/name.hpp"
#include "base/time.hpp"
#include "names/lint/chain_facts.hpp"
#include "names/lint/report.hpp"
#include "names/proof/verify_proof.hpp"

namespace paynamed::names {

// What the lint looks at. `proof` is what verify_proof() made of the chain that `facts` were read from.
struct LintSubject {
  const base::Name& name;
  const VerifiedProof& proof;
  const ChainFacts& facts;
  base::WallTime now;
};

LintReport lint(const LintSubject& subject);

}  // namespace paynamed::names
