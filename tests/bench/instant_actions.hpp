// A registration of five compensable steps that end at once: the engine, the journal and the events do all
// that they do for a real one, and nothing outside is asked.
//
// Threads: as Action.
#pragma once

#include <memory>

#include "pipeline/action.hpp"
#include "pipeline/runtime.hpp"

namespace paynamed::bench {

inline constexpr const char* kDomain = "example.com";

// Every step changes something (has_effect() is true), so that its intent is durable before it acts and its
// outcome before the next one. Intents, outputs and events have the fields and sizes of the real step kinds.
pipeline::ActionTable instant_actions();

// A configuration with one domain and the pipeline "register" of those five steps.
std::shared_ptr<const pipeline::Runtime> instant_runtime();

}  // namespace paynamed::bench
