// The events of orders, as docs/events.md has them.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "state/orders.hpp"

namespace paynamed::state {

// With order.created the node's answer is known to the caller.
NewEvent order_created(const OrderRow& order);

// What a payment has made of an order. One event of an order a payment, whether it changed the state or not.
struct OrderPayment {
  base::Uuid payment;  // the id of its payment.received
  base::WallTime paid_at;
  std::uint64_t received_msat = 0;  // with it
  bool livemode = true;
};
// What of an order every event about it says.
struct OrderHead {
  base::Uuid id;
  std::string name;
  std::string reference;
  std::uint64_t amount_msat = 0;
  base::WallTime expires;
};
OrderHead head_of(const OrderRow& order);
NewEvent order_after_payment(const OrderHead& order, OrderState state, const OrderPayment& payment,
                             base::WallTime now);

NewEvent order_expired(const OrderRow& order, base::WallTime now);

}  // namespace paynamed::state
