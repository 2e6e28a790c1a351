// OrderEnds: says when orders have expired (read_state.hpp), and has the node disable the offers of orders
// that nobody may pay any more: those that ended, in whatever way, and those that were given up.
//
// A row of such an offer is written in the transaction that ends the order, and goes when the node has
// disabled it, so that a crash loses none. An invoice cannot be disabled: it expires by itself.
//
// Threads: run_expiry() and run_disabling() are one coroutine each, on a strand, for a node that hangs must
// not keep orders from expiring; stop them by cancelling them.
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
  // What became of the offers of one node in one round.
  struct Tried {
    std::size_t asked = 0;
    bool node_is_away = false;
    base::Status why;  // the last failure
  };
  // Whether none failed.
  boost::asio::awaitable<bool> disable_at(state::NodePlace place);
  boost::asio::awaitable<void> disable_one(const state::OfferToDisable& offer, Tried& tried);
  boost::asio::awaitable<base::Status> disable(const state::OfferToDisable& offer);
  void forget_those_to_ask_again();

  const Services& with_;
  const ReadStateOf read_state_;
  // Nodes that could not be asked and offers that they did not disable, until when they are left alone. Of
  // run_disabling().
  std::map<state::NodePlace, base::MonotonicTime> places_left_alone_;
  std::map<base::Uuid, base::MonotonicTime> offers_left_alone_;
};

}  // namespace paynamed::payments
