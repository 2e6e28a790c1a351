// What the lint says of a name, for whoever shows or stores it.
//
// Threads: value types; functions are pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// "Phoenix cannot pay it: an alias (CNAME or DNAME) stands in the way; Zeus may not be able to pay it: ...",
// with the families of one reason together. Empty when all can pay.
std::string summary(const LintReport& report);

}  // namespace paynamed::names
