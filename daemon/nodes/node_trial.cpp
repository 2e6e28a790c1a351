#include "nodes/node_trial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/secrets.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::nodes {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Result;
using state::NodeRow;

namespace {

constexpr base::Duration kAsking{15'000};
constexpr std::size_t kMostReference = 512;
constexpr std::size_t kMostSecrets = 8;
constexpr std::size_t kMostSecretName = 32;
constexpr std::ptrdiff_t kMostSecretLines = 200;  // a chain of certificates has fewer
constexpr std::size_t kMostSaid = 500;

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMostSecretName &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
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
  call.trial = true;
  return call;
}

// The node's refusal is the caller's mistake, whatever the node calls it.
base::Status refusal(const std::string& failed, const base::Status& why) {
  if (why.deferred() || why.code() == base::Code::kResourceExhausted) return why;
  return base::invalid_argument(failed + ": " + bounded_text(why.message(), kMostSaid));
}

}  // namespace

Result<void> check_secrets(const Secrets& secrets) {
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

std::vector<std::string> names_of(const Secrets& secrets) {
  std::vector<std::string> names;
  for (const auto& [name, value] : secrets) names.push_back(name);
  return names;
}

asio::awaitable<Result<state::NodeLook>> NodeTrial::ask(NodeRow node, std::string failed) {
  NodeQuestion question;
  question.place = node.place;
  for (const std::string& name : node.secrets)
    question.secret_handles.push_back(state::secret_handle(node, name));
  question.timeout = kAsking;
  question.background = false;
  question.trial = true;
  auto look = co_await ask_node(call_plugin_, clock_, std::move(question));
  if (!look) {
    co_return base::fail(base::unavailable(
        fmt::format("the node could not be asked now, for '{}' is not called at the moment; try again later",
                    node.place.instance)));
  }
  if (look->reachable != state::Ternary::kYes)
    co_return base::fail(base::invalid_argument(failed + ": " + look->explanation));
  if (look->node_id.empty())
    co_return base::fail(base::invalid_argument(failed + ": it does not say who it is"));
  co_return *std::move(look);
}

asio::awaitable<Result<void>> NodeTrial::provision(NodeRow& node, std::string failed) {
  v1::ProvisionRequest request;
  put_ref(*request.mutable_node(), node);
  request.set_owner(node.owner);
  pipeline::PluginCall call = call_of(node, "Provision", request.SerializeAsString());
  const pipeline::PluginAnswer answer = co_await call_plugin_(std::move(call));
  if (!answer.reply) co_return base::fail(refusal(failed, answer.reply.error()));
  v1::ProvisionReply reply;
  if (!reply.ParseFromString(*answer.reply) || reply.node().node().empty() ||
      reply.node().node().size() > kMostReference) {
    co_return base::fail(
        base::invalid_argument(failed + ": the instance answered Provision with no node; tell its author"));
  }
  node.place.reference = reply.node().node();
  co_return Result<void>{};
}

asio::awaitable<void> NodeTrial::release(NodeRow node, bool provisioned) const {
  v1::ReleaseRequest request;
  put_ref(*request.mutable_node(), node);
  if (provisioned) request.set_key(node.id.to_string());
  pipeline::PluginCall call = call_of(node, "Release", request.SerializeAsString());
  const pipeline::PluginAnswer answer = co_await call_plugin_(std::move(call));
  if (answer.reply || answer.reply.error().code() == base::Code::kNotFound) co_return;
  log_.warning("a plugin was told to forget a node and failed; a restart makes it forget",
               {{"instance", node.place.instance}, {"why", answer.reply.error()}});
}

}  // namespace paynamed::nodes
