// NodeParts: what the daemon knows and does about Lightning nodes themselves, put together.
//
// Threads: load(), start() and stop() are called once each, in this order; everything else from any thread.
// What it is given outlives it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "api/dependencies.hpp"
#include "host/plugin_host.hpp"
#include "nodes/added_nodes.hpp"
#include "nodes/node_book.hpp"
#include "nodes/node_watch.hpp"
#include "nodes/vault.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/runtime.hpp"
#include "process/added_node_calls.hpp"
#include "process/background_work.hpp"
#include "process/plugin_calls.hpp"
#include "process/watch_parts.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

class NodeParts {
 public:
  struct Dependencies {
    boost::asio::io_context& io;
    pipeline::CurrentRuntime runtime;
    state::SqliteStore& store;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
  };
  explicit NodeParts(Dependencies dependencies);

  // Reads what the store knows, and says which secrets cannot be opened.
  base::Result<void> load();
  // What the added nodes need of a configuration before it is taken up: check_added_nodes(), and a sealing
  // key that opens their secrets, as far as they can be read now.
  base::Result<void> check(const config::Config& after);
  host::AddedSecrets secrets();
  // What seals the secrets of nodes and webhooks.
  nodes::Vault& vault() { return vault_; }
  // FAILED_PRECONDITION saying how to make one when the configuration has none.
  base::Result<host::SealingKey> key_of(const config::Config& config) const;
  const nodes::NodeBook& book() const { return book_; }
  // What goes with calls about added nodes.
  PluginCalls::Around& calls() { return added_calls_; }
  pipeline::NodeReference references();

  // With the plugins that run.
  void use(host::PluginHost& host, PluginCalls& calls);
  void start();
  // As WatchParts::stop: no more looks.
  boost::asio::awaitable<bool> stop(base::Duration most);
  // As BackgroundWork::stop, when no caller adds or removes nodes any more.
  boost::asio::awaitable<bool> stop_background(base::Duration most);

  api::Nodes for_api();

 private:
  // Instances of NodeBackend, in order.
  std::vector<std::string> instances() const;
  base::Result<std::vector<api::NodeView>> views_for(const std::string& tenant) const;
  base::Result<std::vector<state::NodePlace>> places_for(const std::string& tenant,
                                                         const std::vector<state::NodeUse>& uses) const;

  const Dependencies with_;
  nodes::NodeBook book_;
  AddedNodeCalls added_calls_;
  nodes::Vault vault_;
  std::set<base::Uuid> lost_;  // whose secrets could not be read at the start; of load(), then constant
  host::PluginHost* host_ = nullptr;
  PluginCalls* calls_ = nullptr;
  std::unique_ptr<nodes::AddedNodes> added_;
  std::unique_ptr<nodes::NodeWatch> watch_;
  WatchParts parts_;
  BackgroundWork background_;
};

}  // namespace paynamed::process
