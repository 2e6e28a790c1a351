// Source: `{node and instance | uri | offer}` of a request as the engine takes it.
//
// Threads: pure functions.
#pragma once

#include "api/body.hpp"
#include "pipeline/engine.hpp"

namespace paynamed::api {

// Reads the members node, instance, uri and offer, with the words in which a name shows its source; at most
// one of node, uri and offer may be there, and none means the default node. An instance alone means its
// default node. `required`: one must be there. INVALID_ARGUMENT otherwise.
Result<pipeline::Source> read_source(const Body& body, bool required);

}  // namespace paynamed::api
