// The work on whole domains, put together from the daemon's parts.
//
// Threads: called once; what it makes may be called from any thread.
#pragma once

#include <memory>

#include "domains/domains.hpp"
#include "process/current_dns.hpp"
#include "process/plugin_calls.hpp"

namespace paynamed::process {

// Outlives what is made of it.
struct DomainParts {
  base::Clock& clock;
  base::Random& random;
  state::Store& store;
  state::MoveStore& moves;
  pipeline::Engine& engine;
  pipeline::CurrentRuntime runtime;
  PluginCalls& calls;
  const CurrentDns& dns;
};

// A check of a domain has a budget of questions of its own, apart from the monitor's: who asks waits, and
// asks seldom.
std::unique_ptr<domains::Domains> make_domains(const DomainParts& parts);

}  // namespace paynamed::process
