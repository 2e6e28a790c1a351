// InvoiceMaker: invoices for names. The intent is durable before the node is asked and the invoice before the
// answer leaves; what the node did not answer is asked for again under the same key until it does, so that
// one wish never makes two.
//
// It also says when an invoice has expired: not before all payments until then were read from its node, or
// one that was paid in time, while the daemon was away, would be told as expired first.
//
// Threads: every function may be called from any thread; run() is one coroutine, stop it by cancelling it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "payments/intent_turns.hpp"
#include "payments/services.hpp"

namespace paynamed::payments {

class InvoiceMaker {
 public:
  // Until when all payments of a node were read; nothing when its payments are not watched at all. Called
  // from any thread.
  struct ReadState {
    bool watched = false;
    std::optional<base::WallTime> read_until = {};
  };
  using ReadStateOf = std::function<ReadState(std::string_view instance, std::string_view reference)>;

  // `services` outlives it.
  InvoiceMaker(const Services& services, ReadStateOf read_state);

  struct Made {
    state::InvoiceRow invoice;
    bool replayed = false;  // the idempotency key had made it before
  };
  // Requests under one idempotency key ask one after the other. As InvoiceStore::intend_invoice(), and:
  //   DEADLINE_EXCEEDED    the node did not say whether it made the invoice, or it did and that could not be
  //                        written down: it is asked again by itself; or an earlier request under the key has
  //                        no answer yet
  //   FAILED_PRECONDITION  also: many wait for the answer to an earlier request under the key
  //   INTERNAL             what it answered is not what was asked for
  //   UNIMPLEMENTED, UNAVAILABLE, ...: the node's own refusal; nothing was made
  boost::asio::awaitable<base::Result<Made>> make(state::NewInvoice wish, std::string correlation_id);

  // Finishes what was begun and says what expired, until it is cancelled.
  boost::asio::awaitable<void> run();
  // One round of each.
  boost::asio::awaitable<void> expire_due();
  boost::asio::awaitable<void> finish_begun();

  // What was remembered of the instances may be otherwise now.
  void forget();

 private:
  // `first`: nothing was asked under this key before, so what surely was not made can be given up.
  boost::asio::awaitable<base::Result<state::InvoiceRow>> ask_node(state::InvoiceIntent intent,
                                                                   std::string correlation_id, bool first);
  boost::asio::awaitable<base::Result<std::string>> network_of(std::string instance);
  std::vector<std::string> secret_handles_of(const state::InvoiceIntent& intent) const;
  boost::asio::awaitable<void> give_up(base::Uuid intent);
  bool may_expire(const state::InvoiceRow& invoice, base::WallTime now) const;

  const Services& with_;
  const ReadStateOf read_state_;

  std::mutex mutex_;
  std::map<std::string, std::string> networks_;  // by instance; guarded by mutex_
  IntentTurns turns_;
};

}  // namespace paynamed::payments
