// AddedNodes: nodes that callers of the API add and remove. A node is asked before it is kept, so that a
// wrong rune, certificate or network is told at once; its secrets are sealed, and reach its plugin as handles
// alone.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "nodes/node_book.hpp"
#include "nodes/node_trial.hpp"
#include "nodes/trial_places.hpp"
#include "nodes/vault.hpp"
#include "observe/log.hpp"
#include "pipeline/runtime.hpp"

namespace paynamed::nodes {

struct NodeToAdd {
  std::string tenant;
  std::string instance;
  std::string owner;
  std::string label;
  std::string address;
  Secrets secrets;
  std::string idempotency_key;
  std::string request;  // what has to be the same under the same key
};

// All secrets of a node from now on.
struct NewSecrets {
  std::string tenant;
  base::Uuid node;
  Secrets secrets;
};

class AddedNodes {
 public:
  struct Dependencies {
    pipeline::CurrentRuntime runtime;
    state::NodeStore& store;
    NodeBook& book;
    Vault& vault;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    CallPlugin call_plugin;
    std::function<bool(const std::string& instance)> is_node_backend;
    // Work that no caller waits for. It ends before what is named here does.
    std::function<void(boost::asio::awaitable<void>)> in_background;
  };
  explicit AddedNodes(Dependencies dependencies);

  // On disk when this resumes. INVALID_ARGUMENT for what is wrong with the request or what the node says to
  // it; FAILED_PRECONDITION when the configuration does not let nodes be added there; PERMISSION_DENIED for
  // an address, or a tenant, that it does not allow; ALREADY_EXISTS as NodeStore::add_node; UNAVAILABLE when
  // the node could not be asked now; RESOURCE_EXHAUSTED as TrialPlaces.
  boost::asio::awaitable<base::Result<state::AddedNode>> add(NodeToAdd wanted);
  // The node is asked with them first, and has to be the one that was added. On disk when this resumes: then
  // every call uses them, and those of before are in no file. INVALID_ARGUMENT for what is wrong with them or
  // what the node says to them; FAILED_PRECONDITION without a key to seal with; PERMISSION_DENIED when the
  // configuration does not let the tenant, or the address, be used there any more; NOT_FOUND when the tenant
  // has no such node; UNAVAILABLE when it could not be asked now; RESOURCE_EXHAUSTED as TrialPlaces.
  boost::asio::awaitable<base::Result<state::NodeRow>> replace_credentials(NewSecrets wanted);
  // As NodeStore::remove_node; the plugin forgets the node then.
  boost::asio::awaitable<base::Result<void>> remove(std::string tenant, base::Uuid id);

  // Which node of the instance `text` (an id or an address) means for names of this owner: its reference, or
  // the text itself when it is no added node's, for the instance may know it. NOT_FOUND for another tenant's;
  // PERMISSION_DENIED for another owner's unless the instance is custodial; FAILED_PRECONDITION for a node of
  // another instance.
  base::Result<std::string> reference_for(const std::string& tenant, const std::string& owner,
                                          const std::string& instance, const std::string& text) const;

 private:
  base::Result<const config::Plugin*> instance_for(const NodeToAdd& wanted,
                                                   const pipeline::Runtime& runtime) const;
  base::Result<void> check_still_allowed(const state::NodeRow& node) const;
  base::Result<state::NodeRow> row_of(const NodeToAdd& wanted, const config::Plugin& plugin) const;
  base::Result<std::optional<state::AddedNode>> replay(const NodeToAdd& wanted,
                                                       const std::string& hash) const;
  base::Result<void> check_configured(const state::NodeRow& node,
                                      const std::vector<std::string>& custodial) const;
  boost::asio::awaitable<base::Result<state::NodeLook>> tried(state::NodeRow& node);
  std::shared_ptr<const Vault::Held> held(const state::NodeRow& node, const Secrets& secrets);
  // What a trial has until the plugin has forgotten it.
  struct OfTrial {
    std::shared_ptr<const Vault::Held> secrets;
    TrialPlaces::Trial place;
    bool provisioned = true;
  };
  // Nobody waits for the plugin.
  void release(state::NodeRow node, OfTrial held);
  boost::asio::awaitable<void> released(state::NodeRow node, OfTrial held);
  base::Result<std::vector<state::SealedSecret>> sealed(const state::NodeRow& node, const Secrets& secrets);
  base::Result<state::NewNode> new_node(const NodeToAdd& wanted, const state::NodeRow& node);

  const Dependencies with_;
  NodeTrial trial_;
  TrialPlaces places_;
};

}  // namespace paynamed::nodes
