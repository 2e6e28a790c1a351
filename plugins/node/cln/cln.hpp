// Cln: the NodeBackend of Core Lightning nodes, the one of its table and those that were added. It takes
// payments in and sends none: Pay, FetchInvoice, LookupPayment and NewAddress are UNIMPLEMENTED.
//
// Threads: the contract's functions run on the plugin's threads, several at once.
#pragma once

#include <paynamed/node_backend.hpp>

#include "nodes.hpp"

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
  Nodes nodes_;
};

}  // namespace paynamed::cln
