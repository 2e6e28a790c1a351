// Run: one execution of a pipeline for one name, in memory.
//
// Threads: whoever drives the run owns it; the engine sees to it that there is one at a time. Only
// `cancel_requested` and `changed` may be touched by others.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/broadcast.hpp"
#include "pipeline/action.hpp"
#include "pipeline/compiled.hpp"
#include "pipeline/progress.hpp"
#include "state/store.hpp"

namespace paynamed::pipeline {

struct Run {
  Run(base::Clock& clock, RunInput about, std::shared_ptr<const CompiledPipeline> compiled, Progress at)
      : input(std::move(about)),
        shared_pipeline(std::move(compiled)),
        pipeline(*shared_pipeline),
        progress(std::move(at)),
        changed(clock) {}

  // From what the store has. DATA_LOSS when that is unreadable.
  static base::Result<std::shared_ptr<Run>> load(base::Clock& clock, const state::OpenRun& stored);

  state::RunKey key = 0;
  base::Uuid id;
  std::string tenant;
  RunInput input;
  const std::shared_ptr<const CompiledPipeline> shared_pipeline;
  const CompiledPipeline& pipeline;
  Progress progress;
  std::string correlation_id;
  std::string traceparent;
  // This process wrote the current step's intent and has not acted on it. After a restart it is false: then
  // the attempt before the crash may have acted, and a new intent says so.
  bool intent_fresh = false;
  bool recovered = false;  // taken up after a restart, and the current step was not tried since
  // Whose refusal holds the current step or undo, as the journal says: while it lasts nothing more is
  // written.
  std::string held_by;
  std::optional<base::WallTime> wait_written;  // when this process wrote the last wait
  std::atomic<bool> cancel_requested{false};
  base::Broadcast changed;  // at every rest of the run
};

}  // namespace paynamed::pipeline
