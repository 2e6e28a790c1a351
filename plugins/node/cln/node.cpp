#include "node.hpp"

#include "connect.hpp"
#include "rest.hpp"
#include "rune.hpp"
#include "version.hpp"

namespace paynamed::cln {
namespace {

std::function<std::uint64_t()> seconds_of(const Host& host) {
  return [host] {
    const auto since = host.wall().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
  };
}

}  // namespace

Node::Node(const Host& host, Settings settings)
    : settings_(std::move(settings)),
      calls_(connect(host, settings_)),
      offers_(*calls_, seconds_of(host), settings_.fronting_nodes),
      invoices_(*calls_),
      payments_(*calls_) {}

NodeFacts Node::known(const Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (facts_) return *facts_;
  }
  return asked(call);
}

NodeFacts Node::asked(const Call& call) {
  auto facts = calls_->facts(call);
  check(facts);
  const std::lock_guard lock(mutex_);
  facts_ = facts;
  return facts;
}

void Node::forget_facts() {
  const std::lock_guard lock(mutex_);
  facts_.reset();
}

void Node::check(const NodeFacts& facts) const {
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

std::string Node::fronting_problem(const NodeFacts& facts) const {
  if (settings_.fronting_nodes.empty() || has_fronting_nodes(facts.version)) return {};
  return "The node runs Core Lightning \"" + facts.version.substr(0, 40) +
         "\", which knows no fronting nodes: no offers are made until it is v26.04 or later, or until "
         "fronting_nodes is taken out of the configuration.";
}

std::string Node::explanation(const NodeFacts& facts, std::uint64_t inbound_msat) const {
  const auto problem = fronting_problem(facts);
  if (!problem.empty()) return problem;
  if (inbound_msat == 0) return "No channel of the node is connected and has room for an incoming payment.";
  if (!facts.warning.empty()) return facts.warning;
  return "The node's connected channels have room; what peers keep as a reserve is not taken off.";
}

std::string Node::paths() const {
  if (settings_.fronting_nodes.empty()) {
    return "Whether an offer has blinded paths, and through whom, is as the node decides.";
  }
  std::string nodes;
  for (const auto& each : settings_.fronting_nodes) nodes += (nodes.empty() ? "" : ", ") + each;
  return "Its offers lead through the fronting nodes " + nodes + ".";
}

proto::Custody Node::custody() const {
  if (settings_.transport != Settings::Transport::kRest) return proto::CUSTODY_FULL;
  return only_receives(checked_rune(settings_.rune->read_now())) ? proto::CUSTODY_RECEIVE_ONLY
                                                                 : proto::CUSTODY_FULL;
}

}  // namespace paynamed::cln
