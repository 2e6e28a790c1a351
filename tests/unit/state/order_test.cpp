// Orders begin as intents, and what becomes of them is decided by what arrives and by time, each said once.
#include <gmock/gmock.h>

#include <algorithm>

#include "state/payment_decision.hpp"
#include "state_fixture.hpp"

namespace paynamed::state {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const NodePlace kPlace{"sandbox", "n1"};

struct Orders : StoreTest {
  void SetUp() override {
    open();
    make_live("alice@example.com");
  }

  // 32 bytes that no other has.
  static std::string hex_of(base::Uuid id, char last) {
    std::string hex = id.to_string() + id.to_string();
    std::erase(hex, '-');
    hex.back() = last;
    std::ranges::rotate(hex, hex.begin() + 16);
    return hex;
  }
  NewOrder wish(const std::string& key = "", const std::string& reference = "basket-1") {
    NewOrder wish;
    wish.tenant = "default";
    wish.id = author.id();
    wish.name = "alice@example.com";
    wish.terms.amount_msat = 5'000;
    wish.terms.price = {"EUR", "1.00", "20000", "shop"};
    wish.terms.memo = "coffee";
    wish.terms.reference = reference;
    wish.terms.expires_in_seconds = 600;
    wish.idempotency_key = key;
    wish.request_hash = key.empty() ? "" : "hash";
    wish.time = author.now;
    return wish;
  }
  Result<OrderIntent> intend(NewOrder wish) { return wait_for(io, store->intend_order(std::move(wish))); }
  MadeOrder made_of(base::Uuid id) {
    return {id,        "lnbcrt1...",    hex_of(id, '1'),
            "lno1...", hex_of(id, '2'), author.now + std::chrono::seconds{600},
            false,     author.now};
  }
  Result<OrderRow> create(MadeOrder made) { return wait_for(io, store->create_order(std::move(made))); }
  OrderRow open_order(const std::string& reference = "basket-1") {
    const auto intent = intend(wish("", reference));
    const auto row = create(made_of(intent->id));
    EXPECT_TRUE(row) << row.error().to_string();
    return row.value_or(OrderRow{});
  }
  IncomingPayment payment_of(std::uint64_t msat, const std::string& key) const {
    IncomingPayment payment;
    payment.pay_key = key;
    payment.received_msat = msat;
    payment.paid_at = author.now;
    return payment;
  }
  Result<TakenIn> take_in(IncomingPayment payment, const std::string& instance = "sandbox") {
    const std::string next = payment.pay_key;
    TakeIn batch{{"02" + std::string(64, 'a'), instance, "", "regtest", false},
                 cursors_[instance],
                 next,
                 {std::move(payment)},
                 author.now};
    cursors_[instance] = next;
    return wait_for(io, store->take_in(std::move(batch)));
  }
  Result<TakenIn> pay_invoice(base::Uuid order, std::uint64_t msat, const std::string& key = "p1") {
    IncomingPayment payment = payment_of(msat, key);
    payment.order = order;
    return take_in(std::move(payment));
  }
  Result<TakenIn> pay_offer(const OrderRow& order, std::uint64_t msat, const std::string& key = "p1") {
    IncomingPayment payment = payment_of(msat, key);
    payment.offer_id = order.offer_id;
    return take_in(std::move(payment));
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    auto page = store->events_after("default", {}, 1'000);
    for (const Event& each : page->events) {
      if (each.type.starts_with("order.") || each.type.starts_with("payment.")) all.push_back(each.type);
    }
    return all;
  }
  OrderRow row(base::Uuid id) { return **store->find_order("default", id); }
  Result<void> expire(base::Uuid id) { return wait_for(io, store->expire_orders({id}, author.now)); }
  std::vector<base::Uuid> offers_to_disable() {
    std::vector<base::Uuid> all;
    const auto offers = store->offers_to_disable(kPlace, {}, 10);
    for (const OfferToDisable& each : *offers) all.push_back(each.order);
    return all;
  }

  std::map<std::string, std::string> cursors_;
};

TEST_F(Orders, AnIntentBecomesAnOrder) {
  const auto intent = intend(wish());
  ASSERT_TRUE(intent) << intent.error().to_string();
  EXPECT_EQ(intent->node_instance, "sandbox");
  EXPECT_EQ(intent->node, "n1");
  EXPECT_EQ(intent->terms.price.rate, "20000");
  EXPECT_FALSE(*store->find_order("default", intent->id)) << "nobody sees it yet";
  EXPECT_EQ(store->open_order_intents(author.now + std::chrono::seconds{1}, {}, 10)->size(), 1u);
  const auto order = create(made_of(intent->id));
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_EQ(order->state, OrderState::kOpen);
  EXPECT_EQ(order->terms.amount_msat, 5'000u);
  EXPECT_EQ(order->terms.price.currency, "EUR");
  EXPECT_EQ(order->terms.price.amount, "1.00") << "as it was given";
  EXPECT_EQ(order->terms.memo, "coffee");
  EXPECT_EQ(order->terms.reference, "basket-1");
  EXPECT_EQ(order->offer, "lno1...");
  EXPECT_EQ(order->bolt11, "lnbcrt1...");
  EXPECT_FALSE(order->livemode);
  EXPECT_TRUE(create(made_of(intent->id))) << "who asks twice gets the same";
  EXPECT_THAT(events(), ElementsAre("order.created"));
  EXPECT_TRUE(store->open_order_intents(author.now + std::chrono::seconds{1}, {}, 10)->empty());
  EXPECT_EQ(create(made_of(author.id())).error().code(), Code::kNotFound);
  expect_sound();
}

TEST_F(Orders, TheSameKeyIsTheSameOrderUntilItIsGivenUp) {
  const auto first = intend(wish("key"));
  EXPECT_EQ(intend(wish("key"))->id, first->id);
  NewOrder other = wish("key");
  other.request_hash = "other";
  EXPECT_EQ(intend(other).error().code(), Code::kInvalidArgument);
  ASSERT_TRUE(create(made_of(first->id)));
  reopen();
  auto again = intend(wish("key"));
  EXPECT_EQ(again->id, first->id);
  EXPECT_TRUE(again->made);
  EXPECT_TRUE(again->replayed);
  const auto given_up = intend(wish("other key"));
  ASSERT_TRUE(wait_for(io, store->give_up_order(given_up->id, AtNode::kPossibly, author.now)));
  EXPECT_THAT(offers_to_disable(), ElementsAre(given_up->id)) << "it may have been made";
  EXPECT_NE(intend(wish("other key"))->id, given_up->id);
  EXPECT_EQ(create(made_of(given_up->id)).error().code(), Code::kAborted);
  ASSERT_TRUE(wait_for(io, store->give_up_order(first->id, AtNode::kPossibly, author.now)))
      << "which is too late";
  EXPECT_TRUE(*store->find_order("default", first->id));
  EXPECT_THAT(offers_to_disable(), ElementsAre(given_up->id));
}

TEST_F(Orders, NothingIsLeftOfOneThatItsNodeWasNeverAskedFor) {
  const auto refused = intend(wish("key"));
  ASSERT_TRUE(wait_for(io, store->give_up_order(refused->id, AtNode::kNothing, author.now)));
  EXPECT_THAT(offers_to_disable(), IsEmpty());
  EXPECT_EQ(create(made_of(refused->id)).error().code(), Code::kNotFound);
  const auto again = intend(wish("key"));
  EXPECT_NE(again->id, refused->id);
  EXPECT_FALSE(again->replayed);
  ASSERT_TRUE(intend(wish("key"))->replayed) << "which may ask the node meanwhile";
  ASSERT_TRUE(wait_for(io, store->give_up_order(again->id, AtNode::kNothing, author.now)));
  EXPECT_THAT(offers_to_disable(), ElementsAre(again->id));
  ASSERT_TRUE(wait_for(io, store->give_up_order(again->id, AtNode::kNothing, author.now)));
  EXPECT_THAT(offers_to_disable(), ElementsAre(again->id)) << "who gave it up before knew better";
  EXPECT_EQ(create(made_of(again->id)).error().code(), Code::kAborted);
  expect_sound();
}

TEST_F(Orders, AnOfferThatIsMadeAfterItsOrderWasGivenUpIsDisabledAgain) {
  const auto late = [&](base::Uuid order) {
    OfferToDisable offer{order, kPlace, {}, author.now, author.now + std::chrono::hours{1}};
    return wait_for(io, store->disable_late_offer(std::move(offer))).value();
  };
  const auto intent = intend(wish("key"));
  EXPECT_FALSE(late(intent->id)) << "it is being made";
  ASSERT_TRUE(wait_for(io, store->give_up_order(intent->id, AtNode::kPossibly, author.now)));
  auto before = store->offers_to_disable(kPlace, {}, 10);
  ASSERT_EQ(before->size(), 1u);
  EXPECT_TRUE(late(intent->id));
  ASSERT_TRUE(wait_for(io, store->offer_disabled(before->front())));
  EXPECT_THAT(offers_to_disable(), ElementsAre(intent->id)) << "the node was asked before that";
  before = store->offers_to_disable(kPlace, {}, 10);
  ASSERT_TRUE(wait_for(io, store->offer_disabled(before->front())));
  EXPECT_THAT(offers_to_disable(), IsEmpty());
  EXPECT_TRUE(late(author.id())) << "of which nothing is left";
  const OrderRow order = open_order();
  EXPECT_FALSE(late(order.id)) << "the offer is that of the order";
}

TEST_F(Orders, OnlyANameWithANodeHasThem) {
  NewOrder nobody = wish();
  nobody.name = "nobody@example.com";
  EXPECT_EQ(intend(std::move(nobody)).error().code(), Code::kNotFound);
  NewOrder of_other_tenant = wish();
  of_other_tenant.tenant = "other";
  EXPECT_EQ(intend(std::move(of_other_tenant)).error().code(), Code::kNotFound);
  NewOrder of_nothing = wish();
  of_nothing.terms.amount_msat = 0;
  EXPECT_EQ(intend(std::move(of_nothing)).error().code(), Code::kInvalidArgument);
  NewOrder of_no_way = wish();
  of_no_way.terms.bolt11 = of_no_way.terms.bolt12 = false;
  EXPECT_EQ(intend(std::move(of_no_way)).error().code(), Code::kInvalidArgument);
  remove("alice@example.com", author.now + std::chrono::hours{1});
  EXPECT_THAT(intend(wish()).error().message(), HasSubstr("was removed"));
}

TEST_F(Orders, IsPaidByEitherOfItsWays) {
  const OrderRow by_invoice = open_order();
  const OrderRow by_offer = open_order();
  ASSERT_EQ(pay_invoice(by_invoice.id, 5'000, "p1")->taken_in, 1u);
  ASSERT_EQ(pay_offer(by_offer, 5'000, "p2")->taken_in, 1u);
  for (const OrderRow& each : {by_invoice, by_offer}) {
    EXPECT_EQ(row(each.id).state, OrderState::kPaid);
    EXPECT_EQ(row(each.id).received_msat, 5'000u);
    EXPECT_EQ(row(each.id).paid_at, author.now);
  }
  EXPECT_EQ(pay_invoice(by_invoice.id, 5'000, "p1")->known, 1u);
  EXPECT_EQ(pay_offer(by_offer, 5'000, "p2")->known, 1u);
  EXPECT_THAT(events(), ElementsAre("order.created", "order.created", "payment.received", "order.paid",
                                    "payment.received", "order.paid"));
  EXPECT_THAT(offers_to_disable(), testing::UnorderedElementsAre(by_invoice.id, by_offer.id));
  const auto payments = *store->list_payments("default", "", {}, 10);
  ASSERT_EQ(payments.size(), 2u);
  EXPECT_EQ(payments[0].order, by_offer.id);
  EXPECT_EQ(payments[0].offer_id, by_offer.offer_id);
  EXPECT_EQ(payments[1].order, by_invoice.id);
  EXPECT_EQ(payments[1].offer_id, "");
  expect_sound();
  ASSERT_TRUE(wait_for(io, store->rebuild()));
  EXPECT_EQ(row(by_offer.id).state, OrderState::kPaid);
}

TEST_F(Orders, SeveralPaymentsAddUp) {
  const OrderRow order = open_order();
  ASSERT_TRUE(pay_offer(order, 2'000, "p1"));
  EXPECT_EQ(row(order.id).state, OrderState::kUnderpaid);
  EXPECT_FALSE(row(order.id).paid_at);
  EXPECT_THAT(offers_to_disable(), IsEmpty()) << "the rest may come";
  ASSERT_TRUE(pay_invoice(order.id, 1'000, "p2"));
  EXPECT_EQ(row(order.id).state, OrderState::kUnderpaid);
  ASSERT_TRUE(pay_invoice(order.id, 2'000, "p3"));
  EXPECT_EQ(row(order.id).state, OrderState::kPaid);
  ASSERT_TRUE(pay_offer(order, 5'000, "p4"));
  EXPECT_EQ(row(order.id).state, OrderState::kOverpaid);
  EXPECT_EQ(row(order.id).received_msat, 10'000u);
  ASSERT_TRUE(pay_offer(order, 1, "p5"));
  EXPECT_EQ(row(order.id).received_msat, 10'001u);
  EXPECT_THAT(events(),
              ElementsAre("order.created", "payment.received", "order.underpaid", "payment.received",
                          "order.underpaid", "payment.received", "order.paid", "payment.received",
                          "order.overpaid", "payment.received", "order.overpaid"));
  expect_sound();
}

TEST_F(Orders, ExpireAndWhatComesAfterIsLate) {
  const OrderRow order = open_order();
  const OrderRow partly = open_order();
  ASSERT_TRUE(pay_invoice(partly.id, 1, "p1"));
  EXPECT_THAT(*store->places_of_open_orders(), ElementsAre(kPlace));
  EXPECT_THAT(*store->orders_due(kPlace, order.expires - std::chrono::seconds{1}, 10), IsEmpty());
  EXPECT_THAT(*store->orders_due(kPlace, order.expires, 10), ElementsAre(order.id, partly.id));
  EXPECT_THAT(*store->orders_due(kPlace, order.expires, 1), ElementsAre(order.id));
  ASSERT_TRUE(expire(order.id));
  EXPECT_EQ(row(order.id).state, OrderState::kOpen) << "it has time left";
  author.now += std::chrono::seconds{601};
  ASSERT_TRUE(expire(order.id));
  ASSERT_TRUE(expire(order.id));
  ASSERT_TRUE(expire(partly.id));
  EXPECT_EQ(row(partly.id).state, OrderState::kExpired);
  EXPECT_THAT(offers_to_disable(), testing::UnorderedElementsAre(order.id, partly.id));
  EXPECT_THAT(*store->places_of_open_orders(), IsEmpty());
  EXPECT_EQ(std::ranges::count(events(), "order.expired"), 2);
  const auto to_disable = store->offers_to_disable(kPlace, {}, 10);
  ASSERT_TRUE(wait_for(io, store->offer_disabled(to_disable->front())));
  EXPECT_THAT(offers_to_disable(), ElementsAre(partly.id));
  ASSERT_EQ(pay_offer(order, 5'000, "p2")->taken_in, 1u);
  EXPECT_EQ(row(order.id).state, OrderState::kLate);
  EXPECT_TRUE(store->list_payments("default", "", {}, 1)->front().late);
  EXPECT_THAT(offers_to_disable(), ElementsAre(partly.id)) << "it is disabled already";
  expect_sound();
}

TEST_F(Orders, AnOrderThatWasPaidBeforeItWasCreatedSaysSo) {
  const auto intent = intend(wish());
  ASSERT_EQ(pay_invoice(intent->id, 2'000, "p1")->taken_in, 1u);
  ASSERT_EQ(pay_invoice(intent->id, 3'000, "p2")->taken_in, 1u);
  EXPECT_THAT(events(), ElementsAre("payment.received", "payment.received"));
  const auto order = create(made_of(intent->id));
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_EQ(order->state, OrderState::kPaid);
  EXPECT_EQ(order->received_msat, 5'000u);
  EXPECT_EQ(pay_invoice(intent->id, 3'000, "p2")->known, 1u);
  EXPECT_THAT(offers_to_disable(), ElementsAre(intent->id));
  expect_sound();
}

TEST_F(Orders, WhatANodeThatLiesSaysStopsNothing) {
  const OrderRow order = open_order();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(pay_invoice(order.id, kMostMsat, "p" + std::to_string(i)));
  EXPECT_EQ(row(order.id).received_msat, kMostMsat);
  EXPECT_EQ(row(order.id).state, OrderState::kOverpaid);
  expect_sound();
}

TEST_F(Orders, APaymentAtAnotherInstanceIsNotTheirs) {
  const OrderRow order = open_order();
  IncomingPayment payment = payment_of(5'000, "p1");
  payment.order = order.id;
  payment.offer_id = order.offer_id;
  EXPECT_EQ(take_in(std::move(payment), "another")->strays, 1u);
  EXPECT_EQ(row(order.id).state, OrderState::kOpen);
}

TEST_F(Orders, AreStillPaidWhenTheirNameIsGone) {
  const OrderRow order = open_order();
  remove("alice@example.com", author.now + std::chrono::hours{1});
  ASSERT_EQ(pay_offer(order, 5'000)->taken_in, 1u);
  EXPECT_EQ(row(order.id).state, OrderState::kPaid);
  expect_sound();
}

TEST_F(Orders, TheOfferOrHashOfSomethingElseIsRefused) {
  const OrderRow first = open_order();
  const auto intent = intend(wish());
  MadeOrder same_hash = made_of(intent->id);
  same_hash.payment_hash = first.payment_hash;
  EXPECT_THAT(create(std::move(same_hash)).error().message(), HasSubstr("payment hash of another"));
  MadeOrder same_offer = made_of(intent->id);
  same_offer.offer_id = first.offer_id;
  EXPECT_THAT(create(std::move(same_offer)).error().message(), HasSubstr("something else"));
  const std::string offer_of_carol(64, '7');
  const NewRun run = author.run(Verb::kRegister, "carol@example.com");
  const auto accepted = accept(run);
  ASSERT_TRUE(record(accepted->key, 0, {}, {author.offer_created(run, offer_of_carol)}));
  MadeOrder offer_of_a_name = made_of(intent->id);
  offer_of_a_name.offer_id = offer_of_carol;
  EXPECT_THAT(create(std::move(offer_of_a_name)).error().message(), HasSubstr("something else"));
  EXPECT_TRUE(create(made_of(intent->id)));
}

TEST_F(Orders, OpenOnesThoseBeingMadeAndOffersToDisableUseTheirInstance) {
  open_order();
  ASSERT_TRUE(intend(wish("key")));
  const OrderRow paid = open_order();
  ASSERT_TRUE(pay_invoice(paid.id, 5'000));
  const auto uses = store->instances_in_use();
  ASSERT_TRUE(uses);
  const auto sandbox = std::ranges::find(*uses, "sandbox", &InstanceUse::instance);
  ASSERT_NE(sandbox, uses->end());
  EXPECT_EQ(sandbox->orders, 3u);
}

TEST_F(Orders, ListsAreNewestFirstAndNarrowed) {
  const OrderRow first = open_order("basket-1");
  const OrderRow second = open_order("basket-2");
  const OrderRow third = open_order("basket-1");
  ASSERT_TRUE(pay_invoice(first.id, 5'000));
  const auto ids = [&](OrderFilter filter, base::Uuid before = {}, std::uint32_t limit = 10) {
    std::vector<base::Uuid> all;
    const auto rows = store->list_orders("default", filter, before, limit);
    for (const OrderRow& each : *rows) all.push_back(each.id);
    return all;
  };
  const std::string alice = "alice@example.com";
  EXPECT_THAT(ids({}), ElementsAre(third.id, second.id, first.id));
  EXPECT_THAT(ids({}, second.id), ElementsAre(first.id));
  EXPECT_THAT(ids({}, {}, 1), ElementsAre(third.id));
  EXPECT_THAT(ids({"", OrderState::kPaid, ""}), ElementsAre(first.id));
  EXPECT_THAT(ids({alice, std::nullopt, ""}), ElementsAre(third.id, second.id, first.id));
  EXPECT_THAT(ids({alice, OrderState::kOpen, ""}), ElementsAre(third.id, second.id));
  EXPECT_THAT(ids({"bob@example.com", std::nullopt, ""}), IsEmpty());
  EXPECT_THAT(ids({"", std::nullopt, "basket-1"}), ElementsAre(third.id, first.id));
  EXPECT_THAT(ids({alice, OrderState::kOpen, "basket-1"}), ElementsAre(third.id));
  EXPECT_THAT(ids({"bob@example.com", std::nullopt, "basket-1"}), IsEmpty());
  EXPECT_TRUE(store->list_orders("other", {}, {}, 10)->empty());
  EXPECT_FALSE(*store->find_order("other", first.id));
  EXPECT_EQ(store->list_orders("default", {}, author.id(), 10).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::state
