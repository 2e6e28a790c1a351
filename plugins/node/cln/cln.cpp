#include "cln.hpp"

#include <algorithm>

#include "config_schema.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

constexpr std::chrono::milliseconds kMostWait{60'000};
// So that the empty answer of a WatchPayments still arrives in time.
constexpr std::chrono::milliseconds kAnswering{2'000};
// A WatchPayments holds one of the threads while it waits, one for each node; they are made as they are
// needed.
constexpr BlockingOptions kThreads{.threads = 128, .queue = 1'024};

// Runs `work`, whose refusals by the node that nobody expected become Errors about `doing`.
template <class Work>
auto told(const char* doing, const Work& work) {
  try {
    return work();
  } catch (const RpcError& refusal) {
    throw error_of(refusal, doing);
  }
}

NodeFacts known(Node& node, const Call& call) {
  return told("telling what it is", [&] { return node.known(call); });
}

NodeFacts asked(Node& node, const Call& call) {
  return told("telling what it is", [&] { return node.asked(call); });
}

// Who makes something, or says what it has: at the address of an added node another one may be by now.
NodeFacts whoever_answers(const proto::NodeRef& reference, Node& node, const Call& call) {
  return reference.node().empty() ? known(node, call) : asked(node, call);
}

bool is_credentials(Code code) {
  return code == Code::kUnauthenticated || code == Code::kPermissionDenied;
}

}  // namespace

Cln::Cln(Host host, const Config& config)
    : Blocking<NodeBackend>(host, kThreads), nodes_(host, Settings(config)) {}

Cln::DescribeNodesReply Cln::describe(DescribeNodesRequest /*request*/, Call& /*call*/) {
  DescribeNodesReply reply;
  reply.set_offers(true);
  reply.set_invoices(true);
  reply.set_payments_out(false);
  reply.set_watch_payments(true);
  reply.set_custody(nodes_.own().custody());
  reply.set_moves_money(true);
  reply.set_network(nodes_.own().network());
  reply.set_summary("A Core Lightning node: offers, invoices and incoming payments. " + nodes_.own().paths());
  return reply;
}

Cln::NodeInfoReply Cln::info(NodeInfoRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  NodeInfoReply reply;
  reply.set_network(node->network());
  reply.set_custody(node->custody());
  NodeFacts facts;
  try {
    facts = asked(*node, call);
  } catch (const Error& error) {
    if (is_credentials(error.code()) || error.code() == Code::kFailedPrecondition) throw;
    reply.set_reachable(proto::TERNARY_NO);
    reply.set_explanation(error.message());
    return reply;
  }
  reply.set_reachable(proto::TERNARY_YES);
  // lightningd does not answer without its signer.
  reply.set_signer(proto::TERNARY_YES);
  reply.set_node_id(facts.id);
  reply.set_version(facts.version);
  std::uint64_t inbound = 0;
  for (const Channel& each : told("listing its channels", [&] { return node->channels(call); })) {
    if (each.usable) inbound += each.total_msat - std::min(each.ours_msat, each.total_msat);
  }
  reply.set_inbound_msat(inbound);
  reply.set_receivable(inbound > 0 ? proto::TERNARY_YES : proto::TERNARY_NO);
  reply.set_explanation(node->explanation(facts, inbound));
  return reply;
}

Cln::ProvisionReply Cln::provision(ProvisionRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  ProvisionReply reply;
  *reply.mutable_node() = request.node();
  reply.set_node_id(whoever_answers(request.node(), *node, call).id);
  return reply;
}

// The credentials of the instance's own node are the configuration's, those of the others the daemon's.
Cln::ReleaseReply Cln::release(ReleaseRequest request, Call& /*call*/) {
  nodes_.of(request.node());
  nodes_.forget(request.node());
  return {};
}

Cln::CreateOfferReply Cln::create_offer(CreateOfferRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  const auto facts = whoever_answers(request.node(), *node, call);
  // Only here: a node that went back to an older version must still tell of payments.
  if (const auto problem = node->fronting_problem(facts); !problem.empty()) {
    throw Error(Code::kFailedPrecondition, problem);
  }
  auto reply = told("making an offer", [&] { return node->offers().create(request, call); });
  reply.set_node_id(facts.id);
  return reply;
}

Cln::EnableOfferReply Cln::enable_offer(EnableOfferRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  known(*node, call);
  told("enabling an offer", [&] { node->offers().enable(request.offer_id(), call); });
  return {};
}

Cln::DisableOfferReply Cln::disable_offer(DisableOfferRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  DisableOfferReply reply;
  reply.set_node_id(whoever_answers(request.node(), *node, call).id);
  reply.set_changed(told("disabling an offer", [&] {
    return node->offers().disable(request.offer_id(), request.offer_key(), call);
  }));
  return reply;
}

Cln::LookupOfferReply Cln::lookup_offer(LookupOfferRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  const auto facts = whoever_answers(request.node(), *node, call);
  auto reply = told("looking for an offer",
                    [&] { return node->offers().lookup(request.offer_id(), request.offer_key(), call); });
  reply.set_node_id(facts.id);
  return reply;
}

Cln::CreateInvoiceReply Cln::create_invoice(CreateInvoiceRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  const auto facts = whoever_answers(request.node(), *node, call);
  auto reply = told("making an invoice", [&] { return node->invoices().create(request, call); });
  reply.set_node_id(facts.id);
  return reply;
}

Cln::LookupInvoiceReply Cln::lookup_invoice(LookupInvoiceRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  known(*node, call);
  return told("looking for an invoice", [&] { return node->invoices().lookup(request, call); });
}

Cln::WatchPaymentsReply Cln::watch_payments(WatchPaymentsRequest request, Call& call) {
  const auto node = nodes_.of(request.node());
  // With a cursor the node is known by its last payment; without one another node may be there by now.
  if (request.cursor().empty()) node->forget_facts();
  const auto node_id = known(*node, call).id;
  const auto left = host().remaining(call, kMostWait) - kAnswering;
  const auto wait = std::clamp(std::chrono::milliseconds(request.wait_ms()), std::chrono::milliseconds(0),
                               std::max(left, std::chrono::milliseconds(0)));
  try {
    return told("waiting for payments", [&] { return node->payments().after(request, node_id, wait, call); });
  } catch (const Error& error) {
    if (error.code() == Code::kOutOfRange) {
      node->forget_facts();
    }
    throw;
  }
}

}  // namespace paynamed::cln

PAYNAMED_MODULE(paynamed::cln::Cln, "cln", "0.1.0", paynamed::cln::kConfigSchema)
