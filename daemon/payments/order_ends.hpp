// OrderEnds: says when orders have expired (read_state.hpp), and has the node disable the offers of orders
// that nobody may pay any more: those that ended, in whatever way, and those that were given up.
//
// A row of such an offer is written in the transaction that ends the order, and goes when the node has
// disabled it, so that a crash loses none. An invoice cannot be disabled: it expires by itself.
//
// Threads: run_expiry() and run_disabling() are one coroutine each, for a node that hangs must not keep
// orders from expiring; stop them by cancelling them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>

#include "payments/read_state.hpp"
#include "payments/services.hpp"

namespace paynamed::payments {

class OrderEnds {
 public:
  // `services` outlives it.
  OrderEnds(const Services& services, ReadStateOf read_state);

  // Until they are cancelled.
  boost::asio::awaitable<void> run_expiry();
  boost::asio::awaitable<void> run_disabling();
  // One round of each.
  boost::asio::awaitable<void> expire_due();
  boost::asio::awaitable<void> disable_offers();

 private:
  boost::asio::awaitable<void> expire_at(const state::NodePlace& place, base::WallTime until,
                                         base::WallTime now);
  // Not OK when the node cannot be asked now.
  boost::asio::awaitable<base::Status> disable_at(const state::NodePlace& place);
  boost::asio::awaitable<base::Status> disable(const state::OfferToDisable& offer);

  const Services& with_;
  const ReadStateOf read_state_;
  // Nodes that could not be asked, until when they are left alone. Of run_disabling().
  std::map<state::NodePlace, base::MonotonicTime> left_alone_;
};

}  // namespace paynamed::payments
