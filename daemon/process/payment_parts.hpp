// Taking payments in, put together from the daemon's parts.
//
// Threads: called once; what it makes may be called from any thread.
#pragma once

#include <vector>

#include "api/dependencies.hpp"
#include "host/plugin_host.hpp"
#include "nodes/node_book.hpp"
#include "payments/node_watch.hpp"
#include "payments/services.hpp"
#include "process/plugin_calls.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

// Outlives what is made of it.
struct PaymentParts {
  base::Clock& clock;
  base::Random& random;
  state::SqliteStore& store;
  observe::Log log;
  observe::Metrics& metrics;
  host::PluginHost& host;
  PluginCalls& calls;
  const nodes::NodeBook& book;
};

// The nodes are the default ones of all instances that reach nodes, also of retired ones, and those that
// owners added: what they gave out before can still be paid.
payments::Services payment_services(const PaymentParts& parts);

// One part for each instance with nodes that cannot be read. Anybody may ask /readyz: why, and whose nodes
// they are, is the log's.
std::vector<api::Readiness::Part> failing_payments(const std::vector<payments::WatchStatus>& nodes);

}  // namespace paynamed::process
