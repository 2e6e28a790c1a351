// What UnitWriter writes about nodes: those that owners added, their secrets, and looks.
#include <fmt/format.h>

#include <algorithm>

#include "state/unit_writer.hpp"

namespace paynamed::state {

base::Result<std::optional<AddedNode>> UnitWriter::replay(TenantKey tenant, const NewNode& node) {
  if (node.idempotency_key.empty()) return std::nullopt;
  const auto used = nodes_.find_key(tenant, node.idempotency_key);
  if (!used) return base::fail(used.error());
  if (!*used) return std::nullopt;
  if ((*used)->request_hash != node.request_hash) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  auto row = nodes_.find((*used)->node);
  if (!row) return base::fail(row.error());
  if (!*row) {
    return base::fail(base::failed_precondition(
        "the node that this request added was removed since; take a new Idempotency-Key to add it again"));
  }
  return AddedNode{std::move(**row), true};
}

base::Result<void> UnitWriter::check_place(TenantKey tenant, const NewNode& node) {
  const auto there = nodes_.find_at(node.node.place);
  if (!there) return base::fail(there.error());
  if (*there) {
    // Another tenant must not learn more than that.
    return base::fail(base::already_exists(
        fmt::format("instance '{}' has a node at {} already; use that, or remove it first",
                    node.node.place.instance, node.node.place.reference)));
  }
  const auto added = nodes_.count(tenant, node.node.place.instance);
  if (!added) return base::fail(added.error());
  if (*added >= kMostAddedNodes) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} nodes were added to '{}', as many as a tenant may; remove those that are not used any "
        "more, or add this one to another instance",
        *added, node.node.place.instance)));
  }
  const auto all = nodes_.count(node.node.place.instance);
  if (!all) return base::fail(all.error());
  if (*all >= kMostNodesOfInstance) {
    return base::fail(
        base::failed_precondition(fmt::format("{} nodes were added to '{}', as many as an instance may have; "
                                              "add this one to another instance, or ask "
                                              "the operator for one",
                                              *all, node.node.place.instance)));
  }
  return check_owner(tenant, node);
}

base::Result<void> UnitWriter::check_owner(TenantKey tenant, const NewNode& node) {
  const auto is_custodial = [&](const NodeRow& row) {
    return std::ranges::find(node.custodial, row.place.instance) != node.custodial.end();
  };
  const auto others = nodes_.of_others(node.node, tenant);
  if (!others) return base::fail(others.error());
  for (const NodeRow& other : *others) {
    if (is_custodial(node.node) && is_custodial(other)) continue;
    return base::fail(base::already_exists(fmt::format(
        "the node {} belongs to another owner; a node has one owner unless every instance that has it is "
        "custodial",
        node.node.node_id)));
  }
  return {};
}

base::Result<AddedNode> UnitWriter::write(const AddNodeUnit& unit) {
  const NewNode& node = unit.node;
  const auto tenant = log_.tenant_key(node.node.tenant);
  if (!tenant) return base::fail(tenant.error());
  auto before = replay(*tenant, node);
  if (!before) return base::fail(before.error());
  if (*before) return std::move(**before);
  if (auto may = check_place(*tenant, node); !may) return base::fail(may.error());
  dirty_ = true;
  for (const SealedSecret& secret : node.secrets) {
    if (auto done = nodes_.put_secret(secret, node.event.time); !done) return base::fail(done.error());
  }
  if (!node.idempotency_key.empty()) {
    if (auto done = nodes_.put_key(*tenant, node); !done) return base::fail(done.error());
  }
  if (auto done = write_events(*tenant, 0, {node.event}, {unit.fact}, {}, {}); !done)
    return base::fail(done.error());
  dirty_ = false;
  return AddedNode{node.node, false};
}

base::Result<NodeRow> UnitWriter::node_of(const std::string& tenant, const base::Uuid& id) {
  auto row = nodes_.find(id);
  if (!row) return base::fail(row.error());
  if (!*row || (*row)->tenant != tenant) return base::fail(base::not_found("there is no such node"));
  return std::move(**row);
}

base::Result<void> UnitWriter::erase_secrets(const NodeRow& node) {
  for (const std::string& name : node.secrets) {
    if (auto done = nodes_.erase_secret(secret_handle(node, name)); !done) return done;
    secrets_in_wal_ = true;
  }
  return {};
}

base::Result<void> UnitWriter::write(const RemoveNodeUnit& unit) {
  const auto tenant = log_.tenant_key(unit.tenant);
  if (!tenant) return base::fail(tenant.error());
  const auto node = node_of(unit.tenant, unit.id);
  if (!node) return base::fail(node.error());
  const auto uses = nodes_.uses_of(node->place);
  if (!uses) return base::fail(uses.error());
  if (uses->any()) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} names, {} offers (active or retired), {} open runs and {} open orders use this node; give the "
        "names "
        "another source or remove them, and wait until their offers are disabled and the orders have ended",
        uses->names, uses->offers, uses->open_runs, uses->orders)));
  }
  dirty_ = true;
  if (auto done = erase_secrets(*node); !done) return done;
  if (auto done = nodes_.erase_look(node->place); !done) return done;
  if (auto done = write_events(*tenant, 0, {unit.event}, {unit.fact}, {}, {}); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<NodeRow> UnitWriter::write(const CredentialsUnit& unit) {
  const NewCredentials& credentials = unit.credentials;
  const auto tenant = log_.tenant_key(credentials.tenant);
  if (!tenant) return base::fail(tenant.error());
  auto row = node_of(credentials.tenant, credentials.id);
  if (!row) return row;
  if (row->place != NodePlace{unit.fact.node_instance, unit.fact.node}) {
    return base::fail(
        base::internal("the credentials of a node were not changed, because their event names "
                       "another place; report this defect"));
  }
  dirty_ = true;
  if (auto done = erase_secrets(*row); !done) return base::fail(done.error());
  row->secrets = unit.fact.secrets;
  for (const SealedSecret& secret : credentials.secrets) {
    if (auto done = nodes_.put_secret(secret, credentials.event.time); !done) return base::fail(done.error());
  }
  if (auto done = write_events(*tenant, 0, {credentials.event}, {unit.fact}, {}, {}); !done)
    return base::fail(done.error());
  dirty_ = false;
  return row;
}

base::Result<void> UnitWriter::write(const NodeLookUnit& unit) {
  dirty_ = true;
  for (std::size_t i = 0; i < unit.news.size(); ++i) {
    const auto tenant = log_.tenant_key(unit.news[i].tenant);
    if (!tenant) return base::fail(tenant.error());
    if (auto done = write_events(*tenant, 0, {unit.news[i].event}, {unit.facts[i]}, {}, {}); !done)
      return done;
  }
  if (auto done = nodes_.put_look(unit.look); !done) return done;
  dirty_ = false;
  return {};
}

}  // namespace paynamed::state
