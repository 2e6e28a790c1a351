#include "nodes/node_question.hpp"

#include <algorithm>

#include "host/text.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::nodes {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

using state::NodeCustody;
using state::Ternary;

constexpr std::size_t kMostVersion = 64;
constexpr std::size_t kMostNetwork = 32;
constexpr std::size_t kMostExplanation = 500;
constexpr std::size_t kNodeIdDigits = 66;
constexpr std::uint64_t kMostMsat = 2'100'000'000'000'000'000;  // 21 million bitcoin

Ternary ternary_of(v1::Ternary value) {
  if (value == v1::TERNARY_YES) return Ternary::kYes;
  return value == v1::TERNARY_NO ? Ternary::kNo : Ternary::kUnknown;
}

NodeCustody custody_of(v1::Custody value) {
  switch (value) {
    case v1::CUSTODY_NONE:
      return NodeCustody::kNone;
    case v1::CUSTODY_RECEIVE_ONLY:
      return NodeCustody::kReceiveOnly;
    case v1::CUSTODY_FULL:
      return NodeCustody::kFull;
    default:
      return NodeCustody::kUnknown;
  }
}

std::string node_id_in(const std::string& text) {
  const bool good =
      text.size() == kNodeIdDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return good ? text : std::string{};
}

void take(state::NodeLook& look, const v1::NodeInfoReply& reply) {
  look.reachable = ternary_of(reply.reachable());
  look.signer = ternary_of(reply.signer());
  look.receivable = ternary_of(reply.receivable());
  look.custody = custody_of(reply.custody());
  look.inbound_msat = std::min<std::uint64_t>(reply.inbound_msat(), kMostMsat);
  look.node_id = node_id_in(reply.node_id());
  look.version = bounded_text(reply.version(), kMostVersion);
  look.network = bounded_text(reply.network(), kMostNetwork);
  look.explanation = bounded_text(reply.explanation(), kMostExplanation);
  if (look.reachable == Ternary::kYes) return;
  if (look.reachable == Ternary::kNo) look.code = "unreachable";
  if (look.explanation.empty()) look.explanation = "The node does not answer.";
}

void take(state::NodeLook& look, const base::Status& status) {
  if (status.code() == base::Code::kUnimplemented) {
    look.explanation = "The instance does not say how its nodes are.";
    return;
  }
  look.reachable = Ternary::kNo;
  look.explanation = bounded_text(status.message(), kMostExplanation);
  switch (status.code()) {
    case base::Code::kUnauthenticated:
    case base::Code::kPermissionDenied:
      look.code = "unauthenticated";
      break;
    case base::Code::kFailedPrecondition:
    case base::Code::kInvalidArgument:
    case base::Code::kNotFound:
      look.code = "refused";
      break;
    default:
      look.code = "unreachable";
      break;
  }
}

// Surely nobody asked the node.
bool was_not_asked(const base::Status& status) {
  return status.deferred() || status.code() == base::Code::kResourceExhausted ||
         status.code() == base::Code::kCancelled;
}

}  // namespace

std::string bounded_text(std::string_view text, std::size_t most) {
  return host::printable(text, most);
}

asio::awaitable<std::optional<state::NodeLook>> ask_node(const CallPlugin& call_plugin, base::Clock& clock,
                                                         NodeQuestion question) {
  v1::NodeInfoRequest request;
  request.mutable_node()->set_node(question.place.reference);
  for (const std::string& handle : question.secret_handles)
    request.mutable_node()->add_secret_handles(handle);
  pipeline::PluginCall call;
  call.instance = question.place.instance;
  call.method = "Info";
  call.request = request.SerializeAsString();
  call.timeout = question.timeout;
  call.background = question.background;
  call.beside_breaker = question.trial;
  call.trial = question.trial;
  const pipeline::PluginAnswer answer = co_await call_plugin(std::move(call));
  state::NodeLook look;
  look.place = std::move(question.place);
  look.looked = clock.wall();
  v1::NodeInfoReply reply;
  if (!answer.reply) {
    if (was_not_asked(answer.reply.error())) co_return std::nullopt;
    take(look, answer.reply.error());
  } else if (reply.ParseFromString(*answer.reply)) {
    take(look, reply);
  } else {
    take(look, base::internal("the instance answered Info with bytes that are no such reply"));
  }
  co_return look;
}

}  // namespace paynamed::nodes
