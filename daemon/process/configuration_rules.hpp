// What a configuration must not take away from the names and runs that the state file has: said at the start
// and at a reload by the same functions.
//
// Threads: pure functions.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "state/nodes.hpp"
#include "state/store.hpp"

namespace paynamed::process {

// FAILED_PRECONDITION with what to do when
//  - an instance is missing that names, offers or open runs use: a record could never be changed again;
//  - a domain is missing that has names or open runs;
//  - a domain has another `dns` than the instance that holds its records.
base::Result<void> check_in_use(const config::Config& config, const state::InUse& uses);

// The third of them, for one domain. After a move the file may still say where the names came from, and while
// they are being moved it has to.
base::Result<void> check_records_are_there(const config::Domain& domain, const state::DomainUse& use);

// FAILED_PRECONDITION with the command to run when an instance that has added nodes is missing, or lets no
// nodes be added any more.
base::Result<void> check_added_nodes(const config::Config& config, const std::vector<state::NodeRow>& added);

// What only a reload can know: the module of an instance that is used stays the same, for nobody has moved
// what the instance has made.
base::Result<void> check_modules_stay(const config::Config& before, const config::Config& after,
                                      const state::InUse& uses);

}  // namespace paynamed::process
