// What the API does with webhooks, put together from the daemon's parts.
//
// Threads: called once; what it makes may be called from any thread.
#pragma once

#include <functional>
#include <memory>

#include "delivery/webhooks.hpp"
#include "host/plugin_host.hpp"
#include "nodes/vault.hpp"
#include "process/plugin_calls.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

// Outlives what is made of it.
struct WebhookApiParts {
  base::Clock& clock;
  base::Random& random;
  state::SqliteStore& store;
  observe::Log log;
  nodes::Vault& vault;
  host::PluginHost& host;
  PluginCalls& calls;
  // Whoever delivers, after each change on disk.
  std::function<void(const base::Uuid& webhook)> changed;
};

// New webhooks go to instances of Notifier that are not retired.
std::unique_ptr<delivery::Webhooks> make_webhooks(const WebhookApiParts& parts);

}  // namespace paynamed::process
