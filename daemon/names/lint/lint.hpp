// The wallet lint: what stands between a proven name and the wallets that shall pay it. BIP-353 says what all
// must accept; wallets accept less, each in its own way, and this says which cannot pay a name, and why.
//
// The verdicts are about the record alone. They take for granted that the wallet is set to the record's
// network, and that its resolvers see the domain. Whether the node behind it can receive is another question.
//
// Threads: value types; functions are pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/name.hpp"
#include "base/time.hpp"
#include "names/lint/chain_facts.hpp"
#include "names/proof/verify_proof.hpp"

namespace paynamed::names {

enum class Severity { kNote, kWarning, kError };
// "note", "warning", "error".
std::string_view to_string(Severity severity);

struct Finding {
  std::string code;  // for programs: "alias", "extra_records"
  Severity severity = Severity::kNote;
  std::string message;  // one sentence for people: what it is and what to do

  friend bool operator==(const Finding&, const Finding&) = default;
};

enum class Usable { kYes, kUnknown, kNo };
// "yes", "unknown", "no".
std::string_view to_string(Usable usable);

// What wallets of one family make of the name. `kUnknown`: it depends on the wallet's version.
struct WalletVerdict {
  std::string family;  // "LDK", "CLN", "Phoenix", "Zeus", "Boltz"
  Usable usable = Usable::kYes;
  std::string why;  // a clause without a full stop; empty with kYes

  friend bool operator==(const WalletVerdict&, const WalletVerdict&) = default;
};

struct LintReport {
  std::vector<Finding> findings;       // errors first, then warnings, then notes
  std::vector<WalletVerdict> wallets;  // one of each family, in the order above

  bool all_can_pay() const;
};

// What the lint looks at. `proof` is what verify_proof() made of the chain that `facts` were read from.
struct LintSubject {
  const base::Name& name;
  const VerifiedProof& proof;
  const ChainFacts& facts;
  base::WallTime now;
};

LintReport lint(const LintSubject& subject);

// "Phoenix cannot pay it: an alias (CNAME or DNAME) stands in the way; Zeus may not be able to pay it: ...",
// with the families of one reason together. Empty when all can pay.
std::string summary(const LintReport& report);

}  // namespace paynamed::names
