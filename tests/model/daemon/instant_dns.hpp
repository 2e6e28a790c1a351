// The steps of a run that are about DNS, which end at once: what a play is about are nodes and money. They
// write the facts that the true ones write (pipeline/actions).
//
// Threads: as Action.
#pragma once

#include "pipeline/action.hpp"

namespace paynamed::model {

inline constexpr const char* kDomain = "example.com";
inline constexpr const char* kZone = "zone";  // the instance

// Puts them in the place of the true ones.
void put_instant_dns(pipeline::ActionTable& actions);

}  // namespace paynamed::model
