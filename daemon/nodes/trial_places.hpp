// TrialPlaces: how many trials of nodes may be under way. Each holds a thread of the plugin for as long as
// the node that a caller named does not answer, and those are shared with everybody's nodes.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

class TrialPlaces {
 public:
  // Of one tenant at one instance.
  static constexpr std::size_t kMostOfTenant = 4;
  // Of all tenants at one instance.
  static constexpr std::size_t kMostOfInstance = 16;

  TrialPlaces();

  // Held while the trial is under way, until its plugin has forgotten it; may outlive this.
  using Trial = std::shared_ptr<void>;
  // RESOURCE_EXHAUSTED while there is one at the place, or as many as may be of the tenant or the instance.
  base::Result<Trial> take(const std::string& tenant, const state::NodePlace& place);

 private:
  struct Taken;
  const std::shared_ptr<Taken> taken_;  // shared with the trials
};

}  // namespace paynamed::nodes
