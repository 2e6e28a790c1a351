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

TEST_F(ApiTest, HealthSaysWhichConfigurationCounts) {
  json::object body = object_of(get("/healthz"));
  EXPECT_TRUE(body.at("alive").as_bool());
  EXPECT_EQ(body.at("config_generation").to_number<int>(), 3);
  EXPECT_EQ(text_of(body, "config_hash"), "c0ffee");
  EXPECT_FALSE(body.at("config_stale").as_bool());
  EXPECT_TRUE(body.at("config_stale_since").is_null());
  world.config.stale_since = noon();
  world.config.stale_reason = "paynamed.toml has a mistake";
  const Response stale = get("/healthz");
  EXPECT_EQ(stale.status, 200) << "a supervisor must not end a daemon that works";
  body = object_of(stale);
  EXPECT_TRUE(body.at("config_stale").as_bool());
  EXPECT_EQ(text_of(body, "config_stale_since"), "2026-11-23T12:00:00.000Z");
  EXPECT_EQ(text_of(body, "config_stale_reason"), "paynamed.toml has a mistake");
  EXPECT_EQ(object_of(get("/v1/plugins")).at("config_generation").to_number<int>(), 3);
}

TEST_F(ApiTest, AReloadIsForTheOperator) {
  Call other{"POST", "/v1/reload", {}, {}};
  other.key = "other-secret";
  EXPECT_EQ(call(other).status, 403);
  other.key = "";
  other.peer = "127.0.0.1";
  EXPECT_EQ(call(other).status, 401);
  EXPECT_EQ(post("/v1/reload?chekc=true", "").status, 400);
  EXPECT_EQ(post("/v1/reload?check=perhaps", "").status, 400);
  EXPECT_TRUE(world.reloads.empty());
}

TEST_F(ApiTest, AReloadSaysWhatCameOfIt) {
  world.reload_report.outcome = ReloadReport::Outcome::kApplied;
  world.reload_report.generation = 4;
  world.reload_report.changes = {{config::Change::Kind::kChanged, "log.level", "info", "debug", ""}};
  world.reload_report.diagnostics = R"({"errors":0})";
  world.reload_report.text = "~ log.level: info -> debug\n";
  const Response applied = post("/v1/reload", "");
  EXPECT_EQ(applied.status, 200);
  const json::object body = object_of(applied);
  EXPECT_EQ(text_of(body, "outcome"), "applied");
  EXPECT_EQ(text_of(body.at("changes").at(0).as_object(), "after"), "debug");
  EXPECT_TRUE(body.at("changes").at(0).at("restart").is_null());
  EXPECT_EQ(body.at("diagnostics").at("errors").to_number<int>(), 0);
  EXPECT_EQ(post("/v1/reload?check=true", "").status, 200);
  EXPECT_EQ(world.reloads, (std::vector<bool>{false, true}));
}

TEST_F(ApiTest, ARefusedReloadIsAProblemWithItsReport) {
  struct Case {
    base::Status why;
    unsigned status;
  };
  for (const Case& c : {Case{base::invalid_argument("it has a mistake"), 422},
                        Case{base::failed_precondition("restart to change api.listen"), 409},
                        Case{base::unavailable("another reload is under way"), 503}}) {
    world.reload_report.outcome = ReloadReport::Outcome::kRefused;
    world.reload_report.refusal = c.why;
    world.reload_report.text = "line one\nline two\n";
    const Response response = post("/v1/reload", "");
    EXPECT_EQ(response.status, c.status);
    const json::object body = object_of(response);
    EXPECT_EQ(text_of(body, "detail"), c.why.message());
    if (c.status != 503) {
      EXPECT_EQ(text_of(body, "outcome"), "refused");
      EXPECT_EQ(text_of(body, "text"), "line one\nline two\n");
    }
  }
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
  plugin.breaker = "open";
  plugin.breaker_message = "9 of 10 calls failed";
  world.plugins = {plugin};
  const json::object body = object_of(get("/v1/plugins"));
  const json::object first = body.at("items").as_array().at(0).as_object();
  EXPECT_EQ(text_of(first, "state"), "blocked");
  EXPECT_EQ(first.at("calls").to_number<int>(), 17);
  EXPECT_EQ(text_of(first, "breaker"), "open");
  EXPECT_EQ(text_of(first, "breaker_message"), "9 of 10 calls failed");
}

TEST_F(ApiTest, WhatPluginsSayIsTheOperators) {
  PluginStatus plugin;
  plugin.id = "node";
  plugin.state = "blocked";
  plugin.message = "/etc/paynamed/rune cannot be read";
  plugin.breaker = "open";
  plugin.breaker_message = "10.1.2.3 does not answer";
  world.plugins = {plugin};
  const json::object body = object_of(call(Call{"GET", "/v1/plugins", {}, {}, "other-secret"}));
  const json::object first = body.at("items").as_array().at(0).as_object();
  EXPECT_EQ(text_of(first, "state"), "blocked");
  EXPECT_EQ(text_of(first, "breaker"), "open");
  EXPECT_TRUE(first.at("message").is_null());
  EXPECT_TRUE(first.at("breaker_message").is_null());
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
