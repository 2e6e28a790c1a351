// Plugins, domains, health and metrics.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiTest, ReadinessNamesThePartThatIsNotReady) {
  EXPECT_EQ(get("/readyz").status, 200);
  world.readiness = {false, {{"store", true, ""}, {"plugin zone", false, "it is blocked"}}};
  const Response response = get("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("it is blocked"));
  EXPECT_EQ(get("/healthz").status, 200) << "not ready is not dead";
}

TEST_F(ApiTest, DomainsAreThoseOfTheTenant) {
  const json::object mine = object_of(get("/v1/domains"));
  ASSERT_EQ(mine.at("items").as_array().size(), 1U);
  const json::object domain = mine.at("items").as_array().at(0).as_object();
  EXPECT_EQ(text_of(domain, "name"), "example.com");
  EXPECT_EQ(text_of(domain, "dns_instance"), "zone");
  EXPECT_TRUE(domain.at("livemode").as_bool());
  Call other{"GET", "/v1/domains", {}, {}};
  other.key = "other-secret";
  EXPECT_EQ(object_of(call(other)).at("items").as_array().size(), 2U);
}

TEST_F(ApiTest, ADomainSaysHowItIsAndWhatWasFound) {
  const json::object unknown = object_of(get("/v1/domains/example.com"));
  EXPECT_EQ(text_of(unknown, "state"), "unknown");
  EXPECT_TRUE(unknown.at("looked").is_null());
  EXPECT_TRUE(unknown.at("zone").is_null());

  state::DomainRow row;
  row.domain = "example.com";
  row.looked = noon();
  row.zone = R"({"facts":{"security":"secure","ds":[]},"known":{"ds":[]}})";
  row.registration = R"({"known":true,"status":["active"]})";
  world.store.domains["default"] = {row};
  const json::object fine = object_of(get("/v1/domains/example.com"));
  EXPECT_EQ(text_of(fine, "state"), "fine");
  EXPECT_EQ(text_of(fine, "looked"), "2026-11-23T12:00:00.000Z");
  EXPECT_EQ(text_of(fine.at("zone").as_object(), "security"), "secure");
  EXPECT_TRUE(fine.at("registration").at("known").as_bool());

  row.standing.degraded = true;
  row.standing.code = "bogus";
  row.standing.reason = "it is broken";
  row.standing.since = noon();
  row.zone = "no JSON";
  world.store.domains["default"] = {row};
  const json::object degraded = object_of(get("/v1/domains/example.com"));
  EXPECT_EQ(text_of(degraded, "state"), "degraded");
  EXPECT_EQ(text_of(degraded, "code"), "bogus");
  EXPECT_EQ(text_of(degraded, "reason"), "it is broken");
  EXPECT_TRUE(degraded.at("zone").is_null());
  const json::object list = object_of(get("/v1/domains"));
  EXPECT_EQ(text_of(list.at("items").at(0).as_object(), "state"), "degraded");
}

TEST_F(ApiTest, ADomainOfAnotherTenantIsNone) {
  EXPECT_EQ(get("/v1/domains/a.test").status, 404);
  EXPECT_EQ(get("/v1/domains/nowhere.test").status, 404);
}

TEST_F(ApiTest, PluginsSayHowTheyAre) {
  PluginStatus plugin;
  plugin.id = "zone";
  plugin.module = "rfc2136";
  plugin.state = "blocked";
  plugin.message = "a call has not returned";
  plugin.calls = 17;
  world.plugins = {plugin};
  const json::object body = object_of(get("/v1/plugins"));
  const json::object first = body.at("items").as_array().at(0).as_object();
  EXPECT_EQ(text_of(first, "state"), "blocked");
  EXPECT_EQ(first.at("calls").to_number<int>(), 17);
}

TEST_F(ApiTest, RequestsAreCountedByRouteAndStatus) {
  EXPECT_EQ(get("/v1/names/alice@example.com").status, 404);
  EXPECT_EQ(get("/v1/names/bob@example.com").status, 404);
  EXPECT_EQ(get("/nowhere/alice").status, 404);
  EXPECT_EQ(call({"BREW", "/v1/names", {}, {}}).status, 405);
  const std::string metrics = get("/metrics").body;
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(paynamed_api_request_seconds_count{method="GET",route="/v1/names/{name}",status="404"} 2)"));
  EXPECT_THAT(metrics, HasSubstr(R"(route="none",status="404"} 1)"));
  EXPECT_THAT(metrics, ::testing::Not(HasSubstr("alice"))) << "what callers send must not become a label";
  EXPECT_THAT(metrics, ::testing::Not(HasSubstr("BREW")));
}

}  // namespace
}  // namespace paynamed::api
