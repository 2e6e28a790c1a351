// What is due is said to be over only when nothing can have paid it: when all payments until then were read
// from its node, or what was paid in time, while the daemon was away, would be told as expired first.
//
// Threads: value types; functions are pure.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "state/nodes.hpp"

namespace paynamed::payments {

// Until when all payments of a node were read; nothing when its payments are not watched at all.
struct ReadState {
  bool watched = false;
  std::optional<base::WallTime> read_until = {};
};
// Called from any thread.
using ReadStateOf = std::function<ReadState(std::string_view instance, std::string_view reference)>;

// What was due at this time at that node is over for good.
base::WallTime over_until(const ReadStateOf& read_state, const state::NodePlace& place, base::WallTime now);

}  // namespace paynamed::payments
