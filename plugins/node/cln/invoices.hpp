// BOLT 11 invoices of a Core Lightning node by our keys, which are their labels there: the node itself lets
// no label be used twice.
//
// Threads: every function may be called from any thread that may wait. They throw as NodeCalls does, and with
// the codes of the contract.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include "node_calls.hpp"

namespace paynamed::cln {

namespace proto = paynamed::plugin::v1;

class Invoices {
 public:
  // `calls` outlives it.
  explicit Invoices(NodeCalls& calls) : calls_(calls) {}

  proto::CreateInvoiceReply create(const proto::CreateInvoiceRequest& request, const Call& call);
  proto::LookupInvoiceReply lookup(const proto::LookupInvoiceRequest& request, const Call& call);

 private:
  proto::CreateInvoiceReply known(const proto::CreateInvoiceRequest& request, const InvoiceTerms& terms,
                                  const Call& call);

  NodeCalls& calls_;
};

}  // namespace paynamed::cln
