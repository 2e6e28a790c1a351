// How orders go from state to state: the one table of it, which docs/payments.md shows.
//
// What arrives decides, never what a payer says of it.
//
// Threads: value types; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace paynamed::state {

// kOpen and kUnderpaid wait for money. kPaid: exactly what was asked for has arrived in time; kOverpaid: more
// than that. kExpired: the time was over before all had arrived. kLate: something arrived after that. The
// numbers are stored.
enum class OrderState { kOpen, kUnderpaid, kPaid, kOverpaid, kLate, kExpired };
std::string_view to_string(OrderState state);  // "open", "underpaid", "paid", "overpaid", "late", "expired"
std::optional<OrderState> order_state_from(std::string_view text);

inline bool waits_for_money(OrderState state) {
  return state == OrderState::kOpen || state == OrderState::kUnderpaid;
}

// How an order stands before a payment.
struct OrderStanding {
  OrderState state = OrderState::kOpen;
  std::uint64_t amount_msat = 0;
  std::uint64_t received_msat = 0;
  base::WallTime expires;
};

// The node took it after the end, or we had said that the time was over.
bool comes_late(const OrderStanding& order, base::WallTime paid_at);
OrderState after_payment(const OrderStanding& order, std::uint64_t msat, base::WallTime paid_at);

// Whether an event may lead from one to the other: what after_payment() and the end of the time can do.
bool may_become(OrderState before, OrderState after);

}  // namespace paynamed::state
