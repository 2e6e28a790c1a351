// The order that steps must have, so that no offer is made for a name that cannot be served, no name is
// called live without proof, and no offer is disabled that a wallet may still be shown.
//
// Threads: pure functions.
#pragma once

#include "config/config.hpp"
#include "config/diagnostic.hpp"

namespace paynamed::pipeline {

// Only for pipelines whose steps could all be read.
void check_order(const config::Pipeline& pipeline, config::Diagnostics& diagnostics);

}  // namespace paynamed::pipeline
