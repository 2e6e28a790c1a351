// OrderMaker: orders for names. The intent is durable before the node is asked, and the order, with all of
// its ways to be paid, before the answer leaves: nobody sees half of one.
//
// The offer is asked for first and the invoice last, for an offer can be disabled again and an invoice
// cannot. What the node did not answer is asked for again under the same key; what comes to nothing is given
// up, and order_ends.hpp disables the offer that may have been made.
//
// Threads: every function may be called from any thread; run() is one coroutine, stop it by cancelling it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "payments/node_descriptions.hpp"
#include "payments/services.hpp"

namespace paynamed::payments {

class OrderMaker {
 public:
  // `services` and `descriptions` outlive it.
  OrderMaker(const Services& services, NodeDescriptions& descriptions);

  struct Made {
    state::OrderRow order;
    bool replayed = false;  // the idempotency key had made it before
  };
  // As OrderStore::intend_order(), and fails as InvoiceMaker::make().
  boost::asio::awaitable<base::Result<Made>> make(state::NewOrder wish, std::string correlation_id);

  // Finishes what was begun, until it is cancelled.
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> finish_begun();

 private:
  // One way to ask for an order. `first`: nothing was asked under its key before, so what surely was not made
  // can be given up.
  struct Attempt {
    Attempt(state::OrderIntent wanted, std::string correlation, bool is_first, base::MonotonicTime now);

    state::OrderIntent intent;
    std::string correlation_id;
    bool first;
    state::AtNode at_node;
    base::MonotonicTime ask_until;  // nothing more is asked after this
    NodeDescription node;
  };

  boost::asio::awaitable<base::Result<state::OrderRow>> ask_node(Attempt attempt);
  // Of one node; whether all were made.
  boost::asio::awaitable<bool> finish_at(std::vector<state::OrderIntent> begun);
  boost::asio::awaitable<base::Status> describe(Attempt& attempt);
  boost::asio::awaitable<base::Status> ask_for_offer(Attempt& attempt, state::MadeOrder& made);
  boost::asio::awaitable<base::Status> ask_for_invoice(Attempt& attempt, state::MadeOrder& made);
  // What the caller is told of a call that failed; the order is given up when nothing can come of it.
  boost::asio::awaitable<base::Status> failed(const Attempt& attempt, base::Status why);
  // The same of an answer that is not what was asked for.
  boost::asio::awaitable<base::Status> wrong(const Attempt& attempt, base::Status why);
  boost::asio::awaitable<void> give_up(base::Uuid intent, state::AtNode at_node);
  // Whether somebody else gave the order up meanwhile; then what was made just now is disabled too.
  boost::asio::awaitable<bool> was_given_up(const Attempt& attempt);

  const Services& with_;
  NodeDescriptions& descriptions_;
};

}  // namespace paynamed::payments
