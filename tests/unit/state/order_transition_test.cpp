// The table of docs/payments.md: what an order is after a payment.
#include "state/order_transition.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

#include "state/payments.hpp"

namespace paynamed::state {
namespace {

using enum OrderState;

const base::WallTime kEnd{std::chrono::seconds{1'700'000'000}};
const base::WallTime kInTime = kEnd;
const base::WallTime kAfter = kEnd + base::Duration{1};

struct Row {
  OrderState before;
  std::uint64_t received;
  std::uint64_t msat;
  base::WallTime paid_at;
  OrderState after;
};

TEST(OrderTransition, IsThisTable) {
  // Of an order of 100.
  const Row rows[] = {
      {kOpen, 0, 99, kInTime, kUnderpaid},
      {kOpen, 0, 100, kInTime, kPaid},
      {kOpen, 0, 101, kInTime, kOverpaid},
      {kOpen, 0, 99, kAfter, kLate},
      {kOpen, 0, 100, kAfter, kLate},
      {kOpen, 0, 101, kAfter, kLate},
      {kUnderpaid, 60, 39, kInTime, kUnderpaid},
      {kUnderpaid, 60, 40, kInTime, kPaid},
      {kUnderpaid, 60, 41, kInTime, kOverpaid},
      {kUnderpaid, 60, 40, kAfter, kLate},
      // Both of its ways were paid, or one after the end.
      {kPaid, 100, 100, kInTime, kOverpaid},
      {kPaid, 100, 1, kAfter, kOverpaid},
      {kOverpaid, 101, 1, kInTime, kOverpaid},
      {kOverpaid, 101, 1, kAfter, kOverpaid},
      // It was said that the time was over: so it stays, whatever the node's clock says of the payment.
      {kExpired, 0, 100, kInTime, kLate},
      {kExpired, 60, 40, kAfter, kLate},
      {kLate, 60, 40, kInTime, kLate},
      {kLate, 100, 100, kAfter, kLate},
      // The most that there is, twice.
      {kUnderpaid, 99, kMostMsat, kInTime, kOverpaid},
      {kOverpaid, kMostMsat, kMostMsat, kInTime, kOverpaid},
  };
  for (const Row& row : rows) {
    const OrderStanding before{row.before, 100, row.received, kEnd};
    EXPECT_EQ(to_string(after_payment(before, row.msat, row.paid_at)), to_string(row.after))
        << to_string(row.before) << ", " << row.received << " + " << row.msat
        << (row.paid_at == kAfter ? ", after the end" : "");
    EXPECT_TRUE(may_become(row.before, row.after));
  }
}

TEST(OrderTransition, NothingElseIsPossible) {
  const std::initializer_list<OrderState> all{kOpen, kUnderpaid, kPaid, kOverpaid, kLate, kExpired};
  for (const OrderState before : all) {
    EXPECT_FALSE(may_become(before, kOpen));
    // Only what waits for money expires.
    EXPECT_EQ(may_become(before, kExpired), waits_for_money(before)) << to_string(before);
    EXPECT_EQ(order_state_from(to_string(before)), before);
    for (const OrderState after : all) {
      bool reached = after == kExpired && waits_for_money(before);
      for (const std::uint64_t received : {0U, 60U, 100U, 200U}) {
        for (const std::uint64_t msat : {1U, 40U, 100U, 200U}) {
          for (const base::WallTime paid_at : {kInTime, kAfter}) {
            const OrderStanding standing{before, 100, received, kEnd};
            reached = reached || after_payment(standing, msat, paid_at) == after;
          }
        }
      }
      EXPECT_EQ(may_become(before, after), reached) << to_string(before) << " to " << to_string(after);
    }
  }
  EXPECT_FALSE(order_state_from("cancelled"));
}

TEST(OrderTransition, APaymentIsLateAfterTheEndOrAfterItWasSaid) {
  EXPECT_FALSE(comes_late({kOpen, 100, 0, kEnd}, kInTime));
  EXPECT_TRUE(comes_late({kOpen, 100, 0, kEnd}, kAfter));
  EXPECT_TRUE(comes_late({kExpired, 100, 0, kEnd}, kInTime));
  EXPECT_TRUE(comes_late({kPaid, 100, 100, kEnd}, kAfter));
}

}  // namespace
}  // namespace paynamed::state
