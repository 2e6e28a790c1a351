// Intake: decides whether a command may become a run, and with what. Everything that can be known without
// touching a node or a zone is refused here.
//
// Threads: stateless; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "pipeline/action.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/runtime.hpp"
#include "pipeline/shared_pipelines.hpp"
#include "state/moves.hpp"
#include "state/store.hpp"

namespace paynamed::pipeline {

struct Admitted {
  state::NewRun run;
  RunInput input;
  std::shared_ptr<const SharedPipeline> pipeline;
  std::vector<std::string> warnings;
};

// Errors as Engine::submit.
base::Result<Admitted> admit(const Command& command, const Runtime& runtime, SharedPipelines& pipelines,
                             state::Store& store, base::Clock& clock, base::Random& random,
                             state::MoveStore* moves = nullptr);

}  // namespace paynamed::pipeline
