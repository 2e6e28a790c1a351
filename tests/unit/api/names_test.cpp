// Names: what is asked of the engine, and what comes back.
#include <gmock/gmock.h>

#include "api/auth.hpp"
#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::HasSubstr;

const std::string kOffer = "lno1zrxq8pjw7qjlm68mtp7e3yvxee4y5xrgjhhyf2fxhlphpckrvevh50u0q";

TEST_F(ApiTest, RegistersAndSaysWhereTheRunIs) {
  world.engine.answer = pipeline::Accepted{run_id(1), false, {"some wallets ignore this"}};
  const Response response =
      call({"POST",
            "/v1/names",
            R"({"name":"Alice@example.com","owner":"o1","reference":"r1","source":{"node":"n1"}})",
            {{"X-Correlation-Id", "c1"},
             {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}});
  EXPECT_EQ(response.status, 202);
  const json::object body = object_of(response);
  EXPECT_EQ(text_of(body, "run"), run_id(1).to_string());
  EXPECT_EQ(text_of(body, "name"), "alice@example.com");
  EXPECT_EQ(text_of(body, "state"), "running");
  EXPECT_EQ(text_of(body.at("links").as_object(), "self"), "/v1/runs/" + run_id(1).to_string());
  EXPECT_EQ(header_of(response, "Location"), "/v1/runs/" + run_id(1).to_string());
  EXPECT_THAT(json::serialize(body.at("warnings")), HasSubstr("folded to lower case"));
  EXPECT_THAT(json::serialize(body.at("warnings")), HasSubstr("some wallets ignore this"));

  ASSERT_EQ(world.engine.commands.size(), 1U);
  const pipeline::Command& command = world.engine.commands[0];
  EXPECT_EQ(command.tenant, "default");
  EXPECT_EQ(command.verb, state::Verb::kRegister);
  EXPECT_EQ(command.name.text(), "alice@example.com");
  EXPECT_EQ(command.owner, "o1");
  EXPECT_EQ(command.reference, "r1");
  EXPECT_EQ(command.source.kind, state::SourceKind::kNode);
  EXPECT_EQ(command.source.node, "n1");
  EXPECT_EQ(command.correlation_id, "c1");
  EXPECT_EQ(command.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(command.idempotency_key, "");
}

TEST_F(ApiTest, ThePriorityIsBulkOnlyWhenAskedFor) {
  struct Case {
    std::string priority;
    bool bulk;
  };
  for (const Case& c : std::vector<Case>{{"", false},
                                         {R"(,"priority":null)", false},
                                         {R"(,"priority":"interactive")", false},
                                         {R"(,"priority":"bulk")", true}}) {
    EXPECT_EQ(post("/v1/names", R"({"name":"a@example.com")" + c.priority + "}").status, 202);
    EXPECT_EQ(world.engine.commands.back().bulk, c.bulk) << c.priority;
    EXPECT_EQ(post("/register-username", R"({"name":"a@example.com")" + c.priority + "}").status, 202);
    EXPECT_EQ(world.engine.commands.back().bulk, c.bulk) << c.priority;
    EXPECT_EQ(
        call({"PUT", "/v1/names/a@example.com/source", R"({"node":true)" + c.priority + "}", {}}).status,
        202);
    EXPECT_EQ(world.engine.commands.back().bulk, c.bulk) << c.priority;
  }
  for (const char* wrong : {R"("urgent")", "1", "true"}) {
    EXPECT_EQ(post("/v1/names", R"({"name":"a@example.com","priority":)" + std::string{wrong} + "}").status,
              400);
  }
}

TEST_F(ApiTest, SourcesAreNodeUriOrOffer) {
  struct Case {
    std::string source;
    state::SourceKind kind;
    std::string node, uri, offer;
  };
  for (const Case& c : std::vector<Case>{
           {"", state::SourceKind::kNode, "", "", ""},
           {R"(,"source":{"node":true})", state::SourceKind::kNode, "", "", ""},
           {R"(,"source":{"uri":"bitcoin:?lno=x"})", state::SourceKind::kExternal, "", "bitcoin:?lno=x", ""},
           {R"(,"source":{"offer":"lno1x"})", state::SourceKind::kExternal, "", "", "lno1x"}}) {
    EXPECT_EQ(post("/v1/names", R"({"name":"a@example.com")" + c.source + "}").status, 202) << c.source;
    ASSERT_FALSE(world.engine.commands.empty());
    const pipeline::Source& source = world.engine.commands.back().source;
    EXPECT_EQ(source.kind, c.kind);
    EXPECT_EQ(source.node, c.node);
    EXPECT_EQ(source.uri, c.uri);
    EXPECT_EQ(source.offer, c.offer);
  }
}

TEST_F(ApiTest, ANodeMayHaveAnInstanceInTheWordsThatANameShows) {
  struct Case {
    std::string members;
    std::string instance, node;
  };
  for (const Case& c : std::vector<Case>{{R"("node":true)", "", ""},
                                         {R"("node":"n1")", "", "n1"},
                                         {R"("instance":"node2")", "node2", ""},
                                         {R"("instance":"node2","node":true)", "node2", ""},
                                         {R"("instance":"node2","node":"n1")", "node2", "n1"}}) {
    EXPECT_EQ(post("/v1/names", R"({"name":"a@example.com","source":{)" + c.members + "}}").status, 202);
    EXPECT_EQ(call({"PUT", "/v1/names/a@example.com/source", "{" + c.members + "}", {}}).status, 202);
    ASSERT_GE(world.engine.commands.size(), 2U);
    for (auto at = world.engine.commands.end() - 2; at != world.engine.commands.end(); ++at) {
      EXPECT_EQ(at->source.kind, state::SourceKind::kNode);
      EXPECT_EQ(at->source.instance, c.instance) << c.members;
      EXPECT_EQ(at->source.node, c.node) << c.members;
    }
  }
}

TEST_F(ApiTest, BodiesThatAreWrongNeverReachTheEngine) {
  struct Case {
    std::string target;
    std::string body;
    unsigned status;
    std::string says;
  };
  for (const Case& c : std::vector<Case>{
           {"/v1/names", "", 400, "empty"},
           {"/v1/names", "{", 400, "not JSON"},
           {"/v1/names", "[]", 400, "must be a JSON object"},
           {"/v1/names", std::string(1000, '['), 400, "not JSON"},
           {"/v1/names", "{\"name\":\"\xff@example.com\"}", 400, "not JSON"},
           {"/v1/names", "{}", 400, "no 'name'"},
           {"/v1/names", R"({"name":7})", 400, "must be a text"},
           {"/v1/names", R"({"nmae":"a@example.com"})", 400, "did you mean 'name'?"},
           {"/v1/names", R"({"name":"a@example.com","owner":"a\u0007b"})", 400, "control characters"},
           {"/v1/names", R"({"name":"a@example.com","owner":")" + std::string(257, 'o') + "\"}", 400,
            "longer than 256"},
           {"/v1/names", R"({"name":"a@example.com","source":{}})", 400, "exactly one"},
           {"/v1/names", R"({"name":"a@example.com","source":{"node":true,"offer":"x"}})", 400,
            "exactly one"},
           {"/v1/names", R"({"name":"a@example.com","source":{"node":false}})", 400, "must be true"},
           {"/v1/names", R"({"name":"a@example.com","source":{"instance":"n","offer":"x"}})", 400,
            "exactly one"},
           {"/v1/names", R"({"name":"a@example.com","source":{"instance":"n","uri":"x"}})", 400,
            "exactly one"},
           {"/v1/names", R"({"name":"a@example.com","source":{"instance":7}})", 400, "must be a text"},
           {"/v1/names", R"({"name":"a@example.com","source":{"instance":""}})", 400, "'instance'"},
           {"/v1/names", R"({"name":"a@example.com","source":{"instance":")" + std::string(65, 'n') + "\"}}",
            400, "longer than 64"},
           {"/v1/names", R"({"name":"a@example.com","source":{"ofer":"x"}})", 400, "did you mean 'offer'?"},
           {"/v1/names", R"({"name":"a@example.com","source":"node"})", 400, "must be an object"},
           {"/v1/names", R"({"name":"alice"})", 422, "no '@'"},
           {"/v1/names", R"({"name":"al!ce@example.com"})", 422, "'!'"},
           {"/register-username", R"({"name":"a@example.com","username":"a"})", 400, "either"},
           {"/register-username", R"({})", 400, "either"},
           {"/register-username", R"({"username":"a b","domain":"example.com"})", 422, ""}}) {
    const Response response = post(c.target, c.body);
    EXPECT_EQ(response.status, c.status) << c.body;
    EXPECT_THAT(text_of(object_of(response), "detail"), HasSubstr(c.says)) << c.body;
    EXPECT_TRUE(world.engine.commands.empty()) << c.body;
  }
}

TEST_F(ApiTest, TheShortFormTakesANameOrAUserWithADomain) {
  struct Case {
    std::string body;
    std::string name;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"name":"alice@example.com"})", "alice@example.com"},
           {R"({"username":"bob","domain":"example.com","offer":")" + kOffer + "\"}", "bob@example.com"},
           {R"({"username":"carol"})", "carol@example.com"}}) {
    EXPECT_EQ(post("/register-username", c.body).status, 202) << c.body;
    ASSERT_FALSE(world.engine.commands.empty());
    EXPECT_EQ(world.engine.commands.back().name.text(), c.name);
  }
  EXPECT_EQ(world.engine.commands[1].source.offer, kOffer);
  Call two_domains{"POST", "/register-username", R"({"username":"alice"})", {}};
  two_domains.key = "other-secret";
  const Response response = call(two_domains);
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(text_of(object_of(response), "detail"), HasSubstr("a.test, b.test"));
}

TEST_F(ApiTest, PreferWaitAnswersWithTheEnd) {
  struct Case {
    state::RunState state;
    std::string reason;
    unsigned status;
    std::string location;
  };
  for (const Case& c : std::vector<Case>{
           {state::RunState::kCompleted, "", 201, "/v1/names/alice@example.com"},
           {state::RunState::kRunning, "", 202, "/v1/runs/" + run_id(1).to_string()},
           {state::RunState::kPaused, "the key is wrong", 202, "/v1/runs/" + run_id(1).to_string()},
           {state::RunState::kCompensated, "not secure", 202, "/v1/runs/" + run_id(1).to_string()}}) {
    world.engine.after_wait = run_row(1, "alice@example.com", c.state);
    world.engine.after_wait->reason = c.reason;
    const Response response =
        call({"POST", "/v1/names", R"({"name":"alice@example.com"})", {{"Prefer", "wait=600"}}});
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(header_of(response, "Location"), c.location);
    EXPECT_EQ(header_of(response, "Preference-Applied"), "wait=60");
    EXPECT_EQ(text_of(object_of(response), "reason"), c.reason.empty() ? "(none)" : c.reason);
    EXPECT_EQ(world.engine.waited, std::chrono::seconds{60});
  }
  world.engine.after_wait = base::fail(base::unavailable("the daemon stops"));
  EXPECT_EQ(call({"POST", "/v1/names", R"({"name":"alice@example.com"})", {{"Prefer", "wait=1"}}}).status,
            202)
      << "the run is on disk: its id must reach the caller";
}

TEST_F(ApiTest, IdempotencyKeysGoToTheEngineWithAHashOfTheRequest) {
  const auto send = [&](std::string body, std::string key) {
    return call({"POST", "/v1/names", std::move(body), {{"Idempotency-Key", std::move(key)}}}).status;
  };
  EXPECT_EQ(send(R"({"name":"a@example.com"})", "k1"), 202U);
  EXPECT_EQ(send(R"({"name":"a@example.com"})", "k1"), 202U);
  EXPECT_EQ(send(R"({"name":"b@example.com"})", "k1"), 202U);
  ASSERT_EQ(world.engine.commands.size(), 3U);
  EXPECT_EQ(world.engine.commands[0].idempotency_key, "k1");
  EXPECT_EQ(world.engine.commands[0].request_hash,
            to_hex(sha256("POST\n/v1/names\n{\"name\":\"a@example.com\"}")));
  EXPECT_EQ(world.engine.commands[0].request_hash, world.engine.commands[1].request_hash);
  EXPECT_NE(world.engine.commands[0].request_hash, world.engine.commands[2].request_hash);
  for (const std::string& bad :
       {std::string{}, std::string(256, 'k'), std::string{"k\t1"}, std::string{"k\xff"}}) {
    EXPECT_EQ(send(R"({"name":"a@example.com"})", bad), 400U) << bad;
  }
  EXPECT_EQ(send(R"({"name":"a@example.com"})", std::string(255, 'k')), 202U);
}

// 422, as draft-ietf-httpapi-idempotency-key-header section 2.7 has it.
TEST_F(ApiTest, AKeyThatWasUsedForAnotherRequestIsUnprocessable) {
  world.engine.answer =
      base::fail(base::invalid_argument("this Idempotency-Key was used for another request"));
  const Response response =
      call({"POST", "/v1/names", R"({"name":"alice@example.com"})", {{"Idempotency-Key", "k"}}});
  EXPECT_EQ(response.status, 422U);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/problem+json");
}

TEST_F(ApiTest, ARemovalThatTurnsARegistrationBackComesWithItsState) {
  world.engine.answer = pipeline::Accepted{run_id(1), false, {"it is taken back"}};
  world.store.runs["default"] = {run_row(1, "alice@example.com", state::RunState::kCompensating)};
  const Response response = call({"DELETE", "/v1/names/alice@example.com", {}, {}});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(header_of(response, "Idempotency-Replayed"), "(none)");
  EXPECT_EQ(text_of(object_of(response), "state"), "compensating");
}

TEST_F(ApiTest, AReplayedRunComesWithItsStateOfNow) {
  world.engine.answer = pipeline::Accepted{run_id(1), true, {}};
  world.store.runs["default"] = {run_row(1, "alice@example.com", state::RunState::kCompleted)};
  const Response response =
      call({"POST", "/v1/names", R"({"name":"alice@example.com"})", {{"Idempotency-Key", "k"}}});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(header_of(response, "Idempotency-Replayed"), "true");
  EXPECT_EQ(text_of(object_of(response), "state"), "completed");
}

TEST_F(ApiTest, ANameIsShownToItsTenantOnly) {
  world.store.names["default"] = {name_row("alice@example.com")};
  state::OfferRow offer;
  offer.offer_id = "ab";
  offer.created = noon();
  world.store.offers = {offer};
  const Response response = get("/v1/names/Alice%40example.com");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "ETag"), "\"7\"");
  const json::object body = object_of(response);
  EXPECT_EQ(text_of(body, "state"), "live");
  EXPECT_FALSE(body.at("livemode").as_bool());
  EXPECT_EQ(text_of(body.at("receivable").as_object(), "state"), "unknown");
  EXPECT_EQ(body.at("revision").to_number<int>(), 7);
  EXPECT_EQ(body.at("offers").as_array().size(), 1U);
  Call other{"GET", "/v1/names/alice@example.com", {}, {}};
  other.key = "other-secret";
  EXPECT_EQ(call(other).status, 404);
  EXPECT_EQ(get("/v1/names/no-name").status, 422);
  EXPECT_EQ(get("/v1/names/alice@example.com?verbose=1").status, 400);
}

TEST_F(ApiTest, NamesComeInPages) {
  for (const char* user : {"a", "b", "c", "d", "e"}) {
    world.store.names["default"].push_back(name_row(std::string{user} + "@example.com"));
  }
  std::vector<std::string> seen;
  std::string target = "/v1/names?limit=2";
  for (int pages = 0; pages < 10; ++pages) {
    const json::object page = object_of(get(target));
    for (const json::value& item : page.at("items").as_array())
      seen.push_back(text_of(item.as_object(), "name"));
    if (page.at("next").is_null()) break;
    target = "/v1/names?limit=2&cursor=" + text_of(page, "next");
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("a@example.com", "b@example.com", "c@example.com", "d@example.com",
                                           "e@example.com"));
  for (const auto* bad : {"cursor=x", "limit=0", "limit=501", "state=dead", "stat=live"}) {
    EXPECT_EQ(get(std::string{"/v1/names?"} + bad).status, 400) << bad;
  }
  world.store.names["default"][3].state = state::NameState::kDegraded;
  EXPECT_EQ(object_of(get("/v1/names?state=degraded")).at("items").as_array().size(), 1U);
  EXPECT_EQ(object_of(get("/v1/names?domain=example.org")).at("items").as_array().size(), 0U);
}

TEST_F(ApiTest, ChangesMayNameTheRevisionThatTheyMean) {
  struct Case {
    std::string method, target, body, if_match;
    unsigned status;
    state::Verb verb;
    std::uint64_t revision;
  };
  const std::string name = "/v1/names/alice@example.com";
  for (const Case& c : std::vector<Case>{
           {"DELETE", name, "", "", 202, state::Verb::kRemove, 0},
           {"DELETE", name, "", "\"7\"", 202, state::Verb::kRemove, 7},
           {"DELETE", name, "", "*", 202, state::Verb::kRemove, 0},
           {"POST", name + "/rotate", "", "\"8\"", 202, state::Verb::kRotate, 8},
           {"POST", name + "/repair", "", "", 202, state::Verb::kRepair, 0},
           {"POST", name + "/repair", "", "\"6\"", 202, state::Verb::kRepair, 6},
           {"PUT", name + "/source", R"({"offer":"lno1x"})", "\"9\"", 202, state::Verb::kSetSource, 9},
           {"PUT", name + "/source", R"({"node":true,"revision":3})", "", 202, state::Verb::kSetSource, 3},
           {"PUT", name + "/source", R"({"node":true,"revision":3})", "\"3\"", 202, state::Verb::kSetSource,
            3},
           {"PUT", name + "/source", R"({"node":true,"revision":3})", "\"4\"", 400, {}, 0},
           {"PUT", name + "/source", R"({"node":true,"revision":0})", "", 400, {}, 0},
           {"PUT", name + "/source", R"({"node":true,"revision":-1})", "", 400, {}, 0},
           {"PUT", name + "/source", R"({"revision":1})", "", 400, {}, 0},
           {"PUT", name + "/source", "", "", 400, {}, 0},
           {"DELETE", name, "", "7", 400, {}, 0},
           {"DELETE", name, "", "W/\"7\"", 400, {}, 0},
           {"DELETE", name, "", "\"x\"", 400, {}, 0},
           {"DELETE", name, "", "\"1\", \"2\"", 400, {}, 0}}) {
    world.engine.commands.clear();
    Call with{c.method, c.target, c.body, {}};
    if (!c.if_match.empty()) with.headers.emplace_back("If-Match", c.if_match);
    EXPECT_EQ(call(with).status, c.status) << c.method << " " << c.if_match << " " << c.body;
    EXPECT_EQ(world.engine.commands.size(), c.status == 202 ? 1U : 0U);
    if (world.engine.commands.empty()) continue;
    EXPECT_EQ(world.engine.commands[0].verb, c.verb);
    EXPECT_EQ(world.engine.commands[0].expected_revision, c.revision);
  }
}

}  // namespace
}  // namespace paynamed::api
