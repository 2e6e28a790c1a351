// One wish is one order, whole or not at all, and nothing is left at the node that can still be paid when an
// order was given up.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "tests/unit/payments/made_invoice.hpp"
#include "tests/unit/payments/orders_fixture.hpp"

namespace paynamed::payments {
namespace {

using base::Code;
using state::OrderState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct OrderMakerTest : OrdersFixture {};

TEST_F(OrderMakerTest, AnOrderHasAnInvoiceAndASingleUseOfferOfItsAmount) {
  const state::OrderRow order = made_order();
  EXPECT_THAT(node.asked, ElementsAre("CreateOffer", "CreateInvoice"));
  const OrderNode::Offer& made = node.offers.at(state::order_key_of(order.id));
  EXPECT_EQ(made.terms.node().node(), "n1");
  EXPECT_EQ(made.terms.amount_msat(), 5'000U);
  EXPECT_EQ(made.terms.description(), "two coffees");
  EXPECT_EQ(made.terms.issuer(), kAlice);
  EXPECT_TRUE(made.terms.single_use());
  EXPECT_EQ(order.offer, made.text);
  EXPECT_EQ(order.offer_id, made.id);
  EXPECT_EQ(order.bolt11, node.invoices.begin()->second);
  EXPECT_EQ(order.state, OrderState::kOpen);
  EXPECT_EQ(order.terms.price.currency, "EUR");
  EXPECT_EQ(order.terms.price.rate_source, "a shop");
  EXPECT_EQ(order.terms.reference, "basket-1");
  EXPECT_FALSE(order.livemode);
  EXPECT_EQ(order.expires, time.wall() + std::chrono::seconds{600});
  EXPECT_THAT(types(), ElementsAre("order.created"));
  EXPECT_THAT(*store->offers_of("default", kAlice, 10), SizeIs(1)) << "it is no offer of the name in DNS";
  EXPECT_TRUE(store->active_offers_ending(time.wall() + std::chrono::hours{1}, {}, 10)->empty())
      << "and nobody rotates the name because it ends";
  expect_sound();
}

TEST_F(OrderMakerTest, OneMethodAloneAsksForThatAlone) {
  state::NewOrder for_offer = wish();
  for_offer.terms.bolt11 = false;
  const auto by_offer = make(std::move(for_offer));
  ASSERT_TRUE(by_offer) << by_offer.error().to_string();
  EXPECT_EQ(by_offer->order.bolt11, "");
  EXPECT_THAT(node.asked, ElementsAre("CreateOffer"));
  state::NewOrder invoice = wish();
  invoice.terms.bolt12 = false;
  invoice.terms.memo = "";
  const auto by_invoice = make(std::move(invoice));
  ASSERT_TRUE(by_invoice) << by_invoice.error().to_string();
  EXPECT_EQ(by_invoice->order.offer, "");
  EXPECT_THAT(node.asked, ElementsAre("CreateOffer", "CreateInvoice"));
  expect_sound();
}

TEST_F(OrderMakerTest, TheSameKeyIsTheSameOrderAndAsksNobodyTwice) {
  const auto first = make(wish("key"));
  ASSERT_TRUE(first) << first.error().to_string();
  restart();
  const auto again = make(wish("key"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->order.id, first->order.id);
  EXPECT_THAT(node.asked, SizeIs(2));
  state::NewOrder other = wish("key");
  other.request_hash = "other";
  EXPECT_EQ(make(std::move(other)).error().code(), Code::kInvalidArgument);
}

TEST_F(OrderMakerTest, ALostAnswerOfEitherIsAskedForAgainUnderTheSameKey) {
  for (const std::string method : {"CreateOffer", "CreateInvoice"}) {
    SCOPED_TRACE(method);
    const std::size_t offers = node.offers.size();
    fail(method, Code::kUnknown, true);
    const auto unknown = make(wish(method));
    EXPECT_EQ(unknown.error().code(), Code::kDeadlineExceeded);
    EXPECT_THAT(unknown.error().message(), HasSubstr("Idempotency-Key"));
    EXPECT_TRUE(store->list_orders("default", {}, {}, 10)->size() == offers) << "nobody sees half of one";
    restart();
    const auto again = make(wish(method));
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(node.offers.size(), offers + 1);
    EXPECT_EQ(node.invoices.size(), offers + 1);
  }
  EXPECT_EQ(active_offers(), 2U);
}

TEST_F(OrderMakerTest, WhatNobodyAsksForAgainIsFinishedByItself) {
  fail("CreateInvoice", Code::kUnknown, true);
  EXPECT_FALSE(make(wish()));
  restart();
  round();
  EXPECT_THAT(types(), IsEmpty()) << "its caller may still be there";
  time.advance(base::Duration{181'000});
  fail("CreateOffer", Code::kUnavailable);
  round();
  EXPECT_THAT(types(), IsEmpty());
  round();
  EXPECT_THAT(types(), ElementsAre("order.created"));
  EXPECT_THAT(node.offers, SizeIs(1));
  EXPECT_THAT(node.invoices, SizeIs(1));
  expect_sound();
}

TEST_F(OrderMakerTest, WhenOneOfTwoIsRefusedTheOtherIsDisabled) {
  fail("CreateInvoice", Code::kInvalidArgument);
  const auto refused = make(wish("key"));
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(active_offers(), 1U);
  restart();
  round();
  EXPECT_EQ(active_offers(), 0U);
  EXPECT_THAT(*store->places_of_offers_to_disable(), IsEmpty());
  EXPECT_THAT(types(), IsEmpty());
  const auto anew = make(wish("key"));
  ASSERT_TRUE(anew) << "its key is free again: " << anew.error().to_string();
  EXPECT_EQ(active_offers(), 1U);
  round();
  EXPECT_EQ(active_offers(), 1U) << "only what was given up is disabled";
}

TEST_F(OrderMakerTest, AnOrderOfWhichTheTimeIsOverIsGivenUpAndItsOfferDisabled) {
  fail("CreateInvoice", Code::kUnknown);
  EXPECT_FALSE(make(wish()));
  time.advance(base::Duration{601'000});
  round();
  EXPECT_THAT(*store->open_order_intents(time.wall(), {}, 10), IsEmpty());
  EXPECT_EQ(active_offers(), 0U);
  EXPECT_THAT(types(), IsEmpty());
}

TEST_F(OrderMakerTest, WhatIsNotWhatWasAskedForIsNotGivenOutAndDisabled) {
  struct Case {
    const char* what;
    std::function<void(v1::CreateOfferReply&)> offer;
    std::function<void(v1::CreateInvoiceReply&)> invoice;
    const char* says;
  };
  const auto other_terms = [](v1::CreateOfferRequest terms, v1::CreateOfferReply& reply) {
    static base::ManualClock other_clock{base::WallTime{std::chrono::seconds{1}}};
    OrderNode other{other_clock};
    pipeline::PluginCall call;
    call.method = "CreateOffer";
    call.request = terms.SerializeAsString();
    boost::asio::io_context other_io;
    auto answer = state::wait_for(other_io, other.call(std::move(call)));
    EXPECT_TRUE(reply.ParseFromString(*answer.reply));
  };
  const auto changed = [&](auto change) {
    return [this, other_terms, change](v1::CreateOfferReply& reply) {
      v1::CreateOfferRequest terms = node.offers.rbegin()->second.terms;
      change(terms);
      other_terms(terms, reply);
    };
  };
  const Case cases[] = {
      {"no offer",
       [](v1::CreateOfferReply& reply) { reply.set_offer("lno1qqq"); },
       {},
       "wallets would refuse"},
      {"another id",
       [](v1::CreateOfferReply& reply) { reply.set_offer_id(std::string(64, 'e')); },
       {},
       "another id"},
      {"another amount",
       changed([](v1::CreateOfferRequest& terms) { terms.set_amount_msat(5'001); }),
       {},
       "another amount"},
      {"another text",
       changed([](v1::CreateOfferRequest& terms) { terms.set_description("x"); }),
       {},
       "another description"},
      {"another name",
       changed([](v1::CreateOfferRequest& terms) { terms.set_issuer("bob@example.com"); }),
       {},
       "not for this name"},
      {"a later end",
       changed([](v1::CreateOfferRequest& terms) { terms.set_absolute_expiry(terms.absolute_expiry() + 1); }),
       {},
       "ends at another time"},
      {"a much earlier end",
       changed(
           [](v1::CreateOfferRequest& terms) { terms.set_absolute_expiry(terms.absolute_expiry() - 61); }),
       {},
       "ends at another time"},
      {"another hash",
       {},
       [](v1::CreateInvoiceReply& reply) { reply.set_payment_hash(std::string(64, 'e')); },
       "another hash"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    node.offers.clear();
    node.lie_of_offer = each.offer;
    node.lie_of_invoice = each.invoice;
    const auto wrong = make(wish());
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), Code::kInternal);
    EXPECT_THAT(wrong.error().message(), HasSubstr(each.says));
    round();
    EXPECT_EQ(active_offers(), 0U);
  }
  EXPECT_THAT(types(), IsEmpty());
}

TEST_F(OrderMakerTest, NodesAreAskedSideBySide) {
  put_name("bob@example.com", "n2");
  int under_way = 0;
  int most = 0;
  node.meanwhile = [&](const std::string&) -> boost::asio::awaitable<void> {
    most = std::max(most, ++under_way);
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int i = 0; i < 20; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
    --under_way;
  };
  for (const std::string name : {kAlice, "bob@example.com"}) {
    state::NewOrder order = wish();
    order.name = name;
    fail("CreateOffer", Code::kUnknown, true);
    EXPECT_FALSE(make(std::move(order)));
  }
  EXPECT_EQ(most, 1);
  time.advance(base::Duration{181'000});
  for (int i = 0; i < 2; ++i) fail("CreateOffer", Code::kUnknown);
  round();
  EXPECT_EQ(most, 2) << "to finish what was begun";
  EXPECT_EQ(active_offers(), 2U);
  most = 0;
  time.advance(base::Duration{601'000});
  round();
  EXPECT_EQ(most, 2) << "to disable";
  EXPECT_EQ(active_offers(), 0U);
}

TEST_F(OrderMakerTest, WhatLastsTooLongForItsCallerIsFinishedByItself) {
  node.meanwhile = [this](const std::string&) -> boost::asio::awaitable<void> {
    time.advance(base::Duration{60'000});
    co_return;
  };
  EXPECT_EQ(make(wish()).error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(node.asked, ElementsAre("CreateOffer"));
  node.meanwhile = {};
  time.advance(base::Duration{181'000});
  round();
  EXPECT_THAT(types(), ElementsAre("order.created"));
  EXPECT_THAT(node.offers, SizeIs(1));
}

TEST_F(OrderMakerTest, AnOfferOfAnotherNodeIsNotGivenOut) {
  state::NewOrder one = wish();
  one.terms.bolt11 = false;
  state::NewOrder two = one;
  two.id = author.id();
  node.lie_of_offer = [](v1::CreateOfferReply& reply) { reply.set_node_id("03" + std::string(64, 'b')); };
  EXPECT_TRUE(make(std::move(one))) << "nobody knows the node";
  known_node_id = "02" + std::string(64, 'a');
  EXPECT_THAT(make(std::move(two)).error().message(), HasSubstr("another node"));
  round();
  EXPECT_EQ(active_offers(), 1U);
}

TEST_F(OrderMakerTest, AnOrderEndsWithWhatThereIsToPay) {
  const auto ends_after = [this](std::uint32_t seconds) {
    node.lie_of_invoice = [this, seconds](v1::CreateInvoiceReply& reply) {
      v1::CreateInvoiceRequest other;
      other.set_description("two coffees");
      other.set_expiry_seconds(seconds);
      reply.set_bolt11(bolt11_of(other, time.wall(), "lnbcrt50n", 100 + seconds));
      reply.set_payment_hash(names::to_hex(names::parse_invoice(reply.bolt11())->payment_hash));
    };
  };
  ends_after(539);
  EXPECT_THAT(make(wish()).error().message(), HasSubstr("much earlier"));
  ends_after(540);
  const auto both = make(wish());
  ASSERT_TRUE(both) << both.error().to_string();
  EXPECT_EQ(both->order.expires, time.wall() + std::chrono::seconds{600}) << "when its offer ends";
  ends_after(100);
  state::NewOrder alone = wish();
  alone.terms.bolt12 = false;
  const auto invoice = make(std::move(alone));
  ASSERT_TRUE(invoice) << invoice.error().to_string();
  EXPECT_EQ(invoice->order.expires, time.wall() + std::chrono::seconds{100});
}

TEST_F(OrderMakerTest, TheOfferOrHashOfAnotherOrderIsRefused) {
  const state::OrderRow first = made_order();
  node.lie_of_invoice = [&](v1::CreateInvoiceReply& reply) {
    reply.set_bolt11(first.bolt11);
    reply.set_payment_hash(first.payment_hash);
  };
  EXPECT_THAT(make(wish()).error().message(), HasSubstr("payment hash of another"));
  node.lie_of_invoice = {};
  node.lie_of_offer = [&](v1::CreateOfferReply& reply) {
    reply.set_offer(first.offer);
    reply.set_offer_id(first.offer_id);
  };
  EXPECT_THAT(make(wish()).error().message(), HasSubstr("something else"));
}

TEST_F(OrderMakerTest, ANodeThatCannotSaysSoAndARetiredOneMakesNothingNew) {
  node.description.set_offers(false);
  const auto refused = make(wish());
  EXPECT_EQ(refused.error().code(), Code::kUnimplemented);
  EXPECT_THAT(refused.error().message(), HasSubstr("bolt11 alone"));
  state::NewOrder invoice = wish();
  invoice.terms.bolt12 = false;
  EXPECT_TRUE(make(std::move(invoice)));
  retired = true;
  EXPECT_EQ(make(wish()).error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(node.asked, ElementsAre("CreateInvoice"));
  retired = false;
  fail_to_describe();
  EXPECT_EQ(make(wish("key")).error().code(), Code::kUnavailable);
  EXPECT_THAT(*store->places_of_offers_to_disable(), IsEmpty()) << "the node was not asked for an offer";
  node.description.set_offers(true);
  const auto anew = make(wish("key"));
  ASSERT_TRUE(anew) << anew.error().to_string();
  EXPECT_FALSE(anew->replayed);
  expect_sound();
}

TEST_F(OrderMakerTest, AReplayThatCannotAskSaysThatItIsNotKnown) {
  fail("CreateOffer", Code::kUnknown, true);
  EXPECT_EQ(make(wish("key")).error().code(), Code::kDeadlineExceeded);
  fail_to_describe();
  EXPECT_EQ(make(wish("key")).error().code(), Code::kDeadlineExceeded) << "it may be made still";
  const auto again = make(wish("key"));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(active_offers(), 1U);
}

TEST_F(OrderMakerTest, AnOfferThatIsMadeAfterItsOrderWasGivenUpIsDisabled) {
  struct Case {
    const char* what;
    std::function<void()> how;
  };
  const Case cases[] = {
      {"with an answer", [] {}},
      {"with a lost answer", [this] { fail("CreateOffer", Code::kUnknown, true); }},
      {"with a lost answer of the invoice", [this] { fail("CreateInvoice", Code::kUnknown, true); }},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    fail("CreateOffer", Code::kUnknown);
    EXPECT_FALSE(make(wish(each.what)));
    const auto begun = store->open_order_intents(time.wall() + base::Duration{1}, {}, 10);
    ASSERT_EQ(begun->size(), 1U);
    each.how();
    // Somebody else gives it up and has it disabled, all before the node makes it.
    node.meanwhile = [&](const std::string& method) -> boost::asio::awaitable<void> {
      if (method != "CreateOffer") co_return;
      node.meanwhile = {};
      co_await store->give_up_order(begun->front().id, state::AtNode::kPossibly, time.wall());
      co_await ends->disable_offers();
    };
    const auto late = make(wish(each.what));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Code::kUnavailable) << late.error().to_string();
    EXPECT_EQ(active_offers(), 1U);
    round();
    EXPECT_EQ(active_offers(), 0U);
  }
  EXPECT_THAT(types(), IsEmpty());
}

}  // namespace
}  // namespace paynamed::payments
