// Whether the node that answers at an added node's address is the one that was added. Its id was said once,
// when its owner added it; what answers with another id has neither that node's offers nor its money.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "state/nodes.hpp"

namespace paynamed::nodes {

// NodeLook::code of such a node.
inline constexpr std::string_view kOtherNode = "other_node";

bool is_other(const state::NodeRow& added, std::string_view node_id);
// A sentence with both ids and what to do.
std::string said_of_other(const state::NodeRow& added, std::string_view node_id);
// A look at another node than was added is one that did not reach it.
void compare_identity(state::NodeLook& look, const state::NodeRow& added);

}  // namespace paynamed::nodes
