// Incoming payments of a Core Lightning node, by waitanyinvoice and the pay_index, which lightningd gives in
// the transaction that marks an invoice paid and never gives twice.
//
// A backlog is read by pages of listinvoices in the order of changes, for a call a payment would take a
// node's and our time many times over. waitanyinvoice stays the judge of what comes next: of a page only what
// follows without a gap is believed, and behind a gap it is asked.
//
// Threads: every function may be called from any thread that may wait. They throw as NodeCalls does, and with
// the codes of the contract.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

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
  // What changed after that payment.
  struct Page {
    std::vector<InvoiceRow> rows;
    bool last = false;  // there was no more
  };
  // Empty when it was not asked for; nothing when it could not be had.
  std::optional<Page> page_after(const InvoiceRow& paid, std::uint32_t most, const Call& call);
  void pause_pages();
  std::optional<InvoiceRow> next_after(std::uint64_t pay_index, const Call& call);

  NodeCalls& calls_;
  // Calls that race for these ask for a page more or less.
  std::atomic<int> one_by_one_{0};  // payments for which no page is asked for
  std::atomic<int> after_idle_{0};  // as many the last time, since a page had payments
};

}  // namespace paynamed::cln
