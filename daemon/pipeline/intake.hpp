// Intake: decides whether a command may become a run, and with what. Everything that can be known without
// touching a node or a zone is refused here.
//
// Threads: stateless; any thread.
#pragma once

#include <functional>
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

// Which node of `instance` a caller means by `node`, for names of `owner`: its reference. Fails when the
// caller may not use it.
using NodeReference =
    std::function<base::Result<std::string>(const std::string& tenant, const std::string& owner,
                                            const std::string& instance, const std::string& node)>;

// Errors as Engine::submit. `node_reference` may be empty: then nodes are what they are called.
base::Result<Admitted> admit(const Command& command, const Runtime& runtime, SharedPipelines& pipelines,
                             state::Store& store, base::Clock& clock, base::Random& random,
                             state::MoveStore* moves = nullptr, const NodeReference& node_reference = {});

}  // namespace paynamed::pipeline
