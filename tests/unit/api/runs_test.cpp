// Runs: lists, timelines, and the two decisions about them.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

TEST_F(ApiTest, ARunIsATimeline) {
  pipeline::RunView view;
  view.row = run_row(1, "alice@example.com", state::RunState::kRunning);
  pipeline::StepView step;
  step.id = "await";
  step.kind = "dns.await";
  step.state = pipeline::StepView::State::kWaiting;
  step.attempts = 2;
  step.started = noon();
  step.until = noon() + std::chrono::seconds{1};
  step.message = "2 of 3 servers have it";
  step.outputs = R"({"servers":3})";
  view.steps = {step};
  step.outputs = "{broken";
  view.steps.push_back(step);
  world.engine.views["default" + run_id(1).to_string()] = view;

  const Response response = get("/v1/runs/" + run_id(1).to_string());
  EXPECT_EQ(response.status, 200);
  const json::object body = object_of(response);
  EXPECT_EQ(text_of(body, "state"), "running");
  EXPECT_TRUE(body.at("reason").is_null());
  const json::object first = body.at("steps").as_array().at(0).as_object();
  EXPECT_EQ(text_of(first, "state"), "waiting");
  EXPECT_EQ(text_of(first, "message"), "2 of 3 servers have it");
  EXPECT_EQ(text_of(first, "until"), "2026-11-23T12:00:01.000Z");
  EXPECT_TRUE(first.at("finished").is_null());
  EXPECT_EQ(first.at("outputs").as_object().at("servers").to_number<int>(), 3);
  EXPECT_TRUE(body.at("steps").as_array().at(1).as_object().at("outputs").as_object().empty());

  Call other{"GET", "/v1/runs/" + run_id(1).to_string(), {}, {}};
  other.key = "other-secret";
  EXPECT_EQ(call(other).status, 404);
  EXPECT_EQ(get("/v1/runs/17").status, 404);
}

TEST_F(ApiTest, RunsComeInPagesNewestFirst) {
  for (std::uint8_t id = 5; id > 0; --id) {
    world.store.runs["default"].push_back(run_row(id, "a@example.com", state::RunState::kCompleted));
  }
  world.store.runs["default"][0].state = state::RunState::kPaused;
  std::vector<std::string> seen;
  std::string target = "/v1/runs?limit=2";
  for (int pages = 0; pages < 10; ++pages) {
    const json::object page = object_of(get(target));
    for (const json::value& item : page.at("items").as_array())
      seen.push_back(text_of(item.as_object(), "id"));
    if (page.at("next").is_null()) break;
    target = "/v1/runs?limit=2&cursor=" + text_of(page, "next");
  }
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen.front(), run_id(5).to_string());
  EXPECT_EQ(seen.back(), run_id(1).to_string());
  EXPECT_EQ(object_of(get("/v1/runs?state=paused")).at("items").as_array().size(), 1U);
  EXPECT_EQ(object_of(get("/v1/runs?name=A%40example.com")).at("items").as_array().size(), 5U);
  EXPECT_EQ(get("/v1/runs?state=dead").status, 400);
  EXPECT_EQ(get("/v1/runs?name=x").status, 422);
  EXPECT_EQ(get("/v1/runs?cursor=x").status, 400);
}

TEST_F(ApiTest, RunsAreResumedAndCancelled) {
  pipeline::RunView view;
  view.row = run_row(1, "a@example.com", state::RunState::kRunning);
  world.engine.views["default" + run_id(1).to_string()] = view;
  const std::string run = "/v1/runs/" + run_id(1).to_string();
  EXPECT_EQ(post(run + "/resume", "").status, 202);
  EXPECT_EQ(post(run + "/cancel", "").status, 202);
  EXPECT_THAT(world.engine.decisions, ::testing::ElementsAre("resume default " + run_id(1).to_string(),
                                                             "cancel default " + run_id(1).to_string()));
  world.engine.decision = base::fail(base::failed_precondition("the run is not paused"));
  EXPECT_EQ(post(run + "/resume", "").status, 409);
  EXPECT_EQ(post(run + "/cancel", "").status, 409);
  EXPECT_EQ(post("/v1/runs/x/resume", "").status, 404);
}

}  // namespace
}  // namespace paynamed::api
