// What the API needs from the rest of the daemon, as interfaces and functions, so that tests give their own.
//
// Threads: everything here is called from any thread of the io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/auth.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "names/lint/report.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pipeline/engine.hpp"
#include "state/store.hpp"

namespace paynamed::api {

// A plugin instance as operators see it.
struct PluginStatus {
  std::string id;        // "zone"
  std::string module;    // "rfc2136"
  std::string version;   // of the module
  std::string contract;  // "DnsProvider"
  std::string state;     // "ready", "blocked", "stuck", "stopped", "failed"
  std::string message;   // why it is not ready; empty otherwise
  bool retired = false;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint32_t in_flight = 0;
  std::optional<base::WallTime> since;  // when it came into this state
};

// Whether the daemon can take work, part by part.
struct Readiness {
  struct Part {
    std::string name;  // "store"
    bool ready = false;
    std::string message;  // one sentence; may be empty
  };
  bool ready = false;
  std::vector<Part> parts;
};

struct DomainInfo {
  std::string name;
  bool test = false;
  std::string dns_instance;
  std::vector<std::string> tenants;
};

// Everything outlives the server; every function must be set.
struct Dependencies {
  pipeline::Engine& engine;
  state::Store& store;
  base::Clock& clock;
  base::Random& random;
  const observe::Log& log;
  observe::Metrics& metrics;
  KeySource keys;
  std::function<std::vector<PluginStatus>()> plugins;
  std::function<Readiness()> readiness;
  std::function<std::vector<DomainInfo>()> domains;
  // A proof that may be handed on now; of foreign names only with `any_domain`.
  std::function<boost::asio::awaitable<base::Result<state::Proof>>(base::Name, bool any_domain)> proof_of =
      {};
  // What wallets make of a stored proof now; fails when it does not hold any more.
  std::function<base::Result<names::LintReport>(const base::Name&, const state::Proof&)> lint_of = {};
};

}  // namespace paynamed::api
