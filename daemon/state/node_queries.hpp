// NodeQueries: added nodes, looks at nodes, who uses them, and sealed secrets.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/nodes.hpp"
#include "state/sqlite.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class NodeQueries {
 public:
  NodeQueries(Connection& connection, TenantKeys& tenants);

  // As NodeStore.
  base::Result<std::vector<NodeRow>> added_nodes(const base::Uuid& after, std::uint32_t limit);
  base::Result<std::vector<NodeLook>> node_looks();
  base::Result<std::vector<NodeUse>> node_uses();
  base::Result<std::vector<NodeUse>> node_uses_of(std::string_view tenant);
  base::Result<std::optional<SealedSecret>> find_secret(std::string_view handle);
  base::Result<std::optional<NodeStore::NodeKeyUse>> find_node_key(std::string_view tenant,
                                                                   std::string_view key);

 private:
  TenantKeys* tenants_;
  Statement added_;
  Statement looks_;
  Statement uses_;
  Statement uses_of_tenant_;
  Statement secret_;
  Statement key_;
};

}  // namespace paynamed::state
