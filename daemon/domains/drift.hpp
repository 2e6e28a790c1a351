// Drift: what stands in a zone against what this daemon says stands there, as a plan that is shown before
// anything is done.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "domains/zone_listing.hpp"
#include "state/model.hpp"

namespace paynamed::domains {

enum class DriftKind {
  kMissing,      // our name has no record
  kChanged,      // another value stands there
  kDuplicate,    // other records stand beside or in place of ours
  kAlias,        // a CNAME or DNAME stands there
  kNotServed,    // the provider has it right, and the servers of the zone give out something else
  kExtraMarked,  // a record with our comment that is no name's
  kExtra,        // a stranger's record
};
std::string_view to_string(DriftKind kind);  // "missing", "changed", "duplicate", "alias", "not_served", ...

struct DriftItem {
  std::string name;  // or the owner, where it is no name
  DriftKind kind = DriftKind::kMissing;
  std::string wanted;              // what the name says; empty for extras
  std::vector<std::string> found;  // TXT values
  bool repairs = false;            // a repair run mends it
  std::string sentence;            // what it is, and what to do where no run does it
  std::string served;              // what the servers of the zone say, where they were asked
  state::NameState state = state::NameState::kLive;
};

struct Drift {
  std::vector<DriftItem> items;  // in order of name, extras last
  std::uint64_t names = 0;       // that were compared
  std::uint64_t busy = 0;        // left out, because a run is at work on them
  std::uint64_t changes = 0;     // items that a repair mends
  bool shows_aliases = false;
  std::string fingerprint;  // names the changes

  // octoDNS has such a brake too: a plan for more than this share is more likely a mistake than a plan.
  static constexpr std::uint64_t kMostPercent = 30;
  bool needs_force() const { return changes * 100 > names * kMostPercent; }
};

// `ours` are the names of the domain that the caller may see; `is_taken` says of other owners whether they
// are another tenant's name.
Drift compare(const std::string& domain, const std::vector<state::NameRow>& ours, const ZoneListing& listing,
              const std::function<bool(const std::string& name)>& is_taken);

struct RepairsBegun {
  struct Begun {
    std::string name;
    base::Uuid run;
  };
  struct Refused {
    std::string name;
    std::string why;
  };
  std::vector<Begun> begun;
  std::vector<Refused> refused;
  std::uint64_t left = 0;  // not begun yet: ask again when those have ended
};

}  // namespace paynamed::domains
