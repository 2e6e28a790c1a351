#include "payments/read_state.hpp"

#include <algorithm>

namespace paynamed::payments {
namespace {

// The node's clock and ours may differ by so much without something being told as expired that was paid in
// time.
constexpr base::Duration kClocksDiffer{10'000};
// A node whose payments cannot be read for so long does not keep anything open any longer.
constexpr base::Duration kLongestUnread{86'400'000};

}  // namespace

base::WallTime over_until(const ReadStateOf& read_state, const state::NodePlace& place, base::WallTime now) {
  ReadState read = read_state(place.instance, place.reference);
  // The default node has a name of its own with some backends.
  if (!read.watched) read = read_state(place.instance, {});
  if (!read.watched) return now;
  const base::WallTime at_the_latest = now - kLongestUnread;
  if (!read.read_until) return at_the_latest;
  return std::clamp(*read.read_until - kClocksDiffer, at_the_latest, now);
}

}  // namespace paynamed::payments
