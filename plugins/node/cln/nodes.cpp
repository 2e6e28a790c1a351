#include "nodes.hpp"

#include <algorithm>

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostRemembered = 128;
constexpr std::string_view kRest = "https://";
constexpr std::string_view kGrpc = "grpc://";
// In the certificate that lightningd makes, whatever the host is called; the caller's `ca` says whose it is.
constexpr const char* kServerName = "cln";

// Other secrets have other handles, so a node whose secrets were changed is another one here.
std::string key_of(const proto::NodeRef& node) {
  std::string key = node.node();
  for (const std::string& handle : node.secret_handles()) key += "\n" + handle;
  return key;
}

// The instance's settings without what is its own node's.
Settings nothing_of_its_own(const Settings& instance) {
  Settings settings = instance;
  settings.socket.clear();
  settings.url.clear();
  settings.rune.reset();
  settings.ca.clear();
  settings.address.clear();
  settings.client_certificate.clear();
  settings.client_key.reset();
  settings.ca_secret.reset();
  settings.certificate_secret.reset();
  // The operator's choice for the instance's own node.
  settings.fronting_nodes.clear();
  return settings;
}

// Null: there is no such secret.
std::optional<Secret>* secret_called(Settings& settings, std::string_view name) {
  if (name == "ca") return &settings.ca_secret;
  if (settings.transport == Settings::Transport::kRest) return name == "rune" ? &settings.rune : nullptr;
  if (name == "client_certificate") return &settings.certificate_secret;
  return name == "client_key" ? &settings.client_key : nullptr;
}

std::string which_secrets(bool is_rest) {
  return is_rest
             ? "A node at clnrest has the secrets \"rune\" and, if need be, \"ca\", and no other."
             : "A node at cln-grpc has the secrets \"ca\", \"client_certificate\" and \"client_key\", and "
               "no other.";
}

}  // namespace

Settings settings_of(const Host& host, const Settings& instance, const proto::NodeRef& node) {
  const bool is_rest = std::string_view(node.node()).starts_with(kRest);
  if (!is_rest && !std::string_view(node.node()).starts_with(kGrpc)) {
    throw Error(Code::kNotFound, "There is no node called \"" + node.node().substr(0, 100) +
                                     "\": the instance's own has an empty reference, an added one an address "
                                     "that begins with https:// (clnrest) or grpc:// (cln-grpc).");
  }
  Settings settings = nothing_of_its_own(instance);
  if (is_rest) {
    settings.transport = Settings::Transport::kRest;
    settings.url = node.node();
  } else {
    settings.transport = Settings::Transport::kGrpc;
    settings.address = node.node().substr(kGrpc.size());
    settings.server_name = kServerName;
  }
  for (const std::string& handle : node.secret_handles()) {
    auto* secret = secret_called(settings, handle.substr(handle.rfind('/') + 1));
    if (secret == nullptr) throw Error(Code::kInvalidArgument, which_secrets(is_rest));
    secret->emplace(host, handle);
  }
  const bool complete = is_rest ? settings.rune.has_value()
                                : settings.ca_secret && settings.certificate_secret && settings.client_key;
  if (!complete) {
    throw Error(Code::kNotFound, "The node at \"" + node.node().substr(0, 100) +
                                     "\" was given without a secret that it needs. " +
                                     which_secrets(is_rest));
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
