// Repairs of degraded names as runs of the engine, where the configuration of their domain says so.
//
// Threads: the functions may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "monitor/repairs.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/runtime.hpp"
#include "state/store.hpp"

namespace paynamed::process {

// What it is given must outlive it. begin() fails as Engine::submit, and with RESOURCE_EXHAUSTED while half
// of the runs that the settings allow are open: when a whole zone is lost, its repairs must leave room for
// customers.
monitor::RepairRuns repair_runs(pipeline::CurrentRuntime runtime, pipeline::Engine& engine,
                                state::Store& store, base::Clock& clock, base::Random& random);

}  // namespace paynamed::process
