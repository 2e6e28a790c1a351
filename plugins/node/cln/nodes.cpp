#include "nodes.hpp"

#include <algorithm>

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostRemembered = 128;
constexpr std::string_view kAddress = "https://";

// Other secrets have other handles, so a node whose secrets were changed is another one here.
std::string key_of(const proto::NodeRef& node) {
  std::string key = node.node();
  for (const std::string& handle : node.secret_handles()) key += "\n" + handle;
  return key;
}

}  // namespace

Settings settings_of(const Host& host, const Settings& instance, const proto::NodeRef& node) {
  if (!std::string_view(node.node()).starts_with(kAddress)) {
    throw Error(Code::kNotFound, "There is no node called \"" + node.node().substr(0, 100) +
                                     "\": the instance's own has an empty reference, an added one an address "
                                     "that begins with https://.");
  }
  Settings settings = instance;
  settings.transport = Settings::Transport::kRest;
  settings.socket.clear();
  settings.url = node.node();
  settings.rune.reset();
  settings.ca.clear();
  settings.ca_secret.reset();
  settings.client_key.reset();
  // The operator's choice for the instance's own node.
  settings.fronting_nodes.clear();
  for (const std::string& handle : node.secret_handles()) {
    const auto name = std::string_view(handle).substr(handle.rfind('/') + 1);
    if (name == "rune") {
      settings.rune.emplace(host, handle);
    } else if (name == "ca") {
      settings.ca_secret.emplace(host, handle);
    } else {
      throw Error(Code::kInvalidArgument,
                  "A node of this plugin has the secrets \"rune\" and, if need be, \"ca\", and no other.");
    }
  }
  if (!settings.rune) {
    throw Error(Code::kNotFound, "There is no rune for the node at \"" + node.node().substr(0, 100) +
                                     "\"; add the node with the secret \"rune\".");
  }
  return settings;
}

Nodes::Nodes(Host host, Settings instance)
    : host_(std::move(host)),
      settings_(std::move(instance)),
      own_(std::make_shared<Node>(host_, settings_)) {}

std::shared_ptr<Node> Nodes::of(const proto::NodeRef& reference) {
  if (reference.node().empty()) return own_;
  const auto key = key_of(reference);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(added_, key, &Added::key);
  if (found != added_.end()) {
    added_.splice(added_.begin(), added_, found);
    return added_.front().node;
  }
  auto made = std::make_shared<Node>(host_, settings_of(host_, settings_, reference));
  added_.push_front({key, made});
  // One that is in use keeps keys apart and must stay the only one of its address.
  for (auto at = added_.end(); added_.size() > kMostRemembered && at != added_.begin();) {
    --at;
    if (at->node.use_count() == 1) at = added_.erase(at);
  }
  return made;
}

void Nodes::forget(const proto::NodeRef& reference) {
  const auto key = key_of(reference);
  const std::lock_guard lock(mutex_);
  std::erase_if(added_, [&](const Added& each) { return each.key == key; });
}

}  // namespace paynamed::cln
