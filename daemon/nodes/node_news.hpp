// What a look at a node means beside the looks before it, and who has to hear what.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

// Looks in a row that have to agree before anybody is told.
inline constexpr std::uint32_t kLooksToTell = 2;

// Counts `look` on from the look before it; null: there was none.
void follow(state::NodeLook& look, const state::NodeLook* before);

// node.unreachable, in words for the tenant (node_sentence.hpp), to each tenant with names there that was not
// told yet, node.reachable to each that was told; look.told is who knows then. Each hears of each change
// once, over restarts, for both are written together.
std::vector<state::NodeNews> news_of(state::NodeLook& look, const std::vector<state::NodeUse>& uses,
                                     bool is_added, base::Random& random);

}  // namespace paynamed::nodes
