// Which instances a run writes the record of its name to: one, or two while the domain is being moved.
//
// Threads: pure, but for reads of the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "state/moves.hpp"

namespace paynamed::pipeline {

// The instance of new names of the domain: that of the configuration, or where a finished move left the names
// while the configuration still says where they came from. `moves` may be null.
base::Result<std::string> instance_of_domain(state::MoveStore* moves, const config::Domain& domain);

// `holder` is the instance that holds the name's record now, empty for a name without one; `of_domain` that
// of the domain. The instance that counts first; the second one has to have the same record. What this says
// stays true while a run of the name is open: a move waits for the run before the name's next step.
std::vector<std::string> record_holders(const std::optional<state::MoveOfName>& move,
                                        const std::string& holder, const std::string& of_domain);

}  // namespace paynamed::pipeline
