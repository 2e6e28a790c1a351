// NodeTable: added nodes, the looks at nodes and sealed secrets, as the writer changes them. Conditions are
// its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/nodes.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// The columns of a NodeRow, in the order in which read_node() wants them; of nodes n and tenants t.
#define PAYNAMED_NODE_COLUMNS \
  "n.id, t.name, n.owner, n.instance, n.reference, n.label, n.node_id, n.secrets, n.added"
NodeRow read_node(const Statement& row);

// A list of words as one text, and back.
std::string joined_words(const std::vector<std::string>& words);
std::vector<std::string> words_of(std::string_view text);

class NodeTable {
 public:
  explicit NodeTable(Connection& connection);

  base::Result<std::optional<NodeRow>> find(const base::Uuid& id);
  base::Result<std::optional<NodeRow>> find_at(const NodePlace& place);
  // Other owners' than `node`'s with the same node id.
  base::Result<std::vector<NodeRow>> of_others(const NodeRow& node, TenantKey tenant);
  // How many the tenant has at the instance.
  base::Result<std::uint64_t> count(TenantKey tenant, std::string_view instance);
  // Of all tenants.
  base::Result<std::uint64_t> count(std::string_view instance);
  // Names, offers and open runs that are at the place.
  struct Uses {
    std::uint64_t names = 0;
    std::uint64_t offers = 0;
    std::uint64_t open_runs = 0;
    std::uint64_t orders =
        0;  // open ones, those that are being made, and those whose offer is to be disabled
    bool any() const { return names + offers + open_runs + orders > 0; }
  };
  base::Result<Uses> uses_of(const NodePlace& place);

  base::Result<std::optional<NodeStore::NodeKeyUse>> find_key(TenantKey tenant, std::string_view key);
  base::Result<void> put_key(TenantKey tenant, const NewNode& node);
  base::Result<void> put_secret(const SealedSecret& secret, base::WallTime created);
  base::Result<void> erase_secret(std::string_view handle);
  base::Result<void> put_look(const NodeLook& look);
  base::Result<void> erase_look(const NodePlace& place);

 private:
  Statement find_;
  Statement find_at_;
  Statement of_others_;
  Statement count_;
  Statement count_all_;
  Statement uses_;
  Statement open_runs_;
  Statement open_orders_;
  Statement find_key_;
  Statement put_key_;
  Statement put_secret_;
  Statement erase_secret_;
  Statement put_look_;
  Statement erase_look_;
};

}  // namespace paynamed::state
