// Cln: the NodeBackend of one Core Lightning node. It takes payments in and sends none: Pay, FetchInvoice,
// LookupPayment and NewAddress are UNIMPLEMENTED.
//
// Threads: the contract's functions run on the plugin's threads, several at once.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <paynamed/node_backend.hpp>

#include "invoices.hpp"
#include "node_calls.hpp"
#include "offers.hpp"
#include "payments.hpp"
#include "settings.hpp"

namespace paynamed::cln {

class Cln final : public Blocking<NodeBackend> {
 public:
  // Throws Error for a wrong configuration. No I/O.
  Cln(Host host, const Config& config);

  DescribeNodesReply describe(DescribeNodesRequest request, Call& call) override;
  NodeInfoReply info(NodeInfoRequest request, Call& call) override;
  ProvisionReply provision(ProvisionRequest request, Call& call) override;
  ReleaseReply release(ReleaseRequest request, Call& call) override;
  CreateOfferReply create_offer(CreateOfferRequest request, Call& call) override;
  EnableOfferReply enable_offer(EnableOfferRequest request, Call& call) override;
  DisableOfferReply disable_offer(DisableOfferRequest request, Call& call) override;
  LookupOfferReply lookup_offer(LookupOfferRequest request, Call& call) override;
  CreateInvoiceReply create_invoice(CreateInvoiceRequest request, Call& call) override;
  LookupInvoiceReply lookup_invoice(LookupInvoiceRequest request, Call& call) override;
  WatchPaymentsReply watch_payments(WatchPaymentsRequest request, Call& call) override;

 private:
  // Throws NOT_FOUND for another node than the only one.
  static void check_node(const NodeRef& node);
  // Asked at the first call; throws FAILED_PRECONDITION when the node is not what the configuration says.
  NodeFacts known(const Call& call);
  void check(const NodeFacts& facts) const;
  // Why the node cannot make offers with the fronting nodes that the configuration names; empty: it can.
  std::string fronting_problem(const NodeFacts& facts) const;
  std::string explanation(const NodeFacts& facts, std::uint64_t inbound_msat) const;
  // Through whom its offers lead, in a sentence.
  std::string paths() const;
  Custody custody() const;

  const Settings settings_;
  const std::unique_ptr<NodeCalls> calls_;
  Offers offers_;
  Invoices invoices_;
  Payments payments_;
  std::mutex mutex_;
  std::optional<NodeFacts> facts_;  // guarded by mutex_
};

}  // namespace paynamed::cln
