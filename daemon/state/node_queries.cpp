#include "state/node_queries.hpp"

#include <algorithm>

#include "state/node_table.hpp"
#include "state/rows.hpp"

namespace paynamed::state {
namespace {

NodeLook read_look(const Statement& row) {
  NodeLook look;
  look.place = {std::string{row.text(0)}, std::string{row.text(1)}};
  look.looked = row.time(2);
  look.reachable = static_cast<Ternary>(row.integer(3));
  look.signer = static_cast<Ternary>(row.integer(4));
  look.receivable = static_cast<Ternary>(row.integer(5));
  look.custody = static_cast<NodeCustody>(row.integer(6));
  look.inbound_msat = row.count(7);
  look.node_id = row.text(8);
  look.version = row.text(9);
  look.network = row.text(10);
  look.code = row.text(11);
  look.explanation = row.text(12);
  look.seen = row.optional_time(13);
  look.missed = static_cast<std::uint32_t>(row.integer(14));
  look.reached = static_cast<std::uint32_t>(row.integer(15));
  look.told = words_of(row.text(16));
  return look;
}

NodeUse read_use(const Statement& row) {
  return NodeUse{std::string{row.text(0)},
                 {std::string{row.text(1)}, std::string{row.text(2)}},
                 row.count(3),
                 row.count(4)};
}

#define PAYNAMED_NODE_USES                                                                           \
  "SELECT t.name, u.instance, u.node, u.names, u.offers FROM node_uses u JOIN tenants t ON t.key = " \
  "u.tenant "

}  // namespace

NodeQueries::NodeQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      added_(connection,
             "SELECT " PAYNAMED_NODE_COLUMNS
             " FROM nodes n JOIN tenants t ON t.key = n.tenant WHERE n.id > ? ORDER BY n.id LIMIT ?"),
      looks_(connection,
             "SELECT instance, reference, looked, reachable, signer, receivable, custody, inbound_msat, "
             "node_id, "
             "version, network, code, explanation, seen, missed, reached, told FROM node_looks"),
      uses_(connection, PAYNAMED_NODE_USES),
      uses_of_tenant_(connection, PAYNAMED_NODE_USES "WHERE u.tenant = ?"),
      secret_(connection, "SELECT handle, sealed FROM secrets WHERE handle = ?"),
      key_(connection, "SELECT node, request_hash FROM node_keys WHERE tenant = ? AND key = ?") {}

base::Result<std::vector<NodeRow>> NodeQueries::added_nodes(const base::Uuid& after, std::uint32_t limit) {
  return collect<NodeRow>(added_, added_.first(after, std::min(limit, kMaxRows)), read_node);
}

base::Result<std::vector<NodeLook>> NodeQueries::node_looks() {
  return collect<NodeLook>(looks_, looks_.first(), read_look);
}

base::Result<std::vector<NodeUse>> NodeQueries::node_uses() {
  return collect<NodeUse>(uses_, uses_.first(), read_use);
}

base::Result<std::vector<NodeUse>> NodeQueries::node_uses_of(std::string_view tenant) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return collect<NodeUse>(uses_of_tenant_, uses_of_tenant_.first(*number), read_use);
}

base::Result<std::optional<SealedSecret>> NodeQueries::find_secret(std::string_view handle) {
  return at_most_one<SealedSecret>(secret_, secret_.first(handle), [](const Statement& row) {
    const Blob bytes = row.blob(1);
    return SealedSecret{std::string{row.text(0)}, {bytes.begin(), bytes.end()}};
  });
}

base::Result<std::optional<NodeStore::NodeKeyUse>> NodeQueries::find_node_key(std::string_view tenant,
                                                                              std::string_view key) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<NodeStore::NodeKeyUse>(key_, key_.first(*number, key), [](const Statement& row) {
    return NodeStore::NodeKeyUse{row.uuid(0), std::string{row.text(1)}};
  });
}

}  // namespace paynamed::state
