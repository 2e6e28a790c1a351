// ZoneEntry: what stands in a zone at one payment name, judged: ours, a stranger's that is fine, or wrong by
// which rule. BIP-353 and BIP-321 say what the rules are; names/payment.hpp has them.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/name.hpp"
#include "base/time.hpp"
#include "names/payment.hpp"

namespace paynamed::domains {

struct TxtRecord {
  std::string value;  // joined; bytes of whoever wrote them
  std::uint32_t ttl_seconds = 0;
  std::string comment;  // where the provider keeps one
};

// All that matters at one owner name.
struct OwnerRecords {
  std::vector<TxtRecord> txt;
  std::string alias;  // "CNAME" or "DNAME"; empty for none
};

// A name of this daemon at the owner.
struct OurName {
  bool of_caller = true;  // else of another tenant
  std::string value;
};

enum class EntryKind {
  kOurs,           // our name's record, as it has to be
  kOursDifferent,  // our name, and something else stands there
  kOtherTenants,   // another tenant's name
  kValid,          // a stranger's record that is fine
  kConflicting,    // more than one TXT record, or an alias
  kInvalid,        // breaks a rule
  kNotAName,       // no payment instruction
};
std::string_view to_string(EntryKind kind);  // "ours", "ours_different", "other_tenants", "valid", ...

struct ZoneEntry {
  std::string owner;               // "alice.user._bitcoin-payment.example.com."
  std::optional<base::Name> name;  // nothing when no wallet takes such a name
  EntryKind kind = EntryKind::kNotAName;
  std::string rule;      // the one that is broken, a word: "expired"; empty for kOurs and kValid
  std::string sentence;  // the same for people, with what to do
  std::vector<TxtRecord> records;
  std::string alias;
  // What the name's value would be when it is adopted; empty when it cannot be.
  std::string adoptable;
  bool takes_over = false;  // adopting it replaces what stands there
  std::vector<names::Warning> warnings;
  // Names exactly these records, in any order: what was shown is what is adopted.
  std::string fingerprint;
};

struct EntryRules {
  names::PublicationRules publication;
  std::chrono::seconds ttl{300};  // of records that are published anew
  base::WallTime now;
};

// `owner` is at or below "user._bitcoin-payment.<domain>.", in normal form.
ZoneEntry judge_entry(const std::string& domain, std::string owner, OwnerRecords records,
                      const std::optional<OurName>& ours, const EntryRules& rules);

// The name that the records of an owner are for; nothing when it is none that wallets take.
std::optional<base::Name> name_of_owner(const std::string& domain, const std::string& owner);
// "user._bitcoin-payment.example.com."
std::string names_suffix(const std::string& domain);

std::string fingerprint_of(const std::vector<std::string>& values);

}  // namespace paynamed::domains
