// Taking payments in, put together from the daemon's parts.
//
// Threads: called once; what it makes may be called from any thread.
#pragma once

#include "host/plugin_host.hpp"
#include "nodes/node_book.hpp"
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

}  // namespace paynamed::process
