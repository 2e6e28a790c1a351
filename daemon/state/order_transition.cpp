#include "state/order_transition.hpp"

#include <array>

namespace paynamed::state {
namespace {

constexpr std::array<std::string_view, 6> kStates{"open", "underpaid", "paid", "overpaid", "late", "expired"};

}  // namespace

std::string_view to_string(OrderState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<OrderState> order_state_from(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<OrderState>(i);
  }
  return std::nullopt;
}

bool comes_late(const OrderStanding& order, base::WallTime paid_at) {
  return order.state == OrderState::kExpired || paid_at > order.expires;
}

OrderState after_payment(const OrderStanding& order, std::uint64_t msat, base::WallTime paid_at) {
  switch (order.state) {
    case OrderState::kPaid:
    case OrderState::kOverpaid:
      return OrderState::kOverpaid;
    case OrderState::kLate:
    case OrderState::kExpired:
      return OrderState::kLate;
    case OrderState::kOpen:
    case OrderState::kUnderpaid:
      break;
  }
  if (comes_late(order, paid_at)) return OrderState::kLate;
  // Each is at most all bitcoin, so the sum fits.
  const std::uint64_t received = order.received_msat + msat;
  if (received < order.amount_msat) return OrderState::kUnderpaid;
  return received == order.amount_msat ? OrderState::kPaid : OrderState::kOverpaid;
}

bool may_become(OrderState before, OrderState after) {
  switch (before) {
    case OrderState::kOpen:
    case OrderState::kUnderpaid:
      return after != OrderState::kOpen;
    case OrderState::kPaid:
    case OrderState::kOverpaid:
      return after == OrderState::kOverpaid;
    case OrderState::kLate:
    case OrderState::kExpired:
      return after == OrderState::kLate;
  }
  return false;
}

}  // namespace paynamed::state
