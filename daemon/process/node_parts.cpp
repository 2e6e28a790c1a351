#include "process/node_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "nodes/key_change.hpp"
#include "nodes/node_sentence.hpp"
#include "pipeline/node_tenants.hpp"
#include "process/configuration_rules.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

constexpr std::string_view kContract = "NodeBackend";

}  // namespace

NodeParts::NodeParts(Dependencies dependencies)
    : with_(std::move(dependencies)),
      book_(with_.clock),
      added_calls_(book_, with_.clock),
      vault_(with_.store, with_.random, [this] { return key_of(with_.runtime()->config); }),
      parts_(with_.io, with_.clock),
      background_(with_.io, with_.clock) {}

base::Result<host::SealingKey> NodeParts::key_of(const config::Config& config) const {
  const auto& place = config.daemon.secrets_key;
  if (!place) {
    return base::fail(base::failed_precondition(
        "there is no key to seal secrets with: make one with (umask 077; openssl rand -hex 32 > "
        "/etc/paynamed/secrets.key) and set [daemon] secrets_key = { file = \"/etc/paynamed/secrets.key\" "
        "}"));
  }
  using From = config::SecretSource::Kind;
  const host::SecretSource source{
      place->kind == From::kFile ? host::SecretSource::Kind::kFile : host::SecretSource::Kind::kEnv,
      place->where};
  const auto text = host::read_secret(source, config.file.parent_path());
  if (!text) return base::fail(text.error());
  with_.log.redaction().add(*text);
  auto key = host::SealingKey::from_hex(*text);
  if (!key) return base::fail(base::failed_precondition("[daemon] secrets_key: " + key.error().message()));
  return key;
}

base::Result<void> NodeParts::load() {
  if (auto read = book_.load(with_.store); !read) return read;
  for (const state::NodeRow& node : book_.nodes()) {
    const auto fine = vault_.check(node);
    if (fine) continue;
    lost_.insert(node.id);
    with_.log.error("an added node cannot be used, for its secrets cannot be read",
                    {{"instance", node.place.instance},
                     {"node", node.place.reference},
                     {"tenant", node.tenant},
                     {"why", fine.error()}});
  }
  return {};
}

base::Result<void> NodeParts::check(const config::Config& after) {
  const std::vector<state::NodeRow> added = book_.nodes();
  if (auto fits = check_added_nodes(after, added); !fits) return fits;
  const bool has_secrets = std::ranges::any_of(added, [](const auto& node) { return !node.secrets.empty(); });
  if (!has_secrets) return {};
  const auto key = key_of(after);
  if (!key) {
    return base::fail(base::failed_precondition(fmt::format(
        "added nodes have secrets that are sealed under [daemon] secrets_key, which cannot be used: {}",
        key.error().message())));
  }
  auto present = key_of(with_.runtime()->config);
  const auto now = present ? std::optional(*std::move(present)) : std::nullopt;
  const auto lost = nodes::lost_by(vault_, added, *key, now, lost_);
  if (!lost) {
    return base::fail(base::unavailable(fmt::format(
        "whether [daemon] secrets_key opens the secrets of added nodes could not be read: {}; try again",
        lost.error().message())));
  }
  if (!*lost) return {};
  return base::fail(base::failed_precondition(fmt::format(
      "[daemon] secrets_key does not open the secrets of the added node {}; put the key back under which "
      "they "
      "were sealed, or, when that is lost, restart with the new one and give them again: paynamectl nodes "
      "credentials {}",
      (*lost)->place.reference, (*lost)->id.to_string())));
}

host::AddedSecrets NodeParts::secrets() {
  return [this](std::string_view handle) { return vault_.read(handle); };
}

pipeline::NodeReference NodeParts::references() {
  return [this](const std::string& tenant, const std::string& owner, const std::string& instance,
                const std::string& node) { return added_->reference_for(tenant, owner, instance, node); };
}

std::vector<std::string> NodeParts::instances() const {
  std::vector<std::string> ids;
  for (const host::Instance* instance : host_->list()) {
    if (instance->contract() == kContract) ids.push_back(instance->id());
  }
  std::ranges::sort(ids);
  return ids;
}

void NodeParts::use(host::PluginHost& host, PluginCalls& calls) {
  host_ = &host;
  calls_ = &calls;
  nodes::CallPlugin call_plugin = [this](pipeline::PluginCall call) { return calls_->call(std::move(call)); };
  added_ = std::make_unique<nodes::AddedNodes>(nodes::AddedNodes::Dependencies{
      with_.runtime, with_.store, book_, vault_, with_.clock, with_.random, with_.log, call_plugin,
      [this](const std::string& id) {
        const host::Instance* instance = host_->find(id);
        return instance != nullptr && instance->contract() == kContract;
      },
      [this](asio::awaitable<void> work) { background_.start(std::move(work)); }});
  watch_ = std::make_unique<nodes::NodeWatch>(nodes::NodeWatch::Dependencies{
      with_.io.get_executor(), with_.store, book_, with_.clock, with_.random, with_.log, with_.metrics,
      std::move(call_plugin), [this] { return instances(); },
      [this] { return with_.runtime()->config.nodes.interval; }});
}

void NodeParts::start() {
  parts_.start(watch_->run());
}

asio::awaitable<bool> NodeParts::stop(base::Duration most) {
  return parts_.stop(most);
}

asio::awaitable<bool> NodeParts::stop_background(base::Duration most) {
  return background_.stop(most);
}

base::Result<std::vector<state::NodePlace>> NodeParts::places_for(
    const std::string& tenant, const std::vector<state::NodeUse>& uses) const {
  std::set<state::NodePlace> places;
  const auto runtime = with_.runtime();
  for (const std::string& instance : instances()) {
    const config::Plugin* plugin = runtime->config.find_plugin(instance);
    const bool is_for_new = plugin != nullptr && !plugin->retired;
    if (is_for_new && pipeline::may_use_node(*runtime, instance, tenant)) places.insert({instance, {}});
  }
  for (const state::NodeUse& use : uses) places.insert(use.place);
  for (const state::NodeRow& node : book_.nodes()) {
    if (node.tenant == tenant) places.insert(node.place);
  }
  return std::vector<state::NodePlace>(places.begin(), places.end());
}

base::Result<std::vector<api::NodeView>> NodeParts::views_for(const std::string& tenant) const {
  const auto uses = with_.store.node_uses_of(tenant);
  if (!uses) return base::fail(uses.error());
  const auto places = places_for(tenant, *uses);
  if (!places) return base::fail(places.error());
  std::vector<api::NodeView> views;
  for (const state::NodePlace& place : *places) {
    api::NodeView view;
    view.place = place;
    view.added = book_.node_at(place);
    if (view.added && view.added->tenant != tenant) continue;
    view.look = book_.look_at(place);
    if (view.look) {
      view.look->explanation = nodes::sentence_for(*view.look, tenant, view.added.has_value());
    }
    view.receivable = book_.receivable_at(place, tenant);
    const auto use =
        std::ranges::find_if(*uses, [&](const state::NodeUse& each) { return each.place == place; });
    if (use != uses->end()) {
      view.names = use->names;
      view.offers = use->offers;
    }
    views.push_back(std::move(view));
  }
  return views;
}

api::Nodes NodeParts::for_api() {
  api::Nodes nodes;
  nodes.receivable = [this](const state::NameRow& name, const std::string& tenant) {
    return book_.receivable(name, tenant);
  };
  nodes.list = [this](const std::string& tenant) { return views_for(tenant); };
  nodes.add = [this](nodes::NodeToAdd wanted) { return added_->add(std::move(wanted)); };
  nodes.replace_credentials = [this](nodes::NewSecrets wanted) {
    return added_->replace_credentials(std::move(wanted));
  };
  nodes.remove = [this](std::string tenant, base::Uuid id) { return added_->remove(std::move(tenant), id); };
  return nodes;
}

}  // namespace paynamed::process
