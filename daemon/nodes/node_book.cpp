#include "nodes/node_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "nodes/node_identity.hpp"
#include "nodes/node_news.hpp"
#include "nodes/node_sentence.hpp"

namespace paynamed::nodes {
namespace {

using state::NodePlace;
using state::Ternary;

constexpr std::uint32_t kPage = 1'000;
// Looks after which a node that does not answer counts as one that cannot receive.
constexpr std::uint32_t kConfirmed = 2;
constexpr int kGoodForIntervals = 3;

Receivable unknown(std::string reason) {
  return {Ternary::kUnknown, std::move(reason), std::nullopt, std::nullopt};
}

Receivable said_by(const state::NodeLook& look, std::string reason) {
  Receivable receivable{look.receivable, std::move(reason), look.looked, std::nullopt};
  if (look.reachable == Ternary::kUnknown) {
    receivable.state = Ternary::kUnknown;
  } else if (look.reachable == Ternary::kNo) {
    const bool is_certain = look.code != "unreachable" || look.missed >= kConfirmed;
    receivable.state = is_certain ? Ternary::kNo : Ternary::kUnknown;
  } else if (look.receivable == Ternary::kYes) {
    receivable.max_msat = look.inbound_msat;
  }
  return receivable;
}

}  // namespace

base::Result<void> NodeBook::load(state::NodeStore& store) {
  auto looks = store.node_looks();
  if (!looks) return base::fail(looks.error());
  for (state::NodeLook& look : *looks) {
    if (look.code == kOtherNode) others_[look.place] = look.node_id;
    put_look(std::move(look));
  }
  base::Uuid after;
  for (;;) {
    auto page = store.added_nodes(after, kPage);
    if (!page) return base::fail(page.error());
    if (page->empty()) return {};
    after = page->back().id;
    for (state::NodeRow& node : *page) put_node(std::move(node));
  }
}

void NodeBook::set_interval(base::Duration interval) {
  const std::lock_guard lock(mutex_);
  interval_ = interval;
}

void NodeBook::put_node(state::NodeRow node) {
  const std::lock_guard lock(mutex_);
  NodePlace place = node.place;
  nodes_.insert_or_assign(std::move(place), std::move(node));
}

void NodeBook::renew_node(state::NodeRow node) {
  const std::lock_guard lock(mutex_);
  const auto known = nodes_.find(node.place);
  if (known != nodes_.end() && known->second.id == node.id) known->second = std::move(node);
}

void NodeBook::erase_node(const NodePlace& place) {
  const std::lock_guard lock(mutex_);
  nodes_.erase(place);
  looks_.erase(place);
  others_.erase(place);
}

void NodeBook::put_look(state::NodeLook look) {
  const std::lock_guard lock(mutex_);
  NodePlace place = look.place;
  looks_.insert_or_assign(std::move(place), std::move(look));
}

void NodeBook::renew_look(state::NodeLook look) {
  const std::lock_guard lock(mutex_);
  const auto before = looks_.find(look.place);
  follow(look, before == looks_.end() ? nullptr : &before->second);
  NodePlace place = look.place;
  looks_.insert_or_assign(std::move(place), std::move(look));
}

void NodeBook::erase_look(const NodePlace& place) {
  const std::lock_guard lock(mutex_);
  looks_.erase(place);
}

void NodeBook::saw(const NodePlace& place, const std::string& node_id) {
  const std::lock_guard lock(mutex_);
  const auto added = nodes_.find(place);
  if (added != nodes_.end() && is_other(added->second, node_id)) {
    others_[place] = node_id;
  } else if (!node_id.empty()) {
    others_.erase(place);
  }
}

std::optional<std::string> NodeBook::other_at(const NodePlace& place) const {
  const std::shared_lock lock(mutex_);
  const auto found = others_.find(place);
  return found == others_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<state::NodeLook> NodeBook::look_at(const NodePlace& place) const {
  const std::shared_lock lock(mutex_);
  const auto found = looks_.find(place);
  return found == looks_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<state::NodeRow> NodeBook::node_at(const NodePlace& place) const {
  const std::shared_lock lock(mutex_);
  const auto found = nodes_.find(place);
  return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<state::NodeRow> NodeBook::find_node(const base::Uuid& id) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [place, node] : nodes_) {
    if (node.id == id) return node;
  }
  return std::nullopt;
}

std::vector<state::NodeRow> NodeBook::nodes() const {
  const std::shared_lock lock(mutex_);
  std::vector<state::NodeRow> nodes;
  for (const auto& [place, node] : nodes_) nodes.push_back(node);
  return nodes;
}

std::size_t NodeBook::nodes_of(const std::string& instance) const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(nodes_, [&](const auto& each) { return each.first.instance == instance; }));
}

std::size_t NodeBook::nodes_of(const std::string& instance, const std::string& tenant) const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(nodes_, [&](const auto& each) {
    return each.first.instance == instance && each.second.tenant == tenant;
  }));
}

std::vector<state::NodeLook> NodeBook::looks() const {
  const std::shared_lock lock(mutex_);
  std::vector<state::NodeLook> looks;
  for (const auto& [place, look] : looks_) looks.push_back(look);
  return looks;
}

std::vector<std::string> NodeBook::secret_handles(const NodePlace& place) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> handles;
  const auto found = nodes_.find(place);
  if (found == nodes_.end()) return handles;
  for (const std::string& name : found->second.secrets)
    handles.push_back(state::secret_handle(found->second, name));
  return handles;
}

Receivable NodeBook::receivable(const state::NameRow& name, std::string_view tenant) const {
  if (name.source == state::SourceKind::kExternal)
    return unknown("the offer is of somebody else's node, which is not asked");
  if (name.node_instance.empty()) return unknown("no offer of a node was published for it");
  return receivable_at({name.node_instance, name.node}, tenant);
}

Receivable NodeBook::receivable_at(const NodePlace& place, std::string_view tenant) const {
  const base::WallTime now = clock_.wall();
  const std::shared_lock lock(mutex_);
  const auto found = looks_.find(place);
  if (found == looks_.end()) return unknown("the node was not asked yet");
  const state::NodeLook& look = found->second;
  if (now - look.looked > kGoodForIntervals * interval_) {
    Receivable old = unknown(fmt::format("the node was last asked at {}; that says nothing any more",
                                         base::to_rfc3339(look.looked)));
    old.as_of = look.looked;
    return old;
  }
  return said_by(look, sentence_for(look, tenant, nodes_.contains(place)));
}

}  // namespace paynamed::nodes
