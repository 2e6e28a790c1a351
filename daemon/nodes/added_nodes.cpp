#include "nodes/added_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "nodes/node_news.hpp"
#include "pipeline/node_tenants.hpp"

namespace paynamed::nodes {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::NodeRow;

namespace {

constexpr const char* kNotAdded = "the node was not added";
constexpr const char* kNotChanged = "the credentials were not changed";

state::NewEvent event_about(const NodeRow& node, std::string type, json::object data, base::WallTime now,
                            base::Random& random) {
  data["node"] = node.id.to_string();
  data["instance"] = node.place.instance;
  data["reference"] = node.place.reference;
  state::NewEvent event;
  event.type = std::move(type);
  event.subject = node.id.to_string();
  event.time = now;
  event.id = base::Uuid::v7(now, random);
  event.data = json::serialize(data);
  return event;
}

bool is_allowed(const config::NodeAddress& address, const config::Plugin& plugin) {
  return std::ranges::any_of(plugin.added_nodes,
                             [&](const auto& rule) { return rule.value.allows(address); });
}

base::Status not_allowed(const config::NodeAddress& address, const std::string& instance) {
  return base::permission_denied(
      fmt::format("nodes at {}:{} may not be added to '{}'; the operator says which may be "
                  "([plugins.{}] added_nodes)",
                  address.host, address.port, instance, instance));
}

std::vector<std::string> custodial_instances(const config::Config& config) {
  std::vector<std::string> ids;
  for (const config::Plugin& plugin : config.plugins) {
    if (plugin.custodial) ids.push_back(plugin.id);
  }
  return ids;
}

}  // namespace

AddedNodes::AddedNodes(Dependencies dependencies)
    : with_(std::move(dependencies)), trial_(with_.call_plugin, with_.clock, with_.log) {}

Result<const config::Plugin*> AddedNodes::instance_for(const NodeToAdd& wanted,
                                                       const pipeline::Runtime& runtime) const {
  const config::Plugin* plugin = runtime.config.find_plugin(wanted.instance);
  if (plugin == nullptr || plugin->retired || !with_.is_node_backend(wanted.instance)) {
    return base::fail(base::invalid_argument(
        fmt::format("there is no node backend '{}' that takes new work", bounded_text(wanted.instance, 64))));
  }
  if (auto may = pipeline::check_node_tenant(runtime, wanted.instance, wanted.tenant); !may)
    return base::fail(may.error());
  if (plugin->added_nodes.empty()) {
    return base::fail(base::failed_precondition(
        fmt::format("no nodes can be added to '{0}': say which may be, [plugins.{0}] added_nodes = "
                    "[\"*.nodes.example.com:3010\"]",
                    wanted.instance)));
  }
  return plugin;
}

// Where it leads is asked anew. A retired instance still has offers to disable.
Result<void> AddedNodes::check_still_allowed(const NodeRow& node) const {
  const auto runtime = with_.runtime();
  const config::Plugin* plugin = runtime->config.find_plugin(node.place.instance);
  if (plugin == nullptr)
    return base::fail(base::failed_precondition(
        fmt::format("there is no node backend '{}' any more", node.place.instance)));
  if (auto may = pipeline::check_node_tenant(*runtime, node.place.instance, node.tenant); !may) return may;
  const auto address = config::NodeAddress::parse(node.place.reference);
  // A backend may have given the node a word of its own.
  if (!address || is_allowed(*address, *plugin)) return {};
  return base::fail(not_allowed(*address, node.place.instance));
}

Result<NodeRow> AddedNodes::row_of(const NodeToAdd& wanted, const config::Plugin& plugin) const {
  const auto address = config::NodeAddress::parse(wanted.address);
  if (!address) return base::fail(address.error());
  if (!is_allowed(*address, plugin)) return base::fail(not_allowed(*address, wanted.instance));
  // Before anybody is asked; the store decides.
  if (with_.book.nodes_of(wanted.instance, wanted.tenant) >= state::kMostAddedNodes) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} nodes were added to '{}', as many as a tenant may; remove those that are not used any "
        "more, or add this one to another instance",
        state::kMostAddedNodes, wanted.instance)));
  }
  if (with_.book.nodes_of(wanted.instance) >= state::kMostNodesOfInstance) {
    return base::fail(base::failed_precondition(
        fmt::format("{} nodes were added to '{}', as many as an instance may have; add this one to another "
                    "instance, or ask the operator for one",
                    state::kMostNodesOfInstance, wanted.instance)));
  }
  NodeRow node;
  node.added = with_.clock.wall();
  node.id = base::Uuid::v7(node.added, with_.random);
  node.tenant = wanted.tenant;
  node.owner = wanted.owner;
  node.label = wanted.label;
  node.place = {wanted.instance, address->text()};
  node.secrets = names_of(wanted.secrets);
  return node;
}

Result<std::optional<state::AddedNode>> AddedNodes::replay(const NodeToAdd& wanted,
                                                           const std::string& hash) const {
  if (wanted.idempotency_key.empty()) return std::nullopt;
  const auto used = with_.store.find_node_key(wanted.tenant, wanted.idempotency_key);
  if (!used) return base::fail(used.error());
  if (!*used) return std::nullopt;
  if ((*used)->request_hash != hash) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  auto node = with_.book.find_node((*used)->node);
  if (!node) return std::nullopt;
  return state::AddedNode{*std::move(node), true};
}

asio::awaitable<Result<state::NodeLook>> AddedNodes::tried(NodeRow& node) {
  auto look = co_await trial_.ask(node, kNotAdded);
  if (!look) co_return look;
  if (auto ready = co_await trial_.provision(node, kNotAdded); !ready) co_return base::fail(ready.error());
  look->place = node.place;
  node.node_id = look->node_id;
  follow(*look, nullptr);
  co_return look;
}

Result<std::vector<state::SealedSecret>> AddedNodes::sealed(const NodeRow& node, const Secrets& secrets) {
  std::vector<state::SealedSecret> all;
  for (const auto& [name, value] : secrets) {
    auto secret = with_.vault.seal(state::secret_handle(node, name), value);
    if (!secret) return base::fail(secret.error());
    all.push_back(*std::move(secret));
  }
  return all;
}

std::shared_ptr<const Vault::Held> AddedNodes::held(const NodeRow& node, const Secrets& secrets) {
  std::map<std::string, std::string> by_handle;
  for (const auto& [name, value] : secrets) {
    by_handle[state::secret_handle(node, name)] = value;
    with_.log.redaction().add_of_caller(value);
  }
  return std::make_shared<const Vault::Held>(with_.vault, std::move(by_handle));
}

void AddedNodes::release(NodeRow node, OfTrial held) {
  with_.in_background(released(std::move(node), std::move(held)));
}

asio::awaitable<void> AddedNodes::released(NodeRow node, OfTrial held) {
  co_await trial_.release(std::move(node), held.provisioned);
  held = {};
}

Result<state::NewNode> AddedNodes::new_node(const NodeToAdd& wanted, const NodeRow& node) {
  state::NewNode added;
  added.node = node;
  auto secrets = sealed(node, wanted.secrets);
  if (!secrets) return base::fail(secrets.error());
  added.secrets = *std::move(secrets);
  json::object data{{"node_id", node.node_id}};
  if (!node.owner.empty()) data["owner"] = node.owner;
  if (!node.label.empty()) data["label"] = node.label;
  data["secrets"] = json::array(node.secrets.begin(), node.secrets.end());
  added.event = event_about(node, "node.added", std::move(data), node.added, with_.random);
  return added;
}

// A configured node is the operator's.
Result<void> AddedNodes::check_configured(const NodeRow& node,
                                          const std::vector<std::string>& custodial) const {
  const auto is_custodial = [&](const std::string& instance) {
    return std::ranges::find(custodial, instance) != custodial.end();
  };
  for (const state::NodeLook& look : with_.book.looks()) {
    const bool is_configured = look.place.reference.empty() && look.node_id == node.node_id;
    if (!is_configured || (is_custodial(node.place.instance) && is_custodial(look.place.instance))) continue;
    return base::fail(base::already_exists(fmt::format(
        "the node {} is one of the configuration's own; a node has one owner unless every instance "
        "that has it is custodial",
        node.node_id)));
  }
  return {};
}

asio::awaitable<Result<state::AddedNode>> AddedNodes::add(NodeToAdd wanted) {
  const auto runtime = with_.runtime();
  const auto plugin = instance_for(wanted, *runtime);
  if (!plugin) co_return base::fail(plugin.error());
  if (auto fine = check_secrets(wanted.secrets); !fine) co_return base::fail(fine.error());
  const auto hash = with_.vault.fingerprint(wanted.request);
  if (!hash) co_return base::fail(hash.error());
  auto before = replay(wanted, *hash);
  if (!before) co_return base::fail(before.error());
  if (*before) co_return **std::move(before);
  auto node = row_of(wanted, **plugin);
  if (!node) co_return base::fail(node.error());
  if (with_.book.node_at(node->place)) {
    co_return base::fail(
        base::already_exists(fmt::format("'{}' has a node at {} already; use that, or remove it first",
                                         node->place.instance, node->place.reference)));
  }

  auto place = places_.take(node->tenant, node->place);
  if (!place) co_return base::fail(place.error());
  OfTrial trial{held(*node, wanted.secrets), *std::move(place), true};
  auto look = co_await tried(*node);
  if (!look) {
    release(*std::move(node), std::move(trial));
    co_return base::fail(look.error());
  }
  Result<state::AddedNode> added = base::fail(base::internal("the node was not added"));
  std::vector<std::string> custodial = custodial_instances(runtime->config);
  if (auto may = check_configured(*node, custodial); !may) {
    added = base::fail(may.error());
  } else if (auto closed = new_node(wanted, *node); !closed) {
    added = base::fail(closed.error());
  } else {
    closed->custodial = std::move(custodial);
    closed->idempotency_key = wanted.idempotency_key;
    closed->request_hash = *hash;
    added = co_await with_.store.add_node(*std::move(closed));
  }
  if (!added || added->replayed) {
    release(*std::move(node), std::move(trial));
    co_return added;
  }
  with_.book.put_node(added->node);
  with_.book.put_look(*look);
  with_.log.info("a node was added", {{"instance", node->place.instance},
                                      {"node", node->place.reference},
                                      {"node_id", node->node_id},
                                      {"tenant", node->tenant}});
  auto written = co_await with_.store.record_node_look(*std::move(look), {});
  if (!written) with_.log.warning("the first look at a node could not be kept", {{"why", written.error()}});
  co_return added;
}

asio::awaitable<Result<NodeRow>> AddedNodes::replace_credentials(NewSecrets wanted) {
  const auto node = with_.book.find_node(wanted.node);
  if (!node || node->tenant != wanted.tenant) co_return base::fail(base::not_found("there is no such node"));
  if (wanted.secrets.empty()) {
    co_return base::fail(base::invalid_argument(
        fmt::format("{}: none were given, and these would take the place of all that it has", kNotChanged)));
  }
  if (auto fine = check_secrets(wanted.secrets); !fine) co_return base::fail(fine.error());
  if (auto still = check_still_allowed(*node); !still) co_return base::fail(still.error());
  auto secrets = sealed(*node, wanted.secrets);
  if (!secrets) co_return base::fail(secrets.error());
  // Its handles are others: calls of this moment go on with the secrets that are kept.
  NodeRow trial = *node;
  trial.id = base::Uuid::v7(with_.clock.wall(), with_.random);
  trial.secrets = names_of(wanted.secrets);
  auto place = places_.take(node->tenant, node->place);
  if (!place) co_return base::fail(place.error());
  OfTrial of_trial{held(trial, wanted.secrets), *std::move(place), false};
  auto look = co_await trial_.ask(trial, kNotChanged);
  release(trial, std::move(of_trial));
  if (!look) co_return base::fail(look.error());
  if (look->node_id != node->node_id) {
    co_return base::fail(base::invalid_argument(
        fmt::format("{}: they are another node's, {} instead of {}; add that one as a node of its own",
                    kNotChanged, look->node_id, node->node_id)));
  }
  state::NewCredentials credentials;
  credentials.tenant = node->tenant;
  credentials.id = node->id;
  credentials.secrets = *std::move(secrets);
  json::object data{{"secrets", json::array(trial.secrets.begin(), trial.secrets.end())}};
  credentials.event =
      event_about(*node, "node.credentials_changed", std::move(data), with_.clock.wall(), with_.random);
  auto kept = co_await with_.store.replace_credentials(std::move(credentials));
  if (!kept) co_return kept;
  // The plugin may have connections open that were made with the old ones.
  release(*node, {{}, {}, false});
  with_.book.renew_node(*kept);
  with_.book.saw(kept->place, look->node_id);
  with_.book.renew_look(*std::move(look));
  with_.log.info(
      "the credentials of a node were replaced",
      {{"instance", kept->place.instance}, {"node", kept->place.reference}, {"tenant", kept->tenant}});
  co_return kept;
}

asio::awaitable<Result<void>> AddedNodes::remove(std::string tenant, base::Uuid id) {
  auto node = with_.book.find_node(id);
  if (!node || node->tenant != tenant) co_return base::fail(base::not_found("there is no such node"));
  auto event = event_about(*node, "node.removed", {}, with_.clock.wall(), with_.random);
  auto removed = co_await with_.store.remove_node(std::move(tenant), id, std::move(event));
  if (!removed) co_return removed;
  with_.book.erase_node(node->place);
  with_.log.info("a node was removed", {{"instance", node->place.instance}, {"node", node->place.reference}});
  release(*std::move(node), {});
  co_return Result<void>{};
}

Result<std::string> AddedNodes::reference_for(const std::string& tenant, const std::string& owner,
                                              const std::string& instance, const std::string& text) const {
  const auto id = base::Uuid::parse(text);
  const auto unknown = [&] {
    return base::fail(base::not_found(
        fmt::format("there is no node {}; GET /v1/nodes lists them", bounded_text(text, 200))));
  };
  std::optional<NodeRow> node;
  if (id) {
    node = with_.book.find_node(*id);
  } else {
    const auto address = config::NodeAddress::parse(text);
    node = with_.book.node_at({instance, address ? address->text() : text});
    if (!node) node = with_.book.node_at({instance, text});
  }
  // What is no address is a plugin's own word for a node. An address that nobody added is no node of this
  // caller, and would be another's as soon as that one adds it.
  const bool is_address = !id && config::NodeAddress::parse(text).has_value();
  if (!node && (id || is_address)) return unknown();
  if (!node) return text;
  if (node->tenant != tenant) return unknown();
  if (node->place.instance != instance) {
    return base::fail(base::failed_precondition(
        fmt::format("the node is at the instance '{}', and new names get their offers at '{}'",
                    node->place.instance, instance)));
  }
  const auto runtime = with_.runtime();
  const config::Plugin* plugin = runtime->config.find_plugin(instance);
  const bool is_shared = plugin != nullptr && plugin->custodial;
  if (node->owner != owner && !is_shared) {
    return base::fail(
        base::permission_denied("the node belongs to another owner; names on it are for its owner alone "
                                "unless its instance is custodial"));
  }
  return node->place.reference;
}

}  // namespace paynamed::nodes
