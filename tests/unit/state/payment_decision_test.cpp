// What becomes of a payment, as a table: the decision is a pure function of the rows and the payment.
#include "state/payment_decision.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "state/fact.hpp"

namespace paynamed::state {
namespace {
namespace json = boost::json;

using testing::ElementsAre;
using testing::IsEmpty;

const base::WallTime kPaidAt{std::chrono::seconds{1'700'000'000}};
const base::WallTime kNow = kPaidAt + std::chrono::seconds{3};
const base::Uuid kInvoice = base::Uuid::v8("invoice");

PaymentSource source() {
  return {"02" + std::string(64, 'a'), "node", "", "bitcoin", true};
}

IncomingPayment payment(std::uint64_t msat = 5'000) {
  IncomingPayment payment;
  payment.pay_key = "key-1";
  payment.payment_hash = std::string(64, 'c');
  payment.received_msat = msat;
  payment.paid_at = kPaidAt;
  payment.offer_id = std::string(64, 'f');
  return payment;
}

PaidOffer offer(OfferState state = OfferState::kActive) {
  return {{7, "alice@example.com", "owner-1"}, "ref-1", state};
}

PaidInvoice invoice(std::uint64_t amount = 5'000, InvoiceState state = InvoiceState::kOpen) {
  PaidInvoice invoice;
  invoice.of = {8, "bob@example.com", "owner-2"};
  invoice.id = kInvoice;
  invoice.reference = "order-9";
  invoice.amount_msat = amount;
  invoice.state = state;
  invoice.expires = kPaidAt + std::chrono::hours{1};
  return invoice;
}

RowsOfPayment rows_of(PaidInvoice paid) {
  RowsOfPayment rows;
  rows.invoice = std::move(paid);
  return rows;
}

RowsOfPayment rows_of(PaidOffer paid) {
  RowsOfPayment rows;
  rows.offer = std::move(paid);
  return rows;
}

std::vector<std::string> types(const PaymentDecision& decision) {
  std::vector<std::string> all;
  for (const NewEvent& each : decision.events) all.push_back(each.type);
  return all;
}

json::object data(const NewEvent& event) {
  return json::parse(event.data).as_object();
}

std::string text(const NewEvent& event, std::string_view field) {
  const json::object object = data(event);
  const json::value* value = object.if_contains(field);
  return value && value->is_string() ? std::string{value->get_string()} : "";
}

TEST(PaymentDecision, APaymentOfNobodyIsAStray) {
  const auto decision = decide(payment(), source(), {}, kNow);
  EXPECT_EQ(decision.verdict, Verdict::kStray);
  EXPECT_THAT(decision.events, IsEmpty());
}

TEST(PaymentDecision, AKnownPaymentIsNothingNew) {
  RowsOfPayment rows = rows_of(offer());
  rows.known = true;
  const auto decision = decide(payment(), source(), rows, kNow);
  EXPECT_EQ(decision.verdict, Verdict::kKnown);
  EXPECT_THAT(decision.events, IsEmpty());
}

TEST(PaymentDecision, WhatPaidAnOfferSaysWhoseAndWhatTheOfferWas) {
  for (const OfferState state : {OfferState::kActive, OfferState::kRetired, OfferState::kDisabled}) {
    const auto decision = decide(payment(), source(), rows_of(offer(state)), kNow);
    EXPECT_EQ(decision.verdict, Verdict::kTakenIn);
    EXPECT_EQ(decision.tenant, 7);
    ASSERT_THAT(types(decision), ElementsAre("payment.received"));
    const NewEvent& event = decision.events[0];
    EXPECT_EQ(event.subject, "alice@example.com");
    EXPECT_EQ(event.time, kNow);
    EXPECT_EQ(text(event, "name"), "alice@example.com");
    EXPECT_EQ(text(event, "amount_msat"), "5000");
    EXPECT_EQ(text(event, "method"), "bolt12");
    EXPECT_EQ(text(event, "offer_id"), std::string(64, 'f'));
    EXPECT_EQ(text(event, "offer_state"), to_string(state));
    EXPECT_EQ(text(event, "owner"), "owner-1");
    EXPECT_EQ(text(event, "reference"), "ref-1");
    EXPECT_EQ(text(event, "paid_at"), base::to_rfc3339(kPaidAt));
    EXPECT_EQ(text(event, "network"), "bitcoin");
    EXPECT_TRUE(read_fact(event.type, event.version, event.data));
  }
}

TEST(PaymentDecision, TheOwnerIsLeftOutWhenTheNameWasRegisteredAgain) {
  PaidOffer paid = offer();
  paid.of.owner.reset();
  const auto decision = decide(payment(), source(), rows_of(std::move(paid)), kNow);
  EXPECT_FALSE(data(decision.events.at(0)).contains("owner"));
}

TEST(PaymentDecision, ANoteIsAClaimAndDecidesNothing) {
  IncomingPayment noted = payment();
  noted.payer_note = "order-9 is paid";
  const auto decision = decide(noted, source(), rows_of(offer()), kNow);
  ASSERT_THAT(types(decision), ElementsAre("payment.received"));
  const json::object object = data(decision.events[0]);
  EXPECT_EQ(object.at("claims").at("payer_note").as_string(), "order-9 is paid");
  EXPECT_EQ(text(decision.events[0], "reference"), "ref-1");
  EXPECT_EQ(decide(noted, source(), {}, kNow).verdict, Verdict::kStray);
}

TEST(PaymentDecision, AnInvoiceIsPaidWhenAllThatItAsksForHasArrived) {
  struct Case {
    const char* what;
    PaidInvoice invoice;
    std::uint64_t msat;
    bool paid;
    bool late;
  };
  PaidInvoice partly = invoice(5'000);
  partly.received_msat = 3'000;
  PaidInvoice over = invoice(5'000);
  over.expires = kPaidAt - std::chrono::seconds{1};
  PaidInvoice intent = invoice(5'000);
  intent.only_intent = true;
  const Case cases[] = {
      {"exactly", invoice(5'000), 5'000, true, false},
      {"more", invoice(5'000), 5'001, true, false},
      {"less", invoice(5'000), 4'999, false, false},
      {"the rest", partly, 2'000, true, false},
      {"a part of the rest", partly, 1'999, false, false},
      {"any amount", invoice(0), 1, true, false},
      {"paid already", invoice(5'000, InvoiceState::kPaid), 5'000, false, false},
      {"after it was said to be expired", invoice(5'000, InvoiceState::kExpired), 5'000, true, true},
      {"after its end, which was not said yet", over, 5'000, true, true},
      {"it was not created yet", intent, 5'000, false, false},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    const auto decision = decide(payment(each.msat), source(), rows_of(each.invoice), kNow);
    EXPECT_EQ(decision.verdict, Verdict::kTakenIn);
    EXPECT_EQ(decision.tenant, 8);
    ASSERT_EQ(decision.events.size(), each.paid ? 2U : 1U);
    const NewEvent& received = decision.events[0];
    EXPECT_EQ(text(received, "method"), "bolt11");
    EXPECT_EQ(text(received, "invoice"), kInvoice.to_string());
    EXPECT_EQ(text(received, "reference"), "order-9");
    EXPECT_FALSE(data(received).contains("offer_id"));
    EXPECT_EQ(data(received).contains("late"), each.late);
    for (const NewEvent& event : decision.events)
      EXPECT_TRUE(read_fact(event.type, event.version, event.data));
    if (!each.paid) continue;
    const NewEvent& paid = decision.events[1];
    EXPECT_EQ(paid.type, "invoice.paid");
    EXPECT_EQ(text(paid, "received_msat"), std::to_string(each.invoice.received_msat + each.msat));
    EXPECT_EQ(data(paid).contains("late"), each.late);
    EXPECT_EQ(paid.id, invoice_paid_id(kInvoice));
  }
}

TEST(PaymentDecision, AnInvoiceComesBeforeAnOffer) {
  RowsOfPayment rows = rows_of(invoice());
  rows.offer = offer();
  const auto decision = decide(payment(), source(), rows, kNow);
  EXPECT_EQ(decision.tenant, 8);
  EXPECT_EQ(text(decision.events.at(0), "method"), "bolt11");
}

PaidOrder order(OrderStanding standing) {
  PaidOrder order;
  order.of = {9, "carol@example.com", "owner-3"};
  order.id = kInvoice;
  order.reference = "basket-1";
  order.standing = standing;
  return order;
}

TEST(PaymentDecision, APaymentOfAnOrderIsFollowedByWhatTheOrderIsThen) {
  const base::WallTime later = kPaidAt + std::chrono::hours{1};
  struct Case {
    const char* what;
    OrderStanding before;
    std::uint64_t msat;
    const char* says;
    bool ends;
    bool late;
  };
  const Case cases[] = {
      {"all", {OrderState::kOpen, 5'000, 0, later}, 5'000, "order.paid", true, false},
      {"a part", {OrderState::kOpen, 5'000, 0, later}, 1, "order.underpaid", false, false},
      {"the rest", {OrderState::kUnderpaid, 5'000, 1, later}, 4'999, "order.paid", true, false},
      {"once more", {OrderState::kPaid, 5'000, 5'000, later}, 5'000, "order.overpaid", false, false},
      {"after the end", {OrderState::kExpired, 5'000, 0, kPaidAt}, 5'000, "order.late", false, true},
      {"after the end, which was not said yet",
       {OrderState::kOpen, 5'000, 0, kPaidAt - std::chrono::seconds{1}},
       5'000,
       "order.late",
       true,
       true},
  };
  for (const Case& each : cases) {
    for (const bool by_key : {true, false}) {
      SCOPED_TRACE(std::string{each.what} + (by_key ? ", by its invoice" : ", by its offer"));
      RowsOfPayment rows;
      rows.order = order(each.before);
      rows.order->by_key = by_key;
      const auto decision = decide(payment(each.msat), source(), rows, kNow);
      EXPECT_EQ(decision.tenant, 9);
      ASSERT_THAT(types(decision), ElementsAre("payment.received", each.says));
      const NewEvent& received = decision.events[0];
      EXPECT_EQ(text(received, "order"), kInvoice.to_string());
      EXPECT_EQ(text(received, "method"), by_key ? "bolt11" : "bolt12");
      EXPECT_EQ(data(received).contains("offer_id"), !by_key);
      EXPECT_EQ(text(received, "reference"), "basket-1");
      EXPECT_EQ(data(received).contains("late"), each.late);
      const NewEvent& of_order = decision.events[1];
      EXPECT_EQ(text(of_order, "received_msat"), std::to_string(each.before.received_msat + each.msat));
      EXPECT_EQ(text(of_order, "payment"), received.id.to_string());
      EXPECT_EQ(text(of_order, "reference"), "basket-1");
      EXPECT_EQ(decision.ended_order.has_value(), each.ends);
      for (const NewEvent& event : decision.events)
        EXPECT_TRUE(read_fact(event.type, event.version, event.data));
    }
  }
}

TEST(PaymentDecision, OfAnOrderThatWasNotCreatedYetOnlyThePaymentIsSaid) {
  RowsOfPayment rows;
  rows.order = order({OrderState::kOpen, 5'000, 0, kPaidAt});
  rows.order->by_key = rows.order->only_intent = true;
  const auto decision = decide(payment(), source(), rows, kNow);
  EXPECT_THAT(types(decision), ElementsAre("payment.received"));
  EXPECT_FALSE(decision.ended_order);
}

TEST(PaymentDecision, AClaimedNameIsAClaim) {
  IncomingPayment claimed = payment();
  claimed.claimed_name = "mallory@example.com";
  const auto decision = decide(claimed, source(), rows_of(offer()), kNow);
  const json::object object = data(decision.events.at(0));
  EXPECT_EQ(object.at("claims").at("claimed_name").as_string(), "mallory@example.com");
  EXPECT_EQ(text(decision.events[0], "name"), "alice@example.com");
}

TEST(PaymentDecision, TheIdIsTheSameForTheSamePaymentAndNoOther) {
  const auto id = [](std::string_view node, std::string_view key, std::string_view paid) {
    return payment_id(node, key, paid);
  };
  EXPECT_EQ(decide(payment(), source(), rows_of(offer()), kNow).events.at(0).id,
            decide(payment(), source(), rows_of(offer(OfferState::kRetired)), kPaidAt).events.at(0).id);
  const base::Uuid base = id("02aa", "key", "offer");
  EXPECT_NE(base, id("02ab", "key", "offer"));
  EXPECT_NE(base, id("02aa", "kez", "offer"));
  EXPECT_NE(base, id("02aa", "key", "offes")) << "what was paid: nobody passes a payment off as another's";
  EXPECT_NE(id("02a", "akey", "offer"), id("02aa", "key", "offer")) << "borders count";
}

TEST(PaymentDecision, TheIdStaysTheSameOverVersions) {
  // Written down: another way to make it would take every payment in twice after a resync.
  EXPECT_EQ(payment_id("02aa", "key", "offer").to_string(),
            base::Uuid::v8("payment 4:02aa 3:key offer").to_string());
}

TEST(PaymentDecision, WhatWasPaidIsWrittenAsItAlwaysWas) {
  EXPECT_EQ(paid_by(kInvoice, std::nullopt, "0f"), "invoice/" + kInvoice.to_string());
  EXPECT_EQ(paid_by(std::nullopt, kInvoice, "0f"), "order/" + kInvoice.to_string());
  EXPECT_EQ(paid_by(std::nullopt, std::nullopt, "0f"), "0f");
}

TEST(InvoiceKey, ComesBackAndNothingElseIsOne) {
  const std::string key = invoice_key_of(kInvoice);
  EXPECT_EQ(invoice_from_key(key), kInvoice);
  for (const std::string& other :
       {std::string{}, std::string{"invoice/"}, key + "x", key.substr(1), "INVOICE/" + kInvoice.to_string(),
        std::string{"invoice/ABCDEF00-0000-8000-8000-000000000000"}, std::string{"shop order 17"}}) {
    EXPECT_FALSE(invoice_from_key(other)) << other;
  }
}

}  // namespace
}  // namespace paynamed::state
