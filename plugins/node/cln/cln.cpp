#include "cln.hpp"

#include <algorithm>

#include "config_schema.hpp"
#include "connect.hpp"
#include "rest.hpp"
#include "rpc_error.hpp"
#include "rune.hpp"
#include "version.hpp"

namespace paynamed::cln {
namespace {

constexpr std::chrono::milliseconds kMostWait{60'000};
// So that the empty answer of a WatchPayments still arrives in time.
constexpr std::chrono::milliseconds kAnswering{2'000};
// A WatchPayments holds one of the threads while it waits.
constexpr BlockingOptions kThreads{.threads = 16, .queue = 1'024};

std::function<std::uint64_t()> seconds_of(const Host& host) {
  return [host] {
    const auto since = host.wall().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
  };
}

// Runs `work`, whose refusals by the node that nobody expected become Errors about `doing`.
template <class Work>
auto told(const char* doing, const Work& work) {
  try {
    return work();
  } catch (const RpcError& refusal) {
    throw error_of(refusal, doing);
  }
}

bool is_credentials(Code code) {
  return code == Code::kUnauthenticated || code == Code::kPermissionDenied;
}

}  // namespace

Cln::Cln(Host host, const Config& config)
    : Blocking<NodeBackend>(host, kThreads),
      settings_(config),
      calls_(connect(host, settings_)),
      offers_(*calls_, seconds_of(host), settings_.fronting_nodes),
      invoices_(*calls_),
      payments_(*calls_) {}

void Cln::check_node(const NodeRef& node) {
  if (!node.node().empty()) {
    throw Error(Code::kNotFound,
                "This instance has one node, which an empty reference names, and none called \"" +
                    node.node().substr(0, 100) + "\".");
  }
}

NodeFacts Cln::known(const Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (facts_) return *facts_;
  }
  auto facts = told("telling what it is", [&] { return calls_->facts(call); });
  check(facts);
  const std::lock_guard lock(mutex_);
  facts_ = facts;
  return facts;
}

void Cln::check(const NodeFacts& facts) const {
  if (!is_supported(facts.version)) {
    throw Error(Code::kFailedPrecondition, "The node runs Core Lightning \"" + facts.version.substr(0, 40) +
                                               "\"; v24.11 or later is needed.");
  }
  if (facts.network != settings_.network) {
    throw Error(Code::kFailedPrecondition, "The node is on \"" + facts.network.substr(0, 40) +
                                               "\" and the configuration says network = \"" +
                                               settings_.network + "\"; one of them is wrong.");
  }
}

std::string Cln::fronting_problem(const NodeFacts& facts) const {
  if (settings_.fronting_nodes.empty() || has_fronting_nodes(facts.version)) return {};
  return "The node runs Core Lightning \"" + facts.version.substr(0, 40) +
         "\", which knows no fronting nodes: no offers are made until it is v26.04 or later, or until "
         "fronting_nodes is taken out of the configuration.";
}

std::string Cln::explanation(const NodeFacts& facts, std::uint64_t inbound_msat) const {
  const auto problem = fronting_problem(facts);
  if (!problem.empty()) return problem;
  if (inbound_msat == 0) return "No channel of the node is connected and has room for an incoming payment.";
  if (!facts.warning.empty()) return facts.warning;
  return "The node's connected channels have room; what peers keep as a reserve is not taken off.";
}

std::string Cln::paths() const {
  if (settings_.fronting_nodes.empty()) {
    return "Whether an offer has blinded paths, and through whom, is as the node decides.";
  }
  std::string nodes;
  for (const auto& each : settings_.fronting_nodes) nodes += (nodes.empty() ? "" : ", ") + each;
  return "Its offers lead through the fronting nodes " + nodes + ".";
}

Cln::Custody Cln::custody() const {
  if (settings_.transport != Settings::Transport::kRest) return proto::CUSTODY_FULL;
  return only_receives(checked_rune(settings_.rune->read_now())) ? proto::CUSTODY_RECEIVE_ONLY
                                                                 : proto::CUSTODY_FULL;
}

Cln::DescribeNodesReply Cln::describe(DescribeNodesRequest /*request*/, Call& /*call*/) {
  DescribeNodesReply reply;
  reply.set_offers(true);
  reply.set_invoices(true);
  reply.set_payments_out(false);
  reply.set_watch_payments(true);
  reply.set_custody(custody());
  reply.set_moves_money(true);
  reply.set_network(settings_.network);
  reply.set_summary("A Core Lightning node: offers, invoices and incoming payments. " + paths());
  return reply;
}

Cln::NodeInfoReply Cln::info(NodeInfoRequest request, Call& call) {
  check_node(request.node());
  NodeInfoReply reply;
  reply.set_network(settings_.network);
  reply.set_custody(custody());
  NodeFacts facts;
  try {
    facts = told("telling what it is", [&] { return calls_->facts(call); });
    check(facts);
    const std::lock_guard lock(mutex_);
    facts_ = facts;
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
  for (const Channel& each : told("listing its channels", [&] { return calls_->channels(call); })) {
    if (each.usable) inbound += each.total_msat - std::min(each.ours_msat, each.total_msat);
  }
  reply.set_inbound_msat(inbound);
  reply.set_receivable(inbound > 0 ? proto::TERNARY_YES : proto::TERNARY_NO);
  reply.set_explanation(explanation(facts, inbound));
  return reply;
}

Cln::ProvisionReply Cln::provision(ProvisionRequest request, Call& call) {
  check_node(request.node());
  ProvisionReply reply;
  *reply.mutable_node() = request.node();
  reply.set_node_id(known(call).id);
  return reply;
}

// The credentials are the instance's: there are none of a single owner to forget.
Cln::ReleaseReply Cln::release(ReleaseRequest request, Call& /*call*/) {
  check_node(request.node());
  return {};
}

Cln::CreateOfferReply Cln::create_offer(CreateOfferRequest request, Call& call) {
  check_node(request.node());
  const auto facts = known(call);
  // Only here: a node that went back to an older version must still tell of payments.
  if (const auto problem = fronting_problem(facts); !problem.empty()) {
    throw Error(Code::kFailedPrecondition, problem);
  }
  auto reply = told("making an offer", [&] { return offers_.create(request, call); });
  reply.set_node_id(facts.id);
  return reply;
}

Cln::EnableOfferReply Cln::enable_offer(EnableOfferRequest request, Call& call) {
  check_node(request.node());
  known(call);
  told("enabling an offer", [&] { offers_.enable(request.offer_id(), call); });
  return {};
}

Cln::DisableOfferReply Cln::disable_offer(DisableOfferRequest request, Call& call) {
  check_node(request.node());
  known(call);
  DisableOfferReply reply;
  reply.set_changed(told("disabling an offer",
                         [&] { return offers_.disable(request.offer_id(), request.offer_key(), call); }));
  return reply;
}

Cln::LookupOfferReply Cln::lookup_offer(LookupOfferRequest request, Call& call) {
  check_node(request.node());
  known(call);
  return told("looking for an offer",
              [&] { return offers_.lookup(request.offer_id(), request.offer_key(), call); });
}

Cln::CreateInvoiceReply Cln::create_invoice(CreateInvoiceRequest request, Call& call) {
  check_node(request.node());
  known(call);
  return told("making an invoice", [&] { return invoices_.create(request, call); });
}

Cln::LookupInvoiceReply Cln::lookup_invoice(LookupInvoiceRequest request, Call& call) {
  check_node(request.node());
  known(call);
  return told("looking for an invoice", [&] { return invoices_.lookup(request, call); });
}

Cln::WatchPaymentsReply Cln::watch_payments(WatchPaymentsRequest request, Call& call) {
  check_node(request.node());
  const auto node_id = known(call).id;
  const auto left = host().remaining(call, kMostWait) - kAnswering;
  const auto wait = std::clamp(std::chrono::milliseconds(request.wait_ms()), std::chrono::milliseconds(0),
                               std::max(left, std::chrono::milliseconds(0)));
  try {
    return told("waiting for payments", [&] { return payments_.after(request, node_id, wait, call); });
  } catch (const Error& error) {
    if (error.code() == Code::kOutOfRange) {
      // It may be another node by now.
      const std::lock_guard lock(mutex_);
      facts_.reset();
    }
    throw;
  }
}

}  // namespace paynamed::cln

PAYNAMED_MODULE(paynamed::cln::Cln, "cln", "0.1.0", paynamed::cln::kConfigSchema)
