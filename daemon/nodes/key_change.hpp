// What another sealing key would lose.
//
// Threads: any; reading the store blocks shortly.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "nodes/vault.hpp"

namespace paynamed::nodes {

// The first of the nodes whose secrets `after` does not open and that are not lost already: `now` opens them,
// or they could be read when the daemon started (`lost` has those that could not; `now` is read from a file
// that somebody may have written anew). `now` may be missing. An error is the store's.
base::Result<std::optional<state::NodeRow>> lost_by(Vault& vault, const std::vector<state::NodeRow>& nodes,
                                                    const host::SealingKey& after,
                                                    const std::optional<host::SealingKey>& now,
                                                    const std::set<base::Uuid>& lost);

}  // namespace paynamed::nodes
