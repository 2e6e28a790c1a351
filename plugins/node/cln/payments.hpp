// Incoming payments of a Core Lightning node, by waitanyinvoice and the pay_index, which lightningd gives in
// the transaction that marks an invoice paid and never gives twice.
//
// Threads: every function may be called from any thread that may wait. They throw as NodeCalls does, and with
// the codes of the contract.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <chrono>

#include "node_calls.hpp"

namespace paynamed::cln {

namespace proto = paynamed::plugin::v1;

class Payments {
 public:
  // `calls` outlives it.
  explicit Payments(NodeCalls& calls) : calls_(calls) {}

  // As WatchPayments has it; waits at most `wait` for the first payment.
  proto::WatchPaymentsReply after(const proto::WatchPaymentsRequest& request, const std::string& node_id,
                                  std::chrono::milliseconds wait, const Call& call);

 private:
  // The pay_index behind which to look. Throws OUT_OF_RANGE when the node has not the payment of the cursor.
  std::uint64_t checked(const std::string& cursor, const std::string& node_id, const Call& call);
  std::optional<InvoiceRow> first_after(std::uint64_t pay_index, std::chrono::milliseconds wait,
                                        const Call& call);

  NodeCalls& calls_;
};

}  // namespace paynamed::cln
