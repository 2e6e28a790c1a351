// The one place where calls of added nodes get the handles of their secrets, whoever makes the call: runs,
// retired offers, payments, looks.
//
// Threads: pure.
#pragma once

#include <optional>

#include "nodes/node_book.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::process {

// Every request of NodeBackend but Describe has its NodeRef in field 1 (node_backend.proto). One that names
// an added node goes beside the breaker of its instance, and gets that node's handles if it has none; all
// others stay as they are.
void add_secret_handles(pipeline::PluginCall& call, const nodes::NodeBook& book);

// The added node that the call names.
std::optional<state::NodeRow> added_node_of(const pipeline::PluginCall& call, const nodes::NodeBook& book);

}  // namespace paynamed::process
