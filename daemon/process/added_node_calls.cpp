#include "process/added_node_calls.hpp"

#include <algorithm>
#include <array>

#include "nodes/node_identity.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "process/node_secrets.hpp"

namespace paynamed::process {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using pipeline::PluginAnswer;
using pipeline::PluginCall;

namespace {

// Nothing is made or believed by these; the answer of WatchPayments is judged.
constexpr std::array<std::string_view, 6> kHarmless{"Describe",      "Info",        "Release",
                                                    "WatchPayments", "LookupOffer", "DisableOffer"};

base::Status refusal(const state::NodeRow& added, const std::string& node_id) {
  return base::failed_precondition(nodes::said_of_other(added, node_id));
}

template <class Reply>
std::string node_id_of(const std::string& bytes) {
  Reply reply;
  return reply.ParseFromString(bytes) ? reply.node_id() : std::string{};
}

// Who says in its answer that it is whom; empty: the method does not tell.
std::string node_id_in(const std::string& method, const std::string& reply) {
  if (method == "Info") return node_id_of<v1::NodeInfoReply>(reply);
  if (method == "Provision") return node_id_of<v1::ProvisionReply>(reply);
  if (method == "CreateOffer") return node_id_of<v1::CreateOfferReply>(reply);
  if (method == "WatchPayments") return node_id_of<v1::WatchPaymentsReply>(reply);
  return {};
}

}  // namespace

void AddedNodeCalls::complete(PluginCall& call) {
  add_secret_handles(call, book_);
}

asio::awaitable<base::Result<AddedNodeCalls::Lease>> AddedNodeCalls::admit(const PluginCall& call) {
  const auto added = added_node_of(call, book_);
  const bool is_harmless = std::ranges::find(kHarmless, call.method) != kHarmless.end();
  if (!added || is_harmless) co_return Lease{};
  const auto other = book_.other_at(added->place);
  if (other) co_return base::fail(refusal(*added, *other));
  co_return Lease{};
}

void AddedNodeCalls::judge(const PluginCall& call, PluginAnswer& answer) {
  if (!answer.reply) return;
  const auto added = added_node_of(call, book_);
  if (!added) return;
  const std::string node_id = node_id_in(call.method, *answer.reply);
  if (node_id.empty()) return;
  book_.saw(added->place, node_id);
  // A look says itself what it means.
  if (call.method == "Info" || !nodes::is_other(*added, node_id)) return;
  answer.reply = base::fail(refusal(*added, node_id));
}

}  // namespace paynamed::process
