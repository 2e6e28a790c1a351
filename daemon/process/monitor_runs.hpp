// What the monitor begins by itself, as runs of the engine, where the configuration of a domain says so:
// repairs of degraded names, and rotations of names whose offers end.
//
// Threads: the functions may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "monitor/repairs.hpp"
#include "monitor/rotations.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/runtime.hpp"
#include "state/store.hpp"

namespace paynamed::process {

// What it is given must outlive it. begin() fails as Engine::submit, and with RESOURCE_EXHAUSTED while half
// of the runs that the settings allow are open: when a whole zone is lost, or all names were registered on
// one day, there must be room for customers.
struct MonitorRuns {
  pipeline::CurrentRuntime runtime;
  pipeline::Engine& engine;
  state::Store& store;
  base::Clock& clock;
  base::Random& random;

  monitor::RepairRuns repairs() const;
  monitor::RotationRuns rotations() const;
};

}  // namespace paynamed::process
