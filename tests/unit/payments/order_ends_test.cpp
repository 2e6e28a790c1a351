// Orders end by payments and by time, and their offers with them, also over restarts and nodes that fail.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/payments/orders_fixture.hpp"

namespace paynamed::payments {
namespace {

using base::Code;
using state::OrderState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct OrderEndsTest : OrdersFixture {};

TEST_F(OrderEndsTest, AnOrderThatIsPaidByItsInvoiceHasItsOfferDisabled) {
  const state::OrderRow order = made_order();
  ASSERT_EQ(pay(order, 5'000)->taken_in, 1U);
  EXPECT_EQ(row(order).state, OrderState::kPaid);
  restart();
  fail("DisableOffer", Code::kUnavailable);
  round();
  EXPECT_EQ(active_offers(), 1U);
  round();
  EXPECT_EQ(active_offers(), 1U) << "a node that fails is left alone for a while";
  time.advance(base::Duration{31'000});
  round();
  EXPECT_EQ(active_offers(), 0U);
  const std::size_t asked = node.asked.size();
  round();
  EXPECT_THAT(node.asked, SizeIs(asked)) << "and then nothing is left to do";
  EXPECT_THAT(types(), ElementsAre("order.created", "order.paid"));
  expect_sound();
}

TEST_F(OrderEndsTest, AnOrderExpiresWhenAllUntilThenWasReadAndItsOfferIsDisabled) {
  const state::OrderRow order = made_order();
  const state::OrderRow partly = made_order();
  ASSERT_TRUE(pay(partly, 1));
  time.advance(base::Duration{700'000});
  round();
  EXPECT_EQ(row(order).state, OrderState::kOpen) << "nothing was read from the node";
  read.read_until = order.expires + std::chrono::seconds{9};
  round();
  EXPECT_EQ(row(order).state, OrderState::kOpen) << "clocks differ";
  restart();
  read.read_until = order.expires + std::chrono::seconds{10};
  round();
  EXPECT_EQ(row(order).state, OrderState::kExpired);
  EXPECT_EQ(row(partly).state, OrderState::kExpired) << "less than asked for";
  EXPECT_EQ(row(partly).received_msat, 1U);
  EXPECT_EQ(active_offers(), 0U);
  round();
  EXPECT_EQ(std::ranges::count(types(), "order.expired"), 2);
  ASSERT_EQ(pay(order, 5'000, true)->taken_in, 1U) << "money is never dropped";
  EXPECT_EQ(row(order).state, OrderState::kLate);
  expect_sound();
}

TEST_F(OrderEndsTest, OrdersExpireADayLaterWhereNobodyAnswersAndAtOnceWhereNobodyWatches) {
  const state::OrderRow order = made_order();
  time.advance(base::Duration{600'000 + 86'399'000});
  round();
  EXPECT_EQ(row(order).state, OrderState::kOpen);
  time.advance(base::Duration{1'000});
  round();
  EXPECT_EQ(row(order).state, OrderState::kExpired);
  read.watched = false;
  const state::OrderRow unwatched = made_order();
  time.advance(base::Duration{600'000});
  round();
  EXPECT_EQ(row(unwatched).state, OrderState::kExpired);
}

TEST_F(OrderEndsTest, AnOfferThatIsNotDisabledKeepsNoOtherEnabled) {
  const state::OrderRow one = made_order();
  const state::OrderRow two = made_order();
  for (const state::OrderRow& each : {one, two}) ASSERT_TRUE(pay(each, 5'000));
  const state::OrderRow& first = one.id < two.id ? one : two;
  node.refuses_to_disable.insert(state::order_key_of(first.id));
  const auto asked = [&] { return std::ranges::count(node.asked, "DisableOffer"); };
  round();
  EXPECT_EQ(active_offers(), 1U);
  EXPECT_EQ(asked(), 2);
  round();
  EXPECT_EQ(asked(), 2) << "one that failed is left alone for a while";
  const state::OrderRow third = made_order();
  ASSERT_TRUE(pay(third, 5'000));
  round();
  EXPECT_EQ(active_offers(), 1U) << "and its node is not";
  node.refuses_to_disable.clear();
  time.advance(base::Duration{31'000});
  round();
  EXPECT_EQ(active_offers(), 0U);
}

TEST_F(OrderEndsTest, ANodeThatCannotBeAskedIsAskedForNoneOfItsOffers) {
  for (const Code code : {Code::kUnavailable, Code::kDeadlineExceeded, Code::kUnauthenticated}) {
    SCOPED_TRACE(to_string(code));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(pay(made_order(), 5'000));
    node.asked.clear();
    fail("DisableOffer", code);
    round();
    EXPECT_THAT(node.asked, ElementsAre("DisableOffer"));
    time.advance(base::Duration{31'000});
    round();
    EXPECT_EQ(active_offers(), 0U);
  }
}

// NodeBackend.DisableOffer: an unknown key is success. NOT_FOUND is said of the node.
TEST_F(OrderEndsTest, AnOfferIsDisabledWhenTheNodeSaysSo) {
  ASSERT_TRUE(pay(made_order(), 5'000));
  fail("DisableOffer", Code::kNotFound);
  round();
  EXPECT_THAT(*store->places_of_offers_to_disable(), SizeIs(1));
  time.advance(base::Duration{31'000});
  fail("DisableOffer", Code::kUnimplemented);
  round();
  EXPECT_THAT(*store->places_of_offers_to_disable(), IsEmpty()) << "who cannot disable has made none";
}

TEST_F(OrderEndsTest, AnOfferThatCannotBeDisabledForAWeekAfterItsEndIsLeftAlone) {
  made_order();
  time.advance(base::Duration{700'000});
  read.watched = false;
  fail("DisableOffer", Code::kUnavailable);
  round();
  EXPECT_THAT(*store->places_of_offers_to_disable(), SizeIs(1));
  time.advance(base::Duration{7 * 86'400'000});
  fail("DisableOffer", Code::kUnavailable);
  round();
  EXPECT_THAT(*store->places_of_offers_to_disable(), IsEmpty()) << "it has ended by itself";
}

}  // namespace
}  // namespace paynamed::payments
