// Schedule: when each name is looked at. Every name has its own moment within the interval, the same in every
// interval and after every restart, so that nothing has to be remembered.
//
// The moment is the bits of the name's key in reverse order, read as a fraction of the interval (the van der
// Corput sequence). Keys are small numbers almost without gaps, so however many names there are, their
// moments are spread evenly, and the names of one zone, registered one after the other, are far apart.
//
// Threads: pure functions.
#pragma once

#include <vector>

#include "base/time.hpp"
#include "state/model.hpp"

namespace paynamed::monitor {

// The longest interval that the arithmetic allows, far more than one that makes sense.
inline constexpr base::Duration kLongestInterval{30LL * 86'400'000};

struct DueNames {
  std::vector<state::NameKey> keys;  // in the order of their moments
  base::WallTime until;              // all whose moments are before this are in `keys`
};

inline constexpr std::size_t kMostAtOnce = 1000;

// The keys up to `newest` whose moments are in [from, to). When these are more than about `most` (and
// kMostAtOnce), only the first of them: then `until` is before `to`. What is longer ago than an interval is
// left out: its names have a later moment too.
DueNames due_names(base::WallTime from, base::WallTime to, base::Duration interval, state::NameKey newest,
                   std::size_t most);

}  // namespace paynamed::monitor
