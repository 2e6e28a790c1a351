// InvoiceMaker: invoices for names. The intent is durable before the node is asked and the invoice before the
// answer leaves; what the node did not answer is asked for again under the same key until it does, so that
// one wish never makes two.
//
// It also says when an invoice has expired (read_state.hpp).
//
// Threads: every function may be called from any thread; run() and run_expiry() are one coroutine each, for a
// node that hangs must not keep invoices from expiring; stop them by cancelling them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "payments/intent_turns.hpp"
#include "payments/invoice_check.hpp"
#include "payments/node_descriptions.hpp"
#include "payments/read_state.hpp"
#include "payments/services.hpp"

namespace paynamed::payments {

class InvoiceMaker {
 public:
  // `services` and `descriptions` outlive it.
  InvoiceMaker(const Services& services, NodeDescriptions& descriptions, ReadStateOf read_state);

  struct Made {
    state::InvoiceRow invoice;
    bool replayed = false;  // the idempotency key had made it before
  };
  // Requests under one idempotency key ask one after the other. As InvoiceStore::intend_invoice(), and:
  //   FAILED_PRECONDITION  also: the name's instance is retired, or many wait for the answer to an earlier
  //                        request under the key
  //   DEADLINE_EXCEEDED    the node did not say whether it made the invoice, or it did and that could not be
  //                        written down: it is asked again by itself; or an earlier request under the key has
  //                        no answer yet
  //   INTERNAL             what it answered is not what was asked for
  //   UNIMPLEMENTED, UNAVAILABLE, ...: the node's own refusal; nothing was made
  boost::asio::awaitable<base::Result<Made>> make(state::NewInvoice wish, std::string correlation_id);

  // Until they are cancelled: finishes what was begun, and says what expired.
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> run_expiry();
  // One round of each.
  boost::asio::awaitable<void> expire_due();
  boost::asio::awaitable<void> finish_begun();

 private:
  // `first`: nothing was asked under this key before, so what surely was not made can be given up.
  boost::asio::awaitable<base::Result<state::InvoiceRow>> ask_node(state::InvoiceIntent intent,
                                                                   std::string correlation_id, bool first);
  boost::asio::awaitable<base::Result<CheckedInvoice>> ask_for(const state::InvoiceIntent& intent,
                                                               std::string correlation_id, bool first);
  // Of one node; whether all were made.
  boost::asio::awaitable<bool> finish_at(std::vector<state::InvoiceIntent> begun);
  boost::asio::awaitable<void> give_up(base::Uuid intent);
  boost::asio::awaitable<void> expire_at(const state::NodePlace& place, base::WallTime until,
                                         base::WallTime now);

  const Services& with_;
  NodeDescriptions& descriptions_;
  const ReadStateOf read_state_;

  IntentTurns turns_;
};

}  // namespace paynamed::payments
