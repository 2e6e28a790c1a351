#include "nodes/added_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "host/secrets.hpp"
#include "nodes/node_news.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::nodes {
namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = paynamed::plugin::v1;
using base::Result;
using state::NodePlace;
using state::NodeRow;
using state::Ternary;

namespace {

constexpr base::Duration kAsking{15'000};
constexpr std::size_t kMostNodes = 100;  // of an instance
constexpr std::size_t kMostReference = 512;
constexpr std::size_t kMostSecrets = 8;
constexpr std::size_t kMostSecretName = 32;
constexpr std::ptrdiff_t kMostSecretLines = 200;  // a chain of certificates has fewer

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMostSecretName &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
}

Result<void> check_secrets(const std::map<std::string, std::string>& secrets) {
  if (secrets.size() > kMostSecrets)
    return base::fail(base::invalid_argument(fmt::format("a node has at most {} secrets", kMostSecrets)));
  for (const auto& [name, value] : secrets) {
    if (!is_word(name))
      return base::fail(base::invalid_argument("the name of a secret is made of a-z, 0-9 and '_'"));
    if (value.empty() || value.size() > host::kMostSecretBytes)
      return base::fail(base::invalid_argument(fmt::format("the secret '{}' is empty or too long", name)));
    if (std::ranges::any_of(value, [](char c) { return c != '\n' && c != '\r' && (c < 0x20 || c > 0x7e); }))
      return base::fail(
          base::invalid_argument(fmt::format("the secret '{}' is not a text of ASCII lines", name)));
    if (std::ranges::count(value, '\n') > kMostSecretLines)
      return base::fail(base::invalid_argument(fmt::format("the secret '{}' has too many lines", name)));
  }
  return {};
}

void put_ref(v1::NodeRef& ref, const NodeRow& node) {
  ref.set_node(node.place.reference);
  for (const std::string& name : node.secrets) ref.add_secret_handles(state::secret_handle(node, name));
}

pipeline::PluginCall call_of(const NodeRow& node, std::string method, std::string request) {
  pipeline::PluginCall call;
  call.instance = node.place.instance;
  call.method = std::move(method);
  call.request = std::move(request);
  call.key = node.id.to_string() + (call.method == "Release" ? "/undo" : "");
  call.timeout = kAsking;
  call.beside_breaker = true;  // whatever the caller's node does says nothing about the instance
  return call;
}

// The node's refusal is the caller's mistake, whatever the node calls it.
base::Status not_added(const base::Status& why) {
  if (why.deferred() || why.code() == base::Code::kResourceExhausted) return why;
  return base::invalid_argument("the node was not added: " + bounded_text(why.message(), 500));
}

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

}  // namespace

AddedNodes::AddedNodes(Dependencies dependencies) : with_(std::move(dependencies)) {}

Result<const config::Plugin*> AddedNodes::instance_for(const NodeToAdd& wanted,
                                                       const pipeline::Runtime& runtime) const {
  const config::Plugin* plugin = runtime.config.find_plugin(wanted.instance);
  if (plugin == nullptr || plugin->retired || !with_.is_node_backend(wanted.instance)) {
    return base::fail(base::invalid_argument(
        fmt::format("there is no node backend '{}' that takes new work", bounded_text(wanted.instance, 64))));
  }
  if (plugin->added_nodes.empty()) {
    return base::fail(base::failed_precondition(
        fmt::format("no nodes can be added to '{0}': say which may be, [plugins.{0}] added_nodes = "
                    "[\"*.nodes.example.com:3010\"]",
                    wanted.instance)));
  }
  return plugin;
}

Result<NodeRow> AddedNodes::row_of(const NodeToAdd& wanted, const config::Plugin& plugin) const {
  const auto address = config::NodeAddress::parse(wanted.address);
  if (!address) return base::fail(address.error());
  const bool allowed =
      std::ranges::any_of(plugin.added_nodes, [&](const auto& rule) { return rule.value.allows(*address); });
  if (!allowed) {
    return base::fail(base::permission_denied(
        fmt::format("nodes at {}:{} may not be added to '{}'; the operator says which may be "
                    "([plugins.{}] added_nodes)",
                    address->host, address->port, wanted.instance, wanted.instance)));
  }
  if (with_.book.nodes_of(wanted.instance) >= kMostNodes) {
    return base::fail(base::failed_precondition(
        fmt::format("'{}' has {} added nodes, as many as an instance may have; make another instance",
                    wanted.instance, kMostNodes)));
  }
  NodeRow node;
  node.added = with_.clock.wall();
  node.id = base::Uuid::v7(node.added, with_.random);
  node.tenant = wanted.tenant;
  node.owner = wanted.owner;
  node.label = wanted.label;
  node.place = {wanted.instance, address->text()};
  for (const auto& [name, value] : wanted.secrets) node.secrets.push_back(name);
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

asio::awaitable<Result<void>> AddedNodes::provision(NodeRow& node) {
  v1::ProvisionRequest request;
  put_ref(*request.mutable_node(), node);
  request.set_owner(node.owner);
  pipeline::PluginCall call = call_of(node, "Provision", request.SerializeAsString());
  const pipeline::PluginAnswer answer = co_await with_.call_plugin(std::move(call));
  if (!answer.reply) co_return base::fail(answer.reply.error());
  v1::ProvisionReply reply;
  if (!reply.ParseFromString(*answer.reply) || reply.node().node().empty() ||
      reply.node().node().size() > kMostReference) {
    co_return base::fail(base::internal("the instance answered Provision with no node; tell its author"));
  }
  node.place.reference = reply.node().node();
  co_return Result<void>{};
}

asio::awaitable<Result<state::NodeLook>> AddedNodes::tried(NodeRow& node) {
  NodeQuestion question;
  question.place = node.place;
  for (const std::string& name : node.secrets)
    question.secret_handles.push_back(state::secret_handle(node, name));
  question.timeout = kAsking;
  question.background = false;
  question.beside_breaker = true;
  auto look = co_await ask_node(with_.call_plugin, with_.clock, std::move(question));
  if (!look) {
    co_return base::fail(base::unavailable(
        fmt::format("the node could not be asked now, for '{}' is not called at the moment; try again later",
                    node.place.instance)));
  }
  if (look->reachable != Ternary::kYes)
    co_return base::fail(base::invalid_argument("the node was not added: " + look->explanation));
  if (look->node_id.empty())
    co_return base::fail(base::invalid_argument("the node was not added: it does not say who it is"));
  if (auto ready = co_await provision(node); !ready) co_return base::fail(not_added(ready.error()));
  look->place = node.place;
  node.node_id = look->node_id;
  follow(*look, nullptr);
  co_return *std::move(look);
}

asio::awaitable<void> AddedNodes::release(NodeRow node) {
  v1::ReleaseRequest request;
  put_ref(*request.mutable_node(), node);
  request.set_key(node.id.to_string());
  pipeline::PluginCall call = call_of(node, "Release", request.SerializeAsString());
  const pipeline::PluginAnswer answer = co_await with_.call_plugin(std::move(call));
  if (answer.reply || answer.reply.error().code() == base::Code::kNotFound) co_return;
  with_.log.warning("a plugin was told to forget a node and failed; a restart makes it forget",
                    {{"instance", node.place.instance}, {"why", answer.reply.error()}});
}

Result<state::NewNode> AddedNodes::sealed(const NodeToAdd& wanted, const NodeRow& node) {
  state::NewNode added;
  added.node = node;
  for (const auto& [name, value] : wanted.secrets) {
    auto secret = with_.vault.seal(state::secret_handle(node, name), value);
    if (!secret) return base::fail(secret.error());
    added.secrets.push_back(*std::move(secret));
  }
  json::object data{{"node_id", node.node_id}};
  if (!node.owner.empty()) data["owner"] = node.owner;
  if (!node.label.empty()) data["label"] = node.label;
  data["secrets"] = json::array(node.secrets.begin(), node.secrets.end());
  added.event = event_about(node, "node.added", std::move(data), node.added, with_.random);
  return added;
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

  std::map<std::string, std::string> by_handle;
  for (const auto& [name, value] : wanted.secrets) {
    by_handle[state::secret_handle(*node, name)] = value;
    with_.log.redaction().add_of_caller(value);
  }
  const Vault::Held held(with_.vault, std::move(by_handle));
  auto look = co_await tried(*node);
  if (!look) co_return base::fail(look.error());
  Result<state::AddedNode> added = base::fail(base::internal("the node was not added"));
  const auto known = with_.book.looks();
  const bool is_the_hosts = std::ranges::any_of(known, [&](const state::NodeLook& each) {
    return each.place.reference.empty() && each.node_id == node->node_id;
  });
  if (is_the_hosts && !(*plugin)->custodial) {
    added = base::fail(base::already_exists(fmt::format(
        "the node {} is one of the configuration's own; a node has one owner unless its instance is "
        "custodial",
        node->node_id)));
  } else if (auto closed = sealed(wanted, *node); !closed) {
    added = base::fail(closed.error());
  } else {
    closed->shared = (*plugin)->custodial;
    closed->idempotency_key = wanted.idempotency_key;
    closed->request_hash = *hash;
    added = co_await with_.store.add_node(*std::move(closed));
  }
  if (!added || added->replayed) {
    co_await release(*node);
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

asio::awaitable<Result<void>> AddedNodes::remove(std::string tenant, base::Uuid id) {
  auto node = with_.book.find_node(id);
  if (!node || node->tenant != tenant) co_return base::fail(base::not_found("there is no such node"));
  auto event = event_about(*node, "node.removed", {}, with_.clock.wall(), with_.random);
  auto removed = co_await with_.store.remove_node(std::move(tenant), id, std::move(event));
  if (!removed) co_return removed;
  with_.book.erase_node(node->place);
  with_.log.info("a node was removed", {{"instance", node->place.instance}, {"node", node->place.reference}});
  co_await release(*std::move(node));
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
