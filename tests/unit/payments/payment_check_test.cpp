// What a plugin says of a payment is believed only as far as it can be true.
#include "payments/payment_check.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace paynamed::payments {
namespace {

namespace v1 = paynamed::plugin::v1;

v1::Payment good() {
  v1::Payment payment;
  payment.set_pay_key("key-1");
  payment.set_payment_hash(std::string(64, 'c'));
  payment.set_received_msat(1'000);
  payment.set_paid_at(1'700'000'000);
  payment.set_offer_id(std::string(64, 'f'));
  payment.set_payer_note("thank you, José");
  return payment;
}

TEST(PaymentCheck, AGoodPaymentIsTakenAsItIs) {
  const auto payment = checked(good());
  ASSERT_TRUE(payment) << payment.error().to_string();
  EXPECT_EQ(payment->pay_key, "key-1");
  EXPECT_EQ(payment->received_msat, 1'000u);
  EXPECT_EQ(payment->paid_at, base::WallTime{std::chrono::seconds{1'700'000'000}});
  EXPECT_EQ(payment->payer_note, "thank you, José");
  EXPECT_FALSE(payment->invoice);
}

TEST(PaymentCheck, WhatCannotBeAPaymentIsRefused) {
  struct Case {
    const char* what;
    std::function<void(v1::Payment&)> change;
  };
  const Case cases[] = {
      {"no key", [](v1::Payment& p) { p.clear_pay_key(); }},
      {"a key that is too long", [](v1::Payment& p) { p.set_pay_key(std::string(257, 'x')); }},
      {"a key with a line end", [](v1::Payment& p) { p.set_pay_key("a\nb"); }},
      {"a key with a blank", [](v1::Payment& p) { p.set_pay_key("a b"); }},
      {"no amount", [](v1::Payment& p) { p.set_received_msat(0); }},
      {"above all bitcoin", [](v1::Payment& p) { p.set_received_msat(state::kMostMsat + 1); }},
      {"a negative amount of somebody's", [](v1::Payment& p) { p.set_received_msat(UINT64_MAX); }},
      {"no time", [](v1::Payment& p) { p.clear_paid_at(); }},
      {"before the first block", [](v1::Payment& p) { p.set_paid_at(1'231'006'504); }},
      {"milliseconds", [](v1::Payment& p) { p.set_paid_at(1'700'000'000'000); }},
      {"a hash of another length", [](v1::Payment& p) { p.set_payment_hash("cc"); }},
      {"a hash in capitals", [](v1::Payment& p) { p.set_payment_hash(std::string(64, 'C')); }},
      {"an offer that is none", [](v1::Payment& p) { p.set_offer_id("lno1"); }},
  };
  for (const Case& each : cases) {
    v1::Payment payment = good();
    each.change(payment);
    const auto result = checked(payment);
    ASSERT_FALSE(result) << each.what;
    EXPECT_EQ(result.error().code(), base::Code::kInvalidArgument) << each.what;
  }
}

TEST(PaymentCheck, WhatOthersMayWriteAsTheyLikeIsNoReasonToRefuse) {
  v1::Payment payment = good();
  payment.clear_offer_id();
  payment.clear_payment_hash();
  payment.set_invoice_key(std::string(5'000, '\n') + "a label of another program");
  ASSERT_TRUE(checked(payment));
  EXPECT_FALSE(checked(payment)->invoice);
  const base::Uuid invoice = base::Uuid::v8("x");
  payment.set_invoice_key(state::invoice_key_of(invoice));
  EXPECT_EQ(checked(payment)->invoice, invoice);
  payment.set_paid_at(253'402'300'799);
  payment.set_received_msat(state::kMostMsat);
  EXPECT_TRUE(checked(payment)) << "a clock that is wrong and a large amount are no contradiction";
}

TEST(PaymentCheck, ANoteThatIsBrokenIsLeftOutAndThePaymentIsNot) {
  for (const std::string& note : {std::string(1'025, 'x'),
                                  std::string("a\x01"
                                              "b"),
                                  std::string("\xff\xfe"), std::string("two\nlines")}) {
    v1::Payment payment = good();
    payment.set_payer_note(note);
    const auto result = checked(payment);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->payer_note, "");
    EXPECT_EQ(result->received_msat, 1'000u);
  }
}

TEST(PaymentCheck, ANameThatThePayerClaimsIsOneOrLeftOut) {
  v1::Payment payment = good();
  payment.set_claimed_name("Alice@example.com");
  EXPECT_EQ(checked(payment)->claimed_name, "alice@example.com");
  for (const std::string& other : {std::string{}, std::string("alice"), std::string("@"),
                                   std::string("a b@example.com"), std::string("\xff@example.com"),
                                   std::string("a\nb@example.com"), std::string(300, 'x') + "@example.com"}) {
    payment.set_claimed_name(other);
    const auto result = checked(payment);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->claimed_name, "") << other;
  }
}

TEST(PaymentCheck, AKeyIsThatOfAnInvoiceOrOfAnOrderOrNobodys) {
  const base::Uuid id = base::Uuid::v8("order");
  v1::Payment payment = good();
  payment.set_invoice_key(state::order_key_of(id));
  EXPECT_EQ(checked(payment)->order, id);
  EXPECT_FALSE(checked(payment)->invoice);
  payment.set_invoice_key(state::invoice_key_of(id));
  EXPECT_FALSE(checked(payment)->order);
  for (const std::string& other : {state::order_key_of(id) + "x", std::string("order/"), id.to_string()}) {
    payment.set_invoice_key(other);
    EXPECT_FALSE(checked(payment)->order) << other;
  }
}

TEST(PaymentCheck, OfAnAnswerTheGoodOnesAreKept) {
  v1::WatchPaymentsReply reply;
  *reply.add_payments() = good();
  reply.add_payments()->set_pay_key("nothing-else");
  reply.add_payments();
  const CheckedPayments all = checked(reply);
  EXPECT_EQ(all.payments.size(), 1u);
  ASSERT_EQ(all.broken.size(), 2u);
  EXPECT_THAT(all.broken[0].problem.message(), testing::HasSubstr("nothing-else"));
}

TEST(PaymentCheck, OfABrokenOneIsKeptWhatItPaid) {
  const base::Uuid invoice = base::Uuid::v8("x");
  struct Case {
    const char* what;
    std::string offer_id;
    std::string invoice_key;
    std::string kept_offer;
    std::optional<base::Uuid> kept_invoice;
    bool is_doubtful;
  };
  const std::string offer(64, '1');
  const Case cases[] = {
      {"an offer", offer, "", offer, {}, false},
      {"an invoice of ours", "", state::invoice_key_of(invoice), "", invoice, false},
      {"an invoice of others", "", "shop 17", "", {}, false},
      {"nothing", "", "", "", {}, false},
      {"an offer in another writing", std::string(64, 'A'), "", "", {}, true},
      {"a part of an offer", std::string(63, '1'), "", "", {}, true},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    v1::WatchPaymentsReply reply;
    v1::Payment& payment = *reply.add_payments();
    payment = good();
    payment.set_received_msat(0);
    payment.set_offer_id(each.offer_id);
    payment.set_invoice_key(each.invoice_key);
    const CheckedPayments all = checked(reply);
    ASSERT_EQ(all.broken.size(), 1u);
    EXPECT_EQ(all.broken[0].of.offer_id, each.kept_offer);
    EXPECT_EQ(all.broken[0].of.invoice, each.kept_invoice);
    EXPECT_EQ(all.broken[0].is_doubtful, each.is_doubtful);
  }
}

TEST(Network, IsAShortWord) {
  for (const char* good : {"bitcoin", "regtest", "signet", "testnet4", ""})
    EXPECT_TRUE(is_network(good)) << good;
  EXPECT_TRUE(is_network(std::string(32, 'x')));
  for (const std::string& other : {std::string(33, 'x'), std::string("two words"), std::string("\xff"),
                                   std::string("a\n"), std::string("b\xc3\xa4")}) {
    EXPECT_FALSE(is_network(other)) << other;
  }
}

TEST(NodeId, IsACompressedKeyInHex) {
  EXPECT_TRUE(is_node_id("02" + std::string(64, 'a')));
  EXPECT_TRUE(is_node_id("03" + std::string(64, '0')));
  for (const std::string& other : {std::string{}, "04" + std::string(64, 'a'), "02" + std::string(64, 'A'),
                                   "02" + std::string(63, 'a'), "02" + std::string(65, 'a')}) {
    EXPECT_FALSE(is_node_id(other)) << other;
  }
}

}  // namespace
}  // namespace paynamed::payments
