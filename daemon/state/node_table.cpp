#include "state/node_table.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_NODES "SELECT " PAYNAMED_NODE_COLUMNS " FROM nodes n JOIN tenants t ON t.key = n.tenant "

}  // namespace

NodeRow read_node(const Statement& row) {
  NodeRow node;
  node.id = row.uuid(0);
  node.tenant = row.text(1);
  node.owner = row.text(2);
  node.place = {std::string{row.text(3)}, std::string{row.text(4)}};
  node.label = row.text(5);
  node.node_id = row.text(6);
  node.secrets = words_of(row.text(7));
  node.added = row.time(8);
  return node;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text.push_back(' ');
    text += word;
  }
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

NodeTable::NodeTable(Connection& connection)
    : find_(connection, PAYNAMED_NODES "WHERE n.id = ?"),
      find_at_(connection, PAYNAMED_NODES "WHERE n.instance = ? AND n.reference = ?"),
      of_others_(connection, PAYNAMED_NODES "WHERE n.node_id = ?1 AND (n.tenant <> ?2 OR n.owner <> ?3)"),
      count_(connection, "SELECT count(*) FROM nodes WHERE instance = ? AND tenant = ?"),
      count_all_(connection, "SELECT count(*) FROM nodes WHERE instance = ?"),
      uses_(connection,
            "SELECT coalesce(sum(names), 0), coalesce(sum(offers), 0) FROM node_uses "
            "WHERE instance = ? AND node = ?"),
      // What a run is about is a JSON text; open runs are few, and a node is removed rarely.
      open_runs_(connection,
                 "SELECT count(*) FROM runs r INDEXED BY runs_open JOIN run_inputs i ON i.run = r.key "
                 "WHERE r.finished IS NULL AND instr(' ' || i.instances || ' ', ' ' || ?1 || ' ') > 0 "
                 "AND instr(i.input, ?2) > 0"),
      open_orders_(connection,
                   "SELECT (SELECT count(*) FROM orders INDEXED BY orders_waiting_at WHERE state < 2 AND "
                   "node_instance = ?1 AND node = ?2) + (SELECT count(*) FROM order_intents INDEXED BY "
                   "order_intents_open WHERE state = 0 AND node_instance = ?1 AND node = ?2) + "
                   "(SELECT count(*) FROM offers_to_disable WHERE node_instance = ?1 AND node = ?2)"),
      find_key_(connection, "SELECT node, request_hash FROM node_keys WHERE tenant = ? AND key = ?"),
      put_key_(connection, "INSERT INTO node_keys VALUES (?, ?, ?, ?)"),
      put_secret_(connection, "INSERT INTO secrets VALUES (?, ?, ?)"),
      erase_secret_(connection, "DELETE FROM secrets WHERE handle = ?"),
      put_look_(
          connection,
          "INSERT OR REPLACE INTO node_looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      erase_look_(connection, "DELETE FROM node_looks WHERE instance = ? AND reference = ?") {}

base::Result<std::optional<NodeRow>> NodeTable::find(const base::Uuid& id) {
  return at_most_one<NodeRow>(find_, find_.first(id), read_node);
}

base::Result<std::optional<NodeRow>> NodeTable::find_at(const NodePlace& place) {
  return at_most_one<NodeRow>(find_at_, find_at_.first(place.instance, place.reference), read_node);
}

base::Result<std::vector<NodeRow>> NodeTable::of_others(const NodeRow& node, TenantKey tenant) {
  return collect<NodeRow>(of_others_, of_others_.first(node.node_id, tenant, node.owner), read_node);
}

base::Result<std::uint64_t> NodeTable::count(TenantKey tenant, std::string_view instance) {
  const auto row = count_.first(instance, tenant);
  if (!row) return base::fail(row.error());
  const std::uint64_t nodes = count_.count(0);
  count_.reset();
  return nodes;
}

base::Result<std::uint64_t> NodeTable::count(std::string_view instance) {
  const auto row = count_all_.first(instance);
  if (!row) return base::fail(row.error());
  const std::uint64_t nodes = count_all_.count(0);
  count_all_.reset();
  return nodes;
}

base::Result<NodeTable::Uses> NodeTable::uses_of(const NodePlace& place) {
  Uses uses;
  const auto row = uses_.first(place.instance, place.reference);
  if (!row) return base::fail(row.error());
  uses.names = uses_.count(0);
  uses.offers = uses_.count(1);
  uses_.reset();
  const auto runs = open_runs_.first(place.instance, place.reference);
  if (!runs) return base::fail(runs.error());
  uses.open_runs = open_runs_.count(0);
  open_runs_.reset();
  const auto orders = open_orders_.first(place.instance, place.reference);
  if (!orders) return base::fail(orders.error());
  uses.orders = open_orders_.count(0);
  open_orders_.reset();
  return uses;
}

base::Result<std::optional<NodeStore::NodeKeyUse>> NodeTable::find_key(TenantKey tenant,
                                                                       std::string_view key) {
  return at_most_one<NodeStore::NodeKeyUse>(
      find_key_, find_key_.first(tenant, key), [](const Statement& row) {
        return NodeStore::NodeKeyUse{row.uuid(0), std::string{row.text(1)}};
      });
}

base::Result<void> NodeTable::put_key(TenantKey tenant, const NewNode& node) {
  return put_key_.run(tenant, node.idempotency_key, node.request_hash, node.node.id);
}

base::Result<void> NodeTable::put_secret(const SealedSecret& secret, base::WallTime created) {
  return put_secret_.run(secret.handle, Blob{secret.bytes}, created);
}

base::Result<void> NodeTable::erase_secret(std::string_view handle) {
  return erase_secret_.run(handle);
}

base::Result<void> NodeTable::put_look(const NodeLook& look) {
  return put_look_.run(look.place.instance, look.place.reference, look.looked, look.reachable, look.signer,
                       look.receivable, look.custody, look.inbound_msat, look.node_id, look.version,
                       look.network, look.code, look.explanation, look.seen, look.missed, look.reached,
                       joined_words(look.told));
}

base::Result<void> NodeTable::erase_look(const NodePlace& place) {
  return erase_look_.run(place.instance, place.reference);
}

}  // namespace paynamed::state
