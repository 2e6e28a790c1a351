// Moves of domains: who may ask for them, what is asked of the mover, and what is shown.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using state::MoveNameState;
using state::MovePhase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kMoves = "/v1/domains/example.com/moves";
constexpr const char* kOthers = "/v1/domains/a.test/moves";  // of the tenant other

class MovesTest : public ApiTest {
 protected:
  MovesTest() {
    view.row.domain = "example.com";
    view.row.from = "zone";
    view.row.to = "zone2";
    view.row.started = view.row.updated = noon();
    view.counts.names = 7;
    Dependencies needed = world.dependencies();
    needed.moves.plan = [this](moves::MoveRequest request) -> asio::awaitable<base::Result<moves::Plan>> {
      planned.push_back(std::move(request));
      co_return plan;
    };
    needed.moves.begin = [this](moves::MoveRequest request) -> asio::awaitable<base::Result<state::MoveRow>> {
      begun.push_back(std::move(request));
      co_return decide();
    };
    needed.moves.resume = [this](std::string domain) -> asio::awaitable<base::Result<state::MoveRow>> {
      decisions.push_back("resume " + domain);
      co_return decide();
    };
    needed.moves.undo = [this](std::string domain) -> asio::awaitable<base::Result<state::MoveRow>> {
      decisions.push_back("undo " + domain);
      co_return decide();
    };
    needed.moves.show = [this](const std::string&) { return shown; };
    service_ = std::make_unique<Service>(std::move(needed), limits, rate);
  }

  base::Result<state::MoveRow> decide() {
    if (!refusal.ok()) return base::fail(refusal);
    shown = view;
    return view.row;
  }
  json::object show() {
    shown = view;
    const Response response = get(kMoves);
    EXPECT_EQ(response.status, 200) << response.body;
    return object_of(response);
  }
  Response call_as(std::string key, std::string method, std::string target, std::string body = {}) {
    Call wanted{std::move(method), std::move(target), std::move(body), {}};
    wanted.key = std::move(key);
    return call(wanted);
  }

  moves::MoveView view;
  base::Result<std::optional<moves::MoveView>> shown{std::nullopt};
  base::Result<moves::Plan> plan;
  base::Status refusal;
  std::vector<moves::MoveRequest> planned;
  std::vector<moves::MoveRequest> begun;
  std::vector<std::string> decisions;
};

TEST_F(MovesTest, AMoveIsBegunAsItWasAskedFor) {
  const Response response =
      post(kMoves, R"({"to":"zone2","accept":["www.example.com/A","unlisted"],"servers":["192.0.2.1:53"]})");
  EXPECT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(text_of(object_of(response), "phase"), "planned");
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].domain, "example.com");
  EXPECT_EQ(begun[0].to, "zone2");
  EXPECT_THAT(begun[0].accept, ElementsAre("www.example.com/A", "unlisted"));
  EXPECT_THAT(begun[0].servers, ElementsAre("192.0.2.1:53"));
  EXPECT_THAT(planned, IsEmpty());
}

TEST_F(MovesTest, ADryRunIsAPlanAndBeginsNothing) {
  plan = moves::Plan{"zone", "zone2", "example.com.", 7, {}};
  plan->findings.problems = {"www.example.com./A is missing"};
  plan->findings.to_names = {"ns.b.test."};
  const Response response = post(kMoves, R"({"to":"zone2","dry_run":true})");
  EXPECT_EQ(response.status, 200) << response.body;
  const json::object body = object_of(response);
  EXPECT_TRUE(body.at("dry_run").as_bool());
  EXPECT_FALSE(body.at("can_start").as_bool());
  EXPECT_EQ(body.at("problems").as_array().at(0), "www.example.com./A is missing");
  EXPECT_EQ(body.at("names").as_object().at("total").to_number<int>(), 7);
  EXPECT_EQ(planned.size(), 1U);
  EXPECT_THAT(begun, IsEmpty());
}

struct BadBody {
  const char* name;
  const char* body;
  const char* says;
};

class BadMove : public MovesTest, public testing::WithParamInterface<BadBody> {};

TEST_P(BadMove, IsRefusedAndBeginsNothing) {
  const Response response = post(kMoves, GetParam().body);
  EXPECT_EQ(response.status, 400) << response.body;
  EXPECT_THAT(response.body, HasSubstr(GetParam().says));
  EXPECT_THAT(begun, IsEmpty());
  EXPECT_THAT(planned, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, BadMove,
    testing::Values(BadBody{"no_target", R"({"dry_run":true})", "to"},
                    BadBody{"other_member", R"({"to":"zone2","force":true})", "force"},
                    BadBody{"accept_is_no_list", R"({"to":"z","accept":"x/A"})", "accept"},
                    BadBody{"servers_of_numbers", R"({"to":"z","servers":[1]})", "servers"},
                    BadBody{"no_json", "to=zone2", "JSON"}),
    [](const auto& each) { return each.param.name; });

TEST_F(MovesTest, WhatTheMoverRefusesIsSaid) {
  struct Case {
    base::Status refusal;
    unsigned status;
  };
  for (const Case& c : {Case{base::already_exists("example.com is being moved"), 409},
                        Case{base::failed_precondition("port 53 is blocked"), 409},
                        Case{base::not_found("there is no domain example.com"), 404}}) {
    refusal = c.refusal;
    for (const Response& response :
         {post(kMoves, R"({"to":"zone2"})"), post(std::string{kMoves} + "/undo", ""),
          post(std::string{kMoves} + "/resume", "")}) {
      EXPECT_EQ(response.status, c.status);
      EXPECT_EQ(text_of(object_of(response), "detail"), c.refusal.message());
    }
  }
  plan = base::fail(base::unavailable("no server of the parent answers"));
  EXPECT_EQ(post(kMoves, R"({"to":"zone2","dry_run":true})").status, 503);
}

TEST_F(MovesTest, ADecisionIsAnsweredWithTheMove) {
  view.row.phase = MovePhase::kUndoing;
  for (const char* verb : {"resume", "undo"}) {
    const Response response = post(std::string{kMoves} + "/" + verb, "");
    EXPECT_EQ(response.status, 202) << response.body;
    EXPECT_EQ(text_of(object_of(response), "phase"), "undoing");
  }
  EXPECT_THAT(decisions, ElementsAre("resume example.com", "undo example.com"));
}

TEST_F(MovesTest, OnlyTheOperatorMovesAndEachTenantSeesItsDomains) {
  for (const char* path : {"", "/resume", "/undo"}) {
    const std::string body = *path == '\0' ? R"({"to":"zone2"})" : "";
    EXPECT_EQ(call_as("other-secret", "POST", std::string{kOthers} + path, body).status, 403) << path;
    EXPECT_EQ(call_as("other-secret", "POST", std::string{kMoves} + path, body).status, 404) << path;
    EXPECT_EQ(call_as("", "POST", std::string{kMoves} + path, body).status, 401) << path;
  }
  EXPECT_THAT(begun, IsEmpty());
  EXPECT_THAT(decisions, IsEmpty());
  shown = view;
  EXPECT_EQ(call_as("other-secret", "GET", kOthers).status, 200);
  EXPECT_EQ(call_as("other-secret", "GET", kMoves).status, 404);
  EXPECT_EQ(call_as("", "GET", kMoves).status, 401);
  EXPECT_EQ(call_as("secret", "GET", kOthers).status, 200);
  EXPECT_EQ(get("/v1/domains/nowhere.test/moves").status, 404);
}

TEST_F(MovesTest, OtherTenantsSeeNoNamesAndNoServers) {
  view.row.domain = "a.test";
  view.row.pause = "alice@a.test: another value stands there";
  view.details.problems = {view.row.pause};
  view.details.trouble = "bob@a.test is at work";
  view.details.to_servers = {"192.0.2.1:53"};
  for (const MovePhase phase :
       {MovePhase::kCopying, MovePhase::kDual, MovePhase::kFinished, MovePhase::kUndone}) {
    view.row.phase = phase;
    shown = view;
    const Response response = call_as("other-secret", "GET", kOthers);
    EXPECT_EQ(response.status, 200);
    for (const char* secret : {"alice", "bob", "zone2", "192.0.2.1"})
      EXPECT_THAT(response.body, testing::Not(HasSubstr(secret))) << state::to_string(phase);
    const json::object body = object_of(response);
    EXPECT_EQ(text_of(body, "phase"), state::to_string(phase));
    EXPECT_EQ(text_of(body, "started"), "2026-11-23T12:00:00.000Z");
    EXPECT_NE(text_of(body, "next"), "");
  }
}

TEST_F(MovesTest, ADomainThatWasNeverMovedHasNoMove) {
  const Response response = get(kMoves);
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("never moved"));
}

TEST_F(MovesTest, ItIsNotDeletedButUndone) {
  EXPECT_EQ(call_as("secret", "DELETE", kMoves).status, 405);
}

TEST_F(MovesTest, ProgressCountsWhatThePhaseDoes) {
  const auto count = [this](MoveNameState state) -> std::uint64_t& {
    return view.counts.by_state[static_cast<std::size_t>(state)];
  };
  count(MoveNameState::kCopied) = 2;
  count(MoveNameState::kFound) = 1;
  count(MoveNameState::kLeft) = 4;
  count(MoveNameState::kKept) = 1;
  struct Case {
    MovePhase phase;
    int done;
  };
  for (const Case& c :
       {Case{MovePhase::kCopying, 3}, Case{MovePhase::kVerifying, 7}, Case{MovePhase::kDual, 7},
        Case{MovePhase::kWithdrawing, 5}, Case{MovePhase::kUndoing, 5}}) {
    view.row.phase = c.phase;
    const json::object names = show().at("names").as_object();
    EXPECT_EQ(names.at("done").to_number<int>(), c.done) << state::to_string(c.phase);
    EXPECT_EQ(names.at("total").to_number<int>(), 7);
  }
}

TEST_F(MovesTest, TheCountdownIsShownAndNeverBelowZero) {
  view.row.phase = MovePhase::kDraining;
  view.details.drain_because = "the NS set at the parent (60 s)";
  view.details.drain_until = noon() + std::chrono::milliseconds{1'500};
  json::object body = show();
  EXPECT_EQ(body.at("seconds_left").to_number<int>(), 2);
  EXPECT_THAT(text_of(body, "next"), HasSubstr("the NS set at the parent"));
  view.details.drain_until = noon() - std::chrono::seconds{5};
  EXPECT_EQ(show().at("seconds_left").to_number<int>(), 0);
  view.row.phase = MovePhase::kDual;
  EXPECT_TRUE(show().at("seconds_left").is_null());
}

TEST_F(MovesTest, APauseSaysWhyAndHowToGoOn) {
  view.row.phase = MovePhase::kVerifying;
  EXPECT_TRUE(show().at("paused").is_null());
  view.row.pause = "www.example.com./A is missing";
  const json::object body = show();
  EXPECT_EQ(text_of(body, "paused"), view.row.pause);
  EXPECT_THAT(text_of(body, "next"), HasSubstr("--resume"));
}

}  // namespace
}  // namespace paynamed::api
