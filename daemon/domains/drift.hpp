// Drift: what stands in a zone against what this daemon says stands there, as a plan that is shown before
// anything is done.
//
// Threads: value types; a Comparison belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
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
  bool is_mended = false;          // they all give it out by now
  state::NameState state = state::NameState::kLive;
};

struct Drift {
  std::vector<DriftItem> items;  // in order of name, extras last
  std::uint64_t names = 0;       // that were compared
  std::uint64_t busy = 0;        // left out, because a run is or was at work on them meanwhile
  std::uint64_t changes = 0;     // items that a repair mends
  bool shows_aliases = false;
  std::string fingerprint;  // names the changes

  // octoDNS has such a brake too: a plan for more than this share is more likely a mistake than a plan.
  static constexpr std::uint64_t kMostPercent = 30;
  bool needs_force() const { return changes * 100 > names * kMostPercent; }
};

// Compares page by page, so that whoever compares a large domain lets others go on between the pages.
class Comparison {
 public:
  // `listing` outlives this.
  Comparison(std::string domain, const ZoneListing& listing, std::string instance);

  // Names of the domain that the caller may see.
  void take(const std::vector<state::NameRow>& ours);
  // The next owners that are none of the names taken. False when there are no more. `is_taken` says whether
  // such an owner is another tenant's name.
  bool take_extras(std::size_t most, const std::function<bool(const std::string& name)>& is_taken);
  // Once.
  Drift finish();

 private:
  const std::string domain_;
  const ZoneListing& listing_;
  const std::string instance_;                  // that the listing is of
  std::unordered_set<std::string_view> known_;  // of the listing's owners
  std::map<std::string, OwnerRecords>::const_iterator next_extra_;
  std::vector<DriftItem> extras_;
  Drift drift_;
};

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
