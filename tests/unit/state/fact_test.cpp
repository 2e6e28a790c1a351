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
