// Webhooks in the API, over a real store and a fake notifier: what is asked for, what is answered, and what
// is shown to whom.
#include <gmock/gmock.h>

#include "../state/state_fixture.hpp"
#include "api/recent_answers.hpp"
#include "fakes.hpp"
#include "tests/fakes/delivery/fake_notifier.hpp"

namespace paynamed::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kAddress = "https://shop.example.com/hooks?token=nobody-knows-it";
const std::string kBody = std::string(R"({"address":")") + kAddress + R"("})";

class WebhooksTest : public ApiTest {
 protected:
  WebhooksTest() {
    state::SqliteStore::Settings settings;
    settings.path = directory.file("state.db");
    auto opened = state::SqliteStore::open(settings, system_clock);
    EXPECT_TRUE(opened) << opened.error().to_string();
    store = *std::move(opened);
    vault = std::make_unique<nodes::Vault>(*store, system_random, [this] { return key; });
    webhooks = std::make_unique<delivery::Webhooks>(delivery::Webhooks::Dependencies{
        *store, *store, *vault, world.clock, system_random, world.log, notifier.caller(),
        [this] { return notifier.instances; }, [](const base::Uuid&) {}});
    Dependencies needed = world.dependencies();
    needed.webhooks = webhooks.get();
    service_ = std::make_unique<Service>(std::move(needed), limits, rate);
  }
  Response send(std::string method, std::string target, std::string body = {},
                std::vector<std::pair<std::string, std::string>> headers = {},
                std::string api_key = "secret") {
    Call call{std::move(method), std::move(target), std::move(body), std::move(headers), std::move(api_key)};
    std::optional<Response> out;
    start(call, out);
    context.restart();
    context.run();
    EXPECT_TRUE(out) << call.method << " " << call.target << " did not answer";
    return out ? *out : Response{};
  }
  json::object made(const std::string& body = kBody) {
    const auto answer = send("POST", "/v1/webhooks", body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return object_of(answer);
  }
  static std::vector<std::string> members(const json::object& page, std::string_view member) {
    std::vector<std::string> all;
    for (const json::value& each : page.at("items").as_array())
      all.push_back(text_of(each.as_object(), member));
    return all;
  }
  // Events in the log and what the engine would have written about them.
  void deliver(const std::string& webhook, int count, state::DeliveryState as, const std::string& type) {
    for (int i = 0; i < count; ++i) {
      state::NewEvent event = author.event(type, "alice@example.com", state::custom_data());
      ASSERT_TRUE(state::wait_for(context, store->append("default", {event})));
      const auto seq = store->events_after("default", {}, 1'000)->events.back().seq;
      state::DeliveryUpdate update;
      update.webhook = *base::Uuid::parse(webhook);
      update.cursor = seq;
      state::DeliveryUpdate::Done done;
      done.delivery.webhook = update.webhook;
      done.delivery.seq = seq;
      done.delivery.state = as;
      done.delivery.attempts = done.delivery.tries = 1;
      done.delivery.reason = "It answered 503.";
      done.delivery.created = done.delivery.updated = noon();
      if (as == state::DeliveryState::kWaiting) done.delivery.next = noon() + base::Duration{60'000};
      state::AttemptRow attempt;
      attempt.number = 1;
      attempt.time = noon();
      attempt.latency = base::Duration{7};
      attempt.status = 503;
      attempt.reason = "It answered 503.";
      attempt.answer = "busy\xff";
      done.attempt = attempt;
      update.done.push_back(std::move(done));
      ASSERT_TRUE(state::wait_for(context, store->record_deliveries(std::move(update))));
    }
  }

  state::TemporaryDirectory directory;
  base::SystemClock system_clock;
  base::SystemRandom system_random;
  state::Author author;
  base::Result<host::SealingKey> key = host::SealingKey::from_hex(std::string(64, 'a'));
  delivery::FakeNotifier notifier;
  std::unique_ptr<state::SqliteStore> store;
  std::unique_ptr<nodes::Vault> vault;
  std::unique_ptr<delivery::Webhooks> webhooks;
};

TEST_F(WebhooksTest, IsMadeAndShowsItsSecretOnce) {
  const auto answer = send("POST", "/v1/webhooks", kBody, {{"Idempotency-Key", "k"}});
  EXPECT_EQ(answer.status, 201) << answer.body;
  const auto object = object_of(answer);
  const std::string id = text_of(object, "id");
  const std::string secret = text_of(object, "secret");
  EXPECT_THAT(secret, StartsWith("whsec_"));
  EXPECT_EQ(text_of(object, "address"), kAddress);
  EXPECT_EQ(text_of(object, "instance"), "hooks");
  EXPECT_EQ(text_of(object, "state"), "active");
  EXPECT_EQ(text_of(object, "position"), "1-1");
  EXPECT_EQ(header_of(answer, "Location"), "/v1/webhooks/" + id);
  EXPECT_EQ(header_of(answer, "ETag"), "\"1\"");

  const auto again = send("POST", "/v1/webhooks", kBody, {{"Idempotency-Key", "k"}});
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(header_of(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(text_of(object_of(again), "id"), id);
  EXPECT_TRUE(object_of(again).at("secret").is_null());
  EXPECT_EQ(
      send("POST", "/v1/webhooks", R"({"address":"https://b.example.com/"})", {{"Idempotency-Key", "k"}})
          .status,
      422);

  for (const auto& shown : {send("GET", "/v1/webhooks/" + id), send("GET", "/v1/webhooks")}) {
    EXPECT_EQ(shown.status, 200);
    EXPECT_THAT(shown.body, HasSubstr("nobody-knows-it"));
    EXPECT_THAT(shown.body, Not(HasSubstr(secret)));
  }
  EXPECT_EQ(send("GET", "/v1/webhooks/" + id, {}, {}, "other-secret").status, 404);
  EXPECT_THAT(members(object_of(send("GET", "/v1/webhooks", {}, {}, "other-secret")), "id"), SizeIs(0));
}

TEST_F(WebhooksTest, ItsWishesComeBackAsTheyAre) {
  const auto object = made(
      R"({"address":"https://a.example.com/","instance":"hooks","description":"shop","types":["payment.*"],)"
      R"("names":["Alice@example.com"],"schedule":["0s","90s","1h"],"concurrency":2,"per_minute":60,)"
      R"("ordered":true,"asymmetric":true,"after":"1-0"})");
  EXPECT_EQ(json::serialize(object.at("names")), R"(["alice@example.com"])");
  EXPECT_EQ(json::serialize(object.at("types")), R"(["payment.*"])");
  EXPECT_EQ(json::serialize(object.at("schedule")), R"(["0s","90s","1h"])");
  EXPECT_EQ(json::serialize(object.at("concurrency")), "2");
  EXPECT_EQ(json::serialize(object.at("per_minute")), "60");
  EXPECT_EQ(json::serialize(object.at("ordered")), "true");
  EXPECT_EQ(text_of(object, "position"), "1-0");
  const auto& secrets = object.at("secrets").as_array();
  ASSERT_EQ(secrets.size(), 2U);
  EXPECT_EQ(text_of(secrets[0].as_object(), "signature"), "v1");
  EXPECT_EQ(text_of(secrets[1].as_object(), "signature"), "v1a");
  EXPECT_THAT(text_of(secrets[1].as_object(), "public_key"), StartsWith("whpk_"));
}

TEST_F(WebhooksTest, ABadBodyIsRefusedWithWhatIsWrong) {
  struct Case {
    const char* body;
    unsigned status;
    const char* said;
  };
  for (const Case& each : {
           Case{"", 400, "the body is empty"},
           Case{"[]", 400, "must be a JSON object"},
           Case{"{}", 400, "no 'address'"},
           Case{R"({"address":7})", 400, "'address' in the body must be a text"},
           Case{R"({"url":"https://a/"})", 400, "unknown member 'url'"},
           Case{R"({"address":"https://a/","shedule":["0s"]})", 400, "did you mean 'schedule'?"},
           Case{R"({"address":"https://a/","type":["a.b"]})", 400, "did you mean 'types'?"},
           Case{R"({"address":"https://a/","types":"payment.*"})", 400, "'types' in the body must be a list"},
           Case{R"({"address":"https://a/","types":["pay*"]})", 422, "a type in the filter is not one"},
           Case{R"({"address":"https://a/","names":["alice"]})", 422, ""},
           Case{R"({"address":"https://a/","schedule":[]})", 400, "'schedule' in the body is empty"},
           Case{R"({"address":"https://a/","schedule":["soon"]})", 400, "a whole number and a unit"},
           Case{R"({"address":"https://a/","schedule":[5]})", 400, "must be a text"},
           Case{R"({"address":"https://a/","schedule":["8d"]})", 422, "0s to 7d"},
           Case{R"({"address":"https://a/","concurrency":0})", 400, "a whole number from 1"},
           Case{R"({"address":"https://a/","concurrency":65})", 422, "concurrency is 1 to 64"},
           Case{R"({"address":"https://a/","per_minute":1.5})", 400, "a whole number from 1"},
           Case{R"({"address":"https://a/","per_minute":60001})", 422, "per_minute is 1 to 60000"},
           Case{R"({"address":"https://a/","per_minute":99999999999})", 422, "per_minute is 1 to 60000"},
           Case{R"({"address":"https://a/","ordered":"yes"})", 400,
                "'ordered' in the body must be true or false"},
           Case{R"({"address":"https://a/","asymmetric":1})", 400, "must be true or false"},
           Case{R"({"address":"https://a/","after":"yesterday"})", 400, "a position like"},
           Case{R"({"address":"https://a/","after":"1-99"})", 410, "not of this log"},
           Case{R"({"address":"https://a/","instance":"zone"})", 422, "no notifier 'zone'"},
       }) {
    const auto answer = send("POST", "/v1/webhooks", each.body);
    EXPECT_EQ(answer.status, each.status) << each.body << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(each.said)) << each.body;
    EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json");
  }
  const std::string waits = [] {
    std::string list;
    for (int i = 0; i < 21; ++i) list += std::string(list.empty() ? "" : ",") + "\"1s\"";
    return list;
  }();
  EXPECT_EQ(send("POST", "/v1/webhooks", R"({"address":"https://a/","schedule":[)" + waits + "]}").status,
            422);
  EXPECT_THAT(store->list_webhooks("default", {}, 10).value(), SizeIs(0));
}

TEST_F(WebhooksTest, WhatIsSaidOfAnAddressIsForItsCallerAlone) {
  notifier.addresses.insert_or_assign(
      kAddress,
      base::fail(base::invalid_argument(std::string("'") + kAddress + "' has no path that it may have")));
  const auto refused = send("POST", "/v1/webhooks", kBody);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("nobody-knows-it"));
  EXPECT_THAT(refused.cause.to_string(), Not(HasSubstr("nobody-knows-it")));
  notifier.addresses.insert_or_assign(kAddress, base::fail(base::permission_denied("It is private.")));
  EXPECT_EQ(send("POST", "/v1/webhooks", kBody).status, 403);
  notifier.not_described = base::unavailable("stuck");
  const auto later = send("POST", "/v1/webhooks", kBody);
  EXPECT_EQ(later.status, 503);
  EXPECT_NE(header_of(later, "Retry-After"), "(none)");
  notifier.instances = {};
  EXPECT_EQ(send("POST", "/v1/webhooks", kBody).status, 409);
}

TEST_F(WebhooksTest, ARevisionGuardsAChange) {
  const std::string target = "/v1/webhooks/" + text_of(made(), "id");
  const auto changed =
      send("PATCH", target, R"({"types":["name.*"],"schedule":["0s"]})", {{"If-Match", "\"1\""}});
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(header_of(changed, "ETag"), "\"2\"");
  EXPECT_THAT(changed.body, Not(HasSubstr("whsec_")));
  EXPECT_FALSE(object_of(changed).contains("secret"));
  EXPECT_EQ(send("PATCH", target, R"({"types":[]})", {{"If-Match", "\"1\""}}).status, 412);
  EXPECT_EQ(send("PATCH", target, R"({"types":[]})", {{"If-Match", "7"}}).status, 400);
  const auto defaults = send("PATCH", target, R"({"schedule":null,"types":null,"per_minute":null})");
  EXPECT_EQ(defaults.status, 200) << defaults.body;
  EXPECT_TRUE(object_of(defaults).at("schedule").is_null());
  EXPECT_EQ(json::serialize(object_of(defaults).at("types")), "[]");
  for (const char* body : {R"({"instance":"hooks"})", R"({"state":"paused"})", R"({"address":""})",
                           R"({"address":null})", R"({"secret":"whsec_x"})"}) {
    EXPECT_EQ(send("PATCH", target, body).status, 400) << body;
  }
  EXPECT_EQ(send("PATCH", target, "{}").status, 200);
  EXPECT_EQ(send("PATCH", "/v1/webhooks/x", "{}").status, 404);
  EXPECT_EQ(send("PATCH", target, "{}", {}, "other-secret").status, 404);
}

TEST_F(WebhooksTest, IsPausedResumedAndForgotten) {
  const std::string target = "/v1/webhooks/" + text_of(made(), "id");
  EXPECT_EQ(text_of(object_of(send("POST", target + "/pause")), "state"), "paused");
  EXPECT_EQ(send("POST", target + "/pause", {}, {{"If-Match", "\"1\""}}).status, 412);
  EXPECT_EQ(text_of(object_of(send("POST", target + "/resume")), "state"), "active");
  EXPECT_EQ(send("DELETE", target, {}, {}, "other-secret").status, 404);
  EXPECT_EQ(send("DELETE", target, {}, {{"Idempotency-Key", "d"}}).status, 200);
  EXPECT_EQ(send("DELETE", target, {}, {{"Idempotency-Key", "d"}}).status, 200) << "the same request";
  EXPECT_EQ(send("DELETE", target).status, 404);
}

TEST_F(WebhooksTest, ARotationIsOneUnderItsKey) {
  const auto object = made();
  const std::string target = "/v1/webhooks/" + text_of(object, "id") + "/rotate";
  const auto rotated = send("POST", target, R"({"grace":"12h"})", {{"Idempotency-Key", "r"}});
  EXPECT_EQ(rotated.status, 200) << rotated.body;
  const std::string secret = text_of(object_of(rotated), "secret");
  EXPECT_THAT(secret, StartsWith("whsec_"));
  EXPECT_NE(secret, text_of(object, "secret"));
  EXPECT_EQ(object_of(rotated).at("secrets").as_array().size(), 2U);

  const auto again = send("POST", target, R"({"grace":"12h"})", {{"Idempotency-Key", "r"}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(header_of(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(header_of(again, "ETag"), "\"2\"");
  EXPECT_TRUE(object_of(again).at("secret").is_null());
  EXPECT_EQ(send("POST", target, R"({"grace":"1h"})", {{"Idempotency-Key", "r"}}).status, 422);
  // Another tenant's key is another key; an answer that is an error is not kept.
  EXPECT_EQ(send("POST", target, R"({"grace":"12h"})", {{"Idempotency-Key", "r"}}, "other-secret").status,
            404);
  world.clock.advance(RecentAnswers::kKept);
  EXPECT_FALSE(object_of(send("POST", target, R"({"grace":"12h"})", {{"Idempotency-Key", "r"}}))
                   .at("secret")
                   .is_null());

  for (const char* body :
       {R"({"grace":5})", R"({"grace":"a day"})", R"({"grase":"1h"})", R"({"asymmetric":"no"})"})
    EXPECT_EQ(send("POST", target, body).status, 400) << body;
  EXPECT_EQ(send("POST", target, R"({"grace":"8d"})").status, 422);
}

TEST_F(WebhooksTest, ATestAnswersWhatCameBack) {
  const std::string target = "/v1/webhooks/" + text_of(made(), "id") + "/test";
  notifier.outcome = [] {
    plugin::v1::DeliverReply reply;
    reply.set_outcome(plugin::v1::DeliverReply::RETRY);
    reply.set_status(503);
    reply.set_reason("It answered 503.");
    reply.set_retry_after_ms(1'500);
    reply.set_answer("no\xff");
    return reply;
  }();
  const auto tested = send("POST", target);
  EXPECT_EQ(tested.status, 200) << tested.body;
  const auto object = object_of(tested);
  EXPECT_EQ(text_of(object, "outcome"), "retry");
  EXPECT_EQ(json::serialize(object.at("status")), "503");
  EXPECT_EQ(json::serialize(object.at("retry_after")), "2");
  EXPECT_EQ(text_of(object, "answer"), R"(no\255)");
  ASSERT_THAT(notifier.sent, SizeIs(1));
  EXPECT_EQ(text_of(object, "event"), notifier.sent[0].event_id());
  EXPECT_EQ(send("POST", target, {}, {{"Idempotency-Key", "t"}}).status, 200);
  EXPECT_EQ(send("POST", target, {}, {{"Idempotency-Key", "t"}}).status, 200);
  EXPECT_THAT(notifier.sent, SizeIs(2)) << "the same request is sent once";
}

TEST_F(WebhooksTest, DeliveriesAreShownNewestFirstWithTheirAttempts) {
  const std::string id = text_of(made(), "id");
  const std::string target = "/v1/webhooks/" + id + "/deliveries";
  deliver(id, 3, state::DeliveryState::kDelivered, "custom.thing");  // 2, 3, 4
  deliver(id, 1, state::DeliveryState::kDead, "custom.other");       // 5
  deliver(id, 1, state::DeliveryState::kWaiting, "custom.other");    // 6
  const auto first = object_of(send("GET", target + "?limit=2"));
  EXPECT_THAT(members(first, "position"), ElementsAre("1-6", "1-5"));
  EXPECT_THAT(members(first, "state"), ElementsAre("waiting", "dead"));
  EXPECT_EQ(text_of(first.at("items").as_array()[0].as_object(), "next"), "2026-11-23T12:01:00.000Z");
  const auto second = object_of(send("GET", target + "?limit=3&cursor=" + text_of(first, "next")));
  EXPECT_THAT(members(second, "seq"), ElementsAre("4", "3", "2"));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_THAT(members(object_of(send("GET", target + "?state=delivered&before=1-4")), "seq"),
              ElementsAre("3", "2"));
  EXPECT_THAT(members(object_of(send("GET", target + "?type=custom.other")), "seq"), ElementsAre("6", "5"));
  for (const char* query : {"?state=lost", "?type=custom.o*", "?before=now", "?cursor=x", "?before=1-0",
                            "?limit=0", "?stat=dead"}) {
    const auto refused = send("GET", target + query);
    EXPECT_EQ(refused.status, 400) << query << refused.body;
  }
  for (const std::string& place : {std::string("5"), std::string("1-5")}) {
    const auto one = send("GET", target + "/" + place);
    EXPECT_EQ(one.status, 200) << one.body;
    const auto shown = object_of(one);
    const auto& attempts = shown.at("attempt_log").as_array();
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(text_of(attempts[0].as_object(), "answer"), R"(busy\255)");
    EXPECT_EQ(json::serialize(attempts[0].as_object().at("status")), "503");
  }
  EXPECT_EQ(send("GET", target + "/99").status, 404);
  EXPECT_EQ(send("GET", target + "/x").status, 404);
  EXPECT_EQ(send("GET", target + "/5", {}, {}, "other-secret").status, 404);
  EXPECT_EQ(send("GET", target, {}, {}, "other-secret").status, 404);
}

TEST_F(WebhooksTest, ReplaysSayHowMany) {
  const std::string id = text_of(made(), "id");
  const std::string target = "/v1/webhooks/" + id + "/replay";
  deliver(id, 3, state::DeliveryState::kDelivered, "custom.thing");
  const auto dry = send("POST", target, R"({"types":["custom.*"],"dry_run":true})");
  EXPECT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(dry.body, R"({"deliveries":3,"dry_run":true})");
  const auto replayed = send("POST", target, R"({"from":"1-2","to":"1-3"})", {{"Idempotency-Key", "p"}});
  EXPECT_EQ(replayed.status, 202) << replayed.body;
  EXPECT_EQ(replayed.body, R"({"deliveries":2,"dry_run":false})");
  const auto again = send("POST", target, R"({"from":"1-2","to":"1-3"})", {{"Idempotency-Key", "p"}});
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, replayed.body);
  struct Case {
    const char* body;
    unsigned status;
    const char* said;
  };
  for (const Case& each : {
           Case{"{}", 400, "does not say what to send again"},
           Case{R"({"dry_run":true})", 400, "does not say what to send again"},
           Case{R"({"dry_run":"yes","state":"dead"})", 400, "true or false"},
           Case{R"({"state":"lost"})", 400, "dead, delivered or waiting"},
           Case{R"({"event":"x"})", 400, "a UUID"},
           Case{R"({"position":"x"})", 400, "a position like"},
           Case{R"({"position":"1-1","from":"1-1"})", 400, "exclude each other"},
           Case{R"({"from":"1-3","to":"1-2"})", 400, "must not be before"},
           Case{R"({"since":"yesterday"})", 400, "a time like"},
           Case{R"({"since":"2026-11-23T12:00:00.000Z","until":"2026-11-23T12:00:00.000Z"})", 400,
                "before 'until'"},
           Case{R"({"types":["!"]})", 422, "a type in the filter"},
           Case{R"({"event":"01890000-0000-7000-8000-000000000001"})", 404, "no delivery of this event"},
           Case{R"({"from":"9-1"})", 410, "another log"},
           Case{R"({"form":"1-1"})", 400, "did you mean 'from'?"},
       }) {
    const auto refused = send("POST", target, each.body);
    EXPECT_EQ(refused.status, each.status) << each.body << refused.body;
    EXPECT_THAT(refused.body, HasSubstr(each.said)) << each.body;
  }
}

TEST_F(WebhooksTest, DeadLettersAreOfAllWebhooks) {
  const std::string one = text_of(made(), "id");
  world.clock.advance(base::Duration{1});
  const std::string two = text_of(made(), "id");
  deliver(one, 2, state::DeliveryState::kDead, "custom.thing");  // 3, 4
  deliver(two, 2, state::DeliveryState::kDead, "custom.other");  // 5, 6
  const auto all = object_of(send("GET", "/v1/deadletters"));
  EXPECT_THAT(members(all, "seq"), ElementsAre("4", "3", "6", "5"));
  EXPECT_THAT(members(all, "webhook"), ElementsAre(one, one, two, two));
  std::vector<std::string> paged;
  std::string cursor;
  do {
    const auto page =
        object_of(send("GET", "/v1/deadletters?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const std::string& seq : members(page, "seq")) paged.push_back(seq);
    cursor = page.at("next").is_null() ? "" : text_of(page, "next");
  } while (!cursor.empty() && paged.size() < 10);
  EXPECT_THAT(paged, ElementsAre("4", "3", "6", "5"));
  EXPECT_THAT(members(object_of(send("GET", "/v1/deadletters?type=custom.other")), "seq"),
              ElementsAre("6", "5"));
  EXPECT_THAT(members(object_of(send("GET", "/v1/deadletters", {}, {}, "other-secret")), "seq"), SizeIs(0));
  EXPECT_EQ(send("GET", "/v1/deadletters?cursor=x").status, 400);

  const auto dry = object_of(send("POST", "/v1/deadletters/replay", R"({"dry_run":true})"));
  EXPECT_EQ(json::serialize(dry.at("deliveries")), "4");
  EXPECT_EQ(dry.at("webhooks").as_array().size(), 2U);
  EXPECT_EQ(send("POST", "/v1/deadletters/replay", R"({"types":["custom.other"]})").status, 202);
  EXPECT_THAT(members(object_of(send("GET", "/v1/deadletters")), "seq"), ElementsAre("4", "3"));
  const auto rest = send("POST", "/v1/deadletters/replay");
  EXPECT_EQ(rest.status, 202) << rest.body;
  EXPECT_THAT(members(object_of(send("GET", "/v1/deadletters")), "seq"), SizeIs(0));
  EXPECT_EQ(send("POST", "/v1/deadletters/replay", R"({"state":"dead"})").status, 400);
}

TEST_F(WebhooksTest, AreListedInPages) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(text_of(made(), "id"));
    world.clock.advance(base::Duration{1});
  }
  const auto first = object_of(send("GET", "/v1/webhooks?limit=2"));
  EXPECT_THAT(members(first, "id"), ElementsAre(ids[0], ids[1]));
  const auto second = object_of(send("GET", "/v1/webhooks?limit=2&cursor=" + text_of(first, "next")));
  EXPECT_THAT(members(second, "id"), ElementsAre(ids[2]));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(send("GET", "/v1/webhooks?cursor=x").status, 400);
}

TEST_F(ApiTest, WhereThereAreNoWebhooksTheirRoutesSaySo) {
  for (const char* target :
       {"/v1/webhooks", "/v1/webhooks/x", "/v1/webhooks/x/deliveries", "/v1/deadletters"})
    EXPECT_EQ(get(target).status, 501) << target;
  EXPECT_EQ(post("/v1/webhooks", kBody).status, 501);
  EXPECT_EQ(post("/v1/deadletters/replay", "{}").status, 501);
}

}  // namespace
}  // namespace paynamed::api
