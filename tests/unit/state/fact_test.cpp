// Event data that does not keep docs/events.md is refused, naming the field.
#include "state/fact.hpp"

#include <gmock/gmock.h>

namespace paynamed::state {
namespace {

struct Bad {
  std::string what;
  std::string type;
  std::string data;
  std::string says;
  std::uint32_t version = 1;
};

class BadFact : public testing::TestWithParam<Bad> {};

TEST_P(BadFact, IsRefusedNamingTheField) {
  const auto fact = read_fact(GetParam().type, GetParam().version, GetParam().data);
  ASSERT_FALSE(fact);
  EXPECT_EQ(fact.error().code(), base::Code::kInternal);
  EXPECT_THAT(fact.error().message(), testing::HasSubstr(GetParam().says));
  EXPECT_THAT(fact.error().message(), testing::HasSubstr(GetParam().type));
}

// A payment, but for its amount and what follows it.
std::string payment(const std::string& amount, const std::string& rest) {
  return R"({"name":"a@b.c","node_id":"02","pay_key":"k","amount_msat":)" + amount + "," + rest + "}";
}
// An order, but for its amount and what follows.
std::string order(const std::string& amount, const std::string& rest) {
  return R"({"name":"a@b.c","order":"018bcfe5-6800-7522-8efa-18235092eb22","expires":"2030-01-01T00:00:00.000Z",)"
         R"("livemode":true,"amount_msat":)" +
         amount + rest;
}
const std::string kPaid = R"("paid_at":"2030-01-01T00:00:00.000Z","livemode":true)";
const std::string kInvoice = R"("invoice":"018bcfe5-6800-7522-8efa-18235092eb22")";

const std::string kRun = R"("run":"018bcfe5-6800-7522-8efa-18235092eb22")";

INSTANTIATE_TEST_SUITE_P(
    Fields, BadFact,
    testing::Values(
        Bad{"NoJson", "run.completed", "{", "not JSON"},
        Bad{"NotUtf8", "run.completed", "{\"name\":\"\xFF\"}", "not JSON"},
        Bad{"TooDeep", "name.live", std::string(100, '[') + std::string(100, ']'), "not JSON"},
        Bad{"NoObject", "run.completed", "[]", "not a JSON object"},
        Bad{"NoName", "run.completed", "{}", "'name' is missing"},
        Bad{"NameNotText", "run.completed", R"({"name":1})", "'name' is not a string"},
        Bad{"NameWithoutDomain", "run.completed", R"({"name":"alice@"})", "'name' is not user@domain"},
        Bad{"NoRun", "run.completed", R"({"name":"a@b.c"})", "'run' is missing"},
        Bad{"RunNoUuid", "run.completed", R"({"name":"a@b.c","run":"7"})", "'run' is not a UUID"},
        Bad{"NoReason", "run.paused", "{" + kRun + R"(,"name":"a@b.c"})", "'reason' is missing"},
        Bad{"OddVerb", "run.accepted", "{" + kRun + R"(,"name":"a@b.c","verb":"sell"})",
            "'verb' is not one of its words"},
        Bad{"OtherDomain", "run.accepted", "{" + kRun + R"(,"name":"a@b.c","verb":"rotate","domain":"x.y"})",
            "'domain' is not the domain"},
        Bad{"NegativeTtl", "name.published", R"({"name":"a@b.c","value":"v","ttl":-1})",
            "'ttl' is not a number"},
        Bad{"EmptyValue", "name.published", R"({"name":"a@b.c","value":""})", "'value' is empty"},
        Bad{"BadTime", "offer.retired", R"({"name":"a@b.c","offer_id":"0f","until":"soon"})",
            "'until' is not a time"},
        Bad{"NoTime", "name.removed", R"({"name":"a@b.c"})", "'quarantined_until' is missing"},
        Bad{"DegradedForNoReason", "name.degraded", R"({"name":"a@b.c","code":"absent"})",
            "'reason' is missing"},
        Bad{"DegradedWithoutCode", "name.degraded", R"({"name":"a@b.c","reason":"r"})", "'code' is missing"},
        Bad{"ExpiringNoTime", "offer.expiring", R"({"name":"a@b.c","offer_id":"0f"})",
            "'expires' is missing"},
        Bad{"RevertedToNothing", "name.reverted",
            R"({"name":"a@b.c","value":"v","ttl":1,"dns_instance":"z","source":"node","state":"quarantined"})",
            "'state' is a state without a record"},
        Bad{"NoDomain", "domain.recovered", R"({"name":"a@b.c"})", "'domain' is missing"},
        Bad{"DomainDegradedWithoutCode", "domain.degraded", R"({"domain":"b.c","reason":"r"})",
            "'code' is missing"},
        Bad{"DomainExpiringWhat", "domain.expiring", R"({"domain":"b.c","what":"milk"})",
            "'what' is not one of its words"},
        Bad{"DomainExpiringNoTime", "domain.expiring", R"({"domain":"b.c","what":"registration"})",
            "'until' is missing"},
        Bad{"PaymentOfANumber", "payment.received", payment("5", kPaid), "'amount_msat' is not a string"},
        Bad{"PaymentOfNothing", "payment.received", payment(R"("0")", kPaid), "'amount_msat' is nothing"},
        Bad{"PaymentOfLessThanNothing", "payment.received", payment(R"("-1")", kPaid),
            "'amount_msat' is not an amount"},
        Bad{"PaymentAboveAllBitcoin", "payment.received", payment(R"("2100000000000000001")", kPaid),
            "'amount_msat' is not an amount"},
        Bad{"PaymentOfNoMethod", "payment.received", payment(R"("1")", kPaid), "'method' is missing"},
        Bad{"PaymentOfAnotherMethod", "payment.received", payment(R"("1")", kPaid + R"(,"method":"cash")"),
            "'method' is not one of its words"},
        Bad{"PaymentOfNoOffer", "payment.received", payment(R"("1")", kPaid + R"(,"method":"bolt12")"),
            "'offer_id' is missing"},
        Bad{"PaymentOfNoInvoice", "payment.received", payment(R"("1")", kPaid + R"(,"method":"bolt11")"),
            "'invoice' is missing"},
        Bad{"PaymentWithOddClaims", "payment.received",
            payment(R"("1")", kPaid + R"(,"claims":{"payer_note":7})"),
            "'claims' has a member that is not a string"},
        Bad{"PaymentWithoutMode", "payment.received",
            payment(R"("1")", R"("paid_at":"2030-01-01T00:00:00.000Z")"), "'livemode' is not true or false"},
        Bad{"InvoiceWithoutEnd", "invoice.expired",
            R"({"name":"a@b.c",)" + kInvoice + R"(,"amount_msat":"0"})", "'expires' is missing"},
        Bad{"InvoiceWithoutText", "invoice.created",
            R"({"name":"a@b.c",)" + kInvoice +
                R"(,"amount_msat":"0","expires":"2030-01-01T00:00:00.000Z","livemode":true})",
            "'bolt11' is missing"},
        Bad{"PaymentOfNoOrder", "payment.received",
            payment(R"("1")", kPaid + R"(,"method":"bolt11","order":"7")"), "'order' is not a UUID"},
        Bad{"PaymentWithAnOddName", "payment.received",
            payment(R"("1")", kPaid + R"(,"claims":{"claimed_name":[]})"),
            "'claims' has a member that is not a string"},
        Bad{"OrderWithoutWay", "order.created", order(R"("1")", "}"), "'bolt11' and 'offer' are missing"},
        Bad{"OrderOfNothing", "order.created", order(R"("0")", R"(,"bolt11":"lnbc"})"),
            "'amount_msat' is nothing"},
        Bad{"OrderWithoutHash", "order.created", order(R"("1")", R"(,"bolt11":"lnbc"})"),
            "'payment_hash' is missing"},
        Bad{"OrderWithoutOfferId", "order.created", order(R"("1")", R"(,"offer":"lno1"})"),
            "'offer_id' is missing"},
        Bad{"OrderWithoutNode", "order.created", order(R"("1")", R"(,"offer":"lno1","offer_id":"0f"})"),
            "'node_instance' is missing"},
        Bad{"OrderPaidByNothing", "order.paid", order(R"("1")", "}"), "'received_msat' is missing"},
        Bad{"OrderPaidByNobody", "order.late", order(R"("1")", R"(,"received_msat":"1"})"),
            "'payment' is missing"},
        Bad{"OrderPaidAtNoTime", "order.overpaid",
            order(R"("1")", R"(,"received_msat":"1","payment":"018bcfe5-6800-7522-8efa-18235092eb22"})"),
            "'paid_at' is missing"},
        Bad{"NoOrder", "order.expired", R"({"name":"a@b.c"})", "'order' is missing"},
        Bad{"UnknownVersion", "run.completed", "{" + kRun + R"(,"name":"a@b.c"})", "version 2 is not known",
            2}),
    [](const testing::TestParamInfo<Bad>& bad) { return bad.param.what; });

TEST(Fact, UnknownTypesAndFieldsAreIgnored) {
  EXPECT_EQ(read_fact("domain.secure", 9, R"({"name":7})")->kind, Fact::Kind::kOther);
  const auto fact = read_fact("name.live", 1, R"({"name":"a@b.c","value":"v","later":[1]})");
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->kind, Fact::Kind::kNameLive);
  EXPECT_EQ(fact->value, "v");
}

}  // namespace
}  // namespace paynamed::state
