// Why a node is as it is, in words for whoever asks. What a plugin says of a configured node may have paths,
// addresses and settings of the operator's machine in it, and a tenant is somebody else.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "state/nodes.hpp"

namespace paynamed::nodes {

// The look's own explanation for the tenant "default", which is the operator's, and of a node that was added,
// which only the tenant that added it ever sees. Otherwise a sentence that follows from the look's states
// alone.
std::string sentence_for(const state::NodeLook& look, std::string_view tenant, bool is_added);

}  // namespace paynamed::nodes
