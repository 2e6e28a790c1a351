// Whose names may get their offers at which node instance.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "pipeline/runtime.hpp"

namespace paynamed::pipeline {

// Those that [plugins.<id>] tenants lists. Without it the tenant "default", which is the operator's, and,
// where a pipeline of the configuration makes its offers at the instance, every tenant with a domain, for
// their names get there by themselves. Names that are there already stay, and are rotated and repaired.
bool may_use_node(const Runtime& runtime, std::string_view instance, std::string_view tenant);

// PERMISSION_DENIED when it may not.
base::Result<void> check_node_tenant(const Runtime& runtime, std::string_view instance,
                                     std::string_view tenant);

}  // namespace paynamed::pipeline
