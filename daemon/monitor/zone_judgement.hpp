// What follows from what a look at a zone found: whether names of the domain can be paid, in words with what
// to do.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "monitor/zone_facts.hpp"

namespace paynamed::monitor {

struct ZoneFinding {
  enum class Verdict {
    kFine,
    kWrong,    // somebody who knows says that it is not as it should be
    kUnknown,  // nobody could be asked: says nothing about the domain
  };
  Verdict verdict = Verdict::kUnknown;
  std::string code;      // of kWrong: a word of docs/events.md
  std::string sentence;  // of kWrong and kUnknown
};

// A server is stale when it is behind what another one had so long ago.
inline constexpr base::Duration kStaleAfter{15 * 60'000};

// The worst that is found; `mark` is of an earlier look.
ZoneFinding judge_zone(const std::string& domain, const ZoneFacts& facts,
                       const std::optional<SerialMark>& mark, base::WallTime now);
// What it says that the servers of the zone were not found.
ZoneFinding judge_zone_trouble(const base::Status& status);

// The mark for the next look. One that a server is still behind stays.
std::optional<SerialMark> next_mark(const ZoneFacts& facts, const std::optional<SerialMark>& mark,
                                    base::WallTime now);

// Less than an eighth of its time is left: signers renew long before, so this one seems to have stopped.
bool is_ending(const SignatureTimes& signature, base::WallTime now);

// What stops no payment today, but should be mended.
struct ZoneWarning {
  std::string
      code;  // "ds_sha1", "weak_algorithm", "delegation_differs", "parents_disagree", "signatures_ending"
  std::string message;
};
std::vector<ZoneWarning> zone_warnings(const std::string& domain, const ZoneFacts& facts, base::WallTime now);

}  // namespace paynamed::monitor
