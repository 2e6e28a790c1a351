// Source: `{node | uri | offer}` of a request as the engine takes it.
//
// Threads: pure functions.
#pragma once

#include "api/body.hpp"
#include "pipeline/engine.hpp"

namespace paynamed::api {

// Reads the members node, uri and offer; at most one of them may be there, and none means the default node.
// `required`: one must be there. INVALID_ARGUMENT otherwise.
Result<pipeline::Source> read_source(const Body& body, bool required);

}  // namespace paynamed::api
