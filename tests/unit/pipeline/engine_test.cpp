// The promises of a run (design 6), one case a promise.
#include "pipeline/saga_engine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/pipeline/engine_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::RunState;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Script::Perform fails(Code code, bool effect_unknown = false, bool pause = false) {
  return [=](const StepContext&) -> StepResult {
    return Failure{base::Status{code, "it did not work"}, effect_unknown, pause};
  };
}

Script::Undo undo_fails(Code code) {
  return [=](const StepContext&) -> UndoResult {
    return Failure{base::Status{code, "it could not be taken back"}, false, false};
  };
}

struct EngineTest : EngineFixture {
  bool a_ran = false;
  void SetUp() override { start(); }
  base::Uuid accepted(const std::string& name = "alice@example.test") {
    auto answer = submit(name);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? answer->run : base::Uuid{};
  }
};

TEST_F(EngineTest, RunsEveryStepInOrderAndCompletes) {
  const auto run = accepted();
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  EXPECT_THAT(script.seen(), ElementsAre("prepare offer", "perform offer", "prepare a", "perform a",
                                         "prepare b", "perform b", "prepare c", "perform c"));
  EXPECT_THAT(event_types(), ElementsAre("run.accepted", "run.completed"));
}

TEST_F(EngineTest, ANodeIsTheOneThatItsOwnerMayUse) {
  crash();
  std::vector<std::string> asked;
  node_reference = [&](const std::string& tenant, const std::string& owner, const std::string& instance,
                       const std::string& node) -> base::Result<std::string> {
    asked.push_back(tenant + " " + owner + " " + instance + " " + node);
    if (owner != "o1") return base::fail(base::permission_denied("it is another owner's"));
    return std::string("https://a:1");
  };
  start();
  Command wanted = command("alice@example.test");
  wanted.owner = "o1";
  wanted.source.node = "the-id";
  const auto accepted_run = await(engine->submit(wanted));
  ASSERT_TRUE(accepted_run) << accepted_run.error().to_string();
  EXPECT_EQ(asked, std::vector<std::string>{"default o1 node the-id"});
  EXPECT_NE(store->load_run(1).value().value().input.find("https://a:1"), std::string::npos);
  settle(accepted_run->run);
  Command refused = command("bob@example.test");
  refused.source.node = "the-id";
  EXPECT_EQ(await(engine->submit(refused)).error().code(), Code::kPermissionDenied);
  Command plain = command("carol@example.test");
  EXPECT_TRUE(await(engine->submit(plain)));
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(EngineTest, EveryAttemptHasTheSameKey) {
  script.performs["a"] = {fails(Code::kUnavailable), fails(Code::kUnavailable)};
  const auto run = accepted();
  while (settle(run).state == RunState::kRunning) advance(base::Duration{60'000});
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  const std::string key = run.to_string() + "/a/1";
  EXPECT_EQ(std::count(script.keys.begin(), script.keys.end(), key), 3);
}

TEST_F(EngineTest, ATerminalFailureTakesBackWhatWasDoneInReverse) {
  script.performs["c"] = {fails(Code::kFailedPrecondition)};
  const auto run = accepted();
  const auto row = settle(run);
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("step 'c': it did not work"));
  const auto calls = script.seen();
  EXPECT_THAT(std::vector(calls.end() - 3, calls.end()), ElementsAre("undo b", "undo a", "undo offer"));
  EXPECT_THAT(event_types(), ElementsAre("run.accepted", "run.compensating", "run.compensated"));
}

TEST_F(EngineTest, AStepThatGivesMoreThanCanBeStoredIsTakenBack) {
  const auto gives = [](std::size_t outputs, std::size_t data) -> Script::Perform {
    return [=](const StepContext& context) -> StepResult {
      Done done;
      done.outputs["made"] = std::string(outputs, 'x');
      state::NewEvent event;
      event.type = "custom.made";
      event.subject = context.input.name.text();
      // As event.emit makes them.
      event.data = fmt::format(R"({{"run":"{}","name":"{}","of":"{}"}})", context.run.to_string(),
                               context.input.name.text(), std::string(data, 'x'));
      done.events.push_back(std::move(event));
      return done;
    };
  };
  for (const auto& too_much : {gives(2 << 20, 1), gives(1, 100 << 10)}) {
    script.performs["b"] = {too_much};
    script.calls.clear();
    const auto row = settle(accepted());
    EXPECT_EQ(row.state, RunState::kCompensated);
    EXPECT_THAT(row.reason, HasSubstr("more than"));
    EXPECT_THAT(script.seen(), Contains("undo b")) << "it may have done something";
  }
  script.performs["b"] = {gives(100 << 10, 10 << 10)};
  EXPECT_EQ(settle(accepted()).state, RunState::kCompleted);
}

TEST_F(EngineTest, ACompensatedRegistrationFreesTheName) {
  script.performs["a"] = {fails(Code::kInvalidArgument)};
  settle(accepted());
  EXPECT_FALSE(store->find_name("default", "alice@example.test").value());
  EXPECT_EQ(settle(accepted()).state, RunState::kCompleted);
}

TEST_F(EngineTest, AnUndoIsCalledAlsoWhenTheOutcomeIsUnknown) {
  script.performs["a"] = {fails(Code::kUnknown, true), fails(Code::kInvalidArgument)};
  const auto run = accepted();
  settle(run);
  advance(base::Duration{60'000});
  EXPECT_EQ(settle(run).state, RunState::kCompensated);
  EXPECT_THAT(script.seen(), Contains("undo a"));
}

TEST_F(EngineTest, NothingIsTakenBackOfAStepThatSurelyDidNothing) {
  script.performs["a"] = {fails(Code::kPermissionDenied)};
  settle(accepted());
  EXPECT_THAT(script.seen(), Not(Contains("undo a")));
  EXPECT_THAT(script.seen(), Contains("undo offer"));
}

struct Exhaustion {
  const char* name;
  config::Step::OnExhausted on_exhausted;
  Code code;
  RunState expected;
  int attempts;
};

class ExhaustionTest : public EngineFixture, public testing::WithParamInterface<Exhaustion> {};

TEST_P(ExhaustionTest, EndsAsThePipelineSays) {
  auto step = step_of("a");
  step.on_exhausted = GetParam().on_exhausted;
  step.retry.attempts = 3;
  use_pipeline({step});
  start();
  for (int i = 0; i < 10; ++i) script.performs["a"].push_back(fails(GetParam().code));
  const auto answer = submit("alice@example.test");
  ASSERT_TRUE(answer);
  while (settle(answer->run).state == RunState::kRunning) advance(base::Duration{60'000});
  EXPECT_EQ(settle(answer->run).state, GetParam().expected);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), GetParam().attempts);
}

INSTANTIATE_TEST_SUITE_P(
    , ExhaustionTest,
    testing::Values(Exhaustion{"TransientPauses", config::Step::OnExhausted::kPause, Code::kUnavailable,
                               RunState::kPaused, 3},
                    Exhaustion{"TransientCompensates", config::Step::OnExhausted::kCompensate,
                               Code::kUnavailable, RunState::kCompensated, 3},
                    Exhaustion{"CredentialsPauseAtOnce", config::Step::OnExhausted::kPause,
                               Code::kUnauthenticated, RunState::kPaused, 1},
                    Exhaustion{"CredentialsCompensateAtOnce", config::Step::OnExhausted::kCompensate,
                               Code::kUnauthenticated, RunState::kCompensated, 1}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_F(EngineTest, APausedRunGoesOnWhereItStood) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  ASSERT_TRUE(resume(run));
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), 1);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform b"), 2);
  EXPECT_THAT(event_types(), ElementsAre("run.accepted", "run.paused", "run.resumed", "run.completed"));
}

TEST_F(EngineTest, APausedRunSurvivesARestartAndCanBeCancelled) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  settle(run);
  crash();
  start();
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(settle(run).state, RunState::kCompensated);
  EXPECT_THAT(script.seen(), Contains("undo a"));
}

TEST_F(EngineTest, ACancellationOfAStepInProgressIsAnsweredAsDone) {
  std::optional<base::Result<void>> cancelled;
  base::Uuid run;
  script.performs["b"] = {[&](const StepContext&) -> StepResult {
    boost::asio::co_spawn(
        io, engine->cancel("default", run),
        [&](std::exception_ptr, base::Result<void> result) { cancelled = std::move(result); });
    return Done{};
  }};
  run = accepted();
  pump([&] { return cancelled.has_value(); });
  EXPECT_TRUE(*cancelled) << cancelled->error().message();
  EXPECT_EQ(settle(run).state, RunState::kCompensated);
}

TEST_F(EngineTest, AWaitUsesNoAttemptAndGoesOnAtItsTime) {
  int looks = 0;
  const Script::Perform waits = [&](const StepContext& context) -> StepResult {
    ++looks;
    return Wait{context.now + base::Duration{10'000}, "not yet", {}};
  };
  for (int i = 0; i < 20; ++i) script.performs["a"].push_back(waits);
  const auto run = accepted();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(settle(run).state, RunState::kRunning);
    EXPECT_EQ(view(run).steps[1].message, "not yet");
    advance(base::Duration{10'000});
  }
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  EXPECT_EQ(looks, 20);
}

// Many runs share an account's rate: most are told to come again, often more than once, and none has failed.
TEST_F(EngineTest, WhoIsToldWhenToComeAgainUsesNoTry) {
  auto step = step_of("a");
  step.retry.attempts = 3;
  use_pipeline({step});
  const Script::Perform no_turn = [](const StepContext&) -> StepResult {
    return Failure{base::Status{Code::kResourceExhausted, "no turn yet"}.with_retry_after(7'000), false,
                   false};
  };
  for (int i = 0; i < 20; ++i) script.performs["a"].push_back(no_turn);
  script.performs["a"].push_back(fails(Code::kUnavailable));
  const auto run = accepted();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(settle(run).state, RunState::kRunning);
    if (i == 10) {  // also what the journal says
      crash();
      start();
    }
    advance(base::Duration{7'000});
  }
  EXPECT_EQ(settle(run).state, RunState::kRunning) << "what counts is counted from the start";
  advance(base::Duration{60'000});
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), 22);
}

TEST_F(EngineTest, WhoIsTurnedAwayForEverEndsAtTheDeadline) {
  auto step = step_of("a");
  step.deadline = base::Duration{30'000};
  use_pipeline({step});
  const Script::Perform no_turn = [](const StepContext&) -> StepResult {
    return Failure{base::Status{Code::kResourceExhausted, "no turn yet"}.with_retry_after(1), false, false};
  };
  for (int i = 0; i < 100; ++i) script.performs["a"].push_back(no_turn);
  const auto run = accepted();
  while (settle(run).state == RunState::kRunning) advance(base::Duration{1'000});
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  const auto calls = script.seen();
  // Not sooner than each second, also when the instance says so.
  EXPECT_LE(std::count(calls.begin(), calls.end(), "perform a"), 31);
}

// Who does not say when counts as a failure.
TEST_F(EngineTest, RefusalsWithoutATimeUseTries) {
  auto step = step_of("a");
  step.retry.attempts = 3;
  use_pipeline({step});
  for (int i = 0; i < 10; ++i) script.performs["a"].push_back(fails(Code::kResourceExhausted));
  const auto run = accepted();
  while (settle(run).state == RunState::kRunning) advance(base::Duration{60'000});
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), 3);
}

TEST_F(EngineTest, AWaitSurvivesARestart) {
  script.performs["a"] = {[](const StepContext& context) -> StepResult {
    boost::json::object state;
    state["seen"] = 7;
    return Wait{context.now + base::Duration{10'000}, "not yet", state};
  }};
  std::int64_t seen = 0;
  script.performs["a"].push_back([&](const StepContext& context) -> StepResult {
    seen = context.step_progress().wait_state.at("seen").as_int64();
    return Done{};
  });
  const auto run = accepted();
  settle(run);
  crash();
  start();
  EXPECT_EQ(seen, 0);
  advance(base::Duration{10'000});
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  EXPECT_EQ(seen, 7);
}

TEST_F(EngineTest, AStepThatWaitsBeyondItsDeadlineEnds) {
  auto step = step_of("a");
  step.deadline = base::Duration{30'000};
  use_pipeline({step});
  const Script::Perform waits = [](const StepContext& context) -> StepResult {
    return Wait{context.now + base::Duration{10'000}, "ns2 has it not", {}};
  };
  for (int i = 0; i < 20; ++i) script.performs["a"].push_back(waits);
  const auto run = accepted();
  while (settle(run).state == RunState::kRunning) advance(base::Duration{10'000});
  const auto row = settle(run);
  EXPECT_EQ(row.state, RunState::kPaused);
  EXPECT_THAT(row.reason, HasSubstr("30s"));
  EXPECT_THAT(row.reason, HasSubstr("ns2 has it not"));
}

TEST_F(EngineTest, AnUndoIsTriedUntilItWorks) {
  script.performs["b"] = {fails(Code::kInvalidArgument)};
  for (int i = 0; i < 12; ++i) script.undos["a"].push_back(undo_fails(Code::kUnavailable));
  const auto run = accepted();
  int hours = 0;
  while (settle(run).state == RunState::kCompensating && hours < 100) {
    advance(base::Duration{3'600'000});
    ++hours;
  }
  EXPECT_EQ(settle(run).state, RunState::kCompensated);
}

Script::Perform held() {
  return [](const StepContext&) -> StepResult {
    return Failure{base::unavailable("the zone is not called").with_retry_after(15'000).with_deferral("zone"),
                   false, false};
  };
}

// The retry budget has five attempts.
TEST_F(EngineTest, WhatIsHeldWaitsAndSpendsNoAttempts) {
  for (int i = 0; i < 20; ++i) script.performs["a"].push_back(held());
  const auto run = accepted();
  EXPECT_EQ(rest(run).state, RunState::kRunning);
  StepView step = view(run).steps[1];
  EXPECT_EQ(step.state, StepView::State::kWaiting);
  EXPECT_EQ(step.message, "the zone is not called");
  EXPECT_EQ(step.attempts, 0U);
  ASSERT_TRUE(step.until);
  EXPECT_GE(*step.until, clock.wall() + base::Duration{15'000});
  advance(base::Duration{19'000});
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), 21);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "prepare a"), 1);
  EXPECT_EQ(std::count(script.keys.begin(), script.keys.end(), run.to_string() + "/a/1"), 21) << "one key";
}

TEST_F(EngineTest, WhatIsHeldDoesNotForgetTheFailuresOfBefore) {
  for (int i = 0; i < 4; ++i) {
    script.performs["a"].push_back(fails(Code::kUnavailable));
    script.performs["a"].push_back(held());
  }
  script.performs["a"].push_back(fails(Code::kUnavailable));
  EXPECT_EQ(drive(accepted()).state, RunState::kPaused);
}

TEST_F(EngineTest, WhatIsHeldIsNotTakenBackAndStillMayBeCancelled) {
  for (int i = 0; i < 5; ++i) script.performs["a"].push_back(held());
  const auto run = accepted();
  rest(run);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(rest(run).state, RunState::kCompensated);
  EXPECT_THAT(script.seen(), Not(Contains("perform b")));
}

// Its deadline is an hour, and each wait at least 15 s: five hours.
TEST_F(EngineTest, BeingHeldIsNoPartOfAStepsDeadline) {
  for (int i = 0; i < 1'000; ++i) script.performs["a"].push_back(held());
  script.performs["a"].push_back(fails(Code::kUnavailable));
  EXPECT_EQ(drive(accepted()).state, RunState::kCompleted);
}

TEST_F(EngineTest, TheDeadlineOfAStepCountsAgainWhenItIsNotHeld) {
  for (int i = 0; i < 300; ++i) script.performs["a"].push_back(held());
  for (int i = 0; i < 3; ++i) {
    script.performs["a"].push_back([](const StepContext&) -> StepResult {
      return Failure{base::unavailable("nobody answers").with_retry_after(2'000'000), false, false};
    });
  }
  const auto row = drive(accepted());
  EXPECT_EQ(row.state, RunState::kPaused);
  EXPECT_THAT(row.reason, HasSubstr("nobody answers"));
}

TEST_F(EngineTest, WhileItIsRefusedTheJournalDoesNotGrow) {
  bool open = true;
  refusal = [&open](std::string_view instance) -> std::optional<base::Status> {
    if (!open || instance != "zone") return std::nullopt;
    return base::unavailable("the zone is still not called").with_retry_after(15'000).with_deferral("zone");
  };
  crash();
  start();
  script.performs["a"] = {held()};
  const auto run = accepted();
  rest(run);
  const auto entries = [&] { return store->open_runs(0, 10)->front().journal.size(); };
  const auto before = entries();
  for (int i = 0; i < 20; ++i) {
    advance(base::Duration{19'000});
    rest(run);
  }
  EXPECT_EQ(entries(), before);
  EXPECT_EQ(view(run).steps[1].message, "the zone is still not called");
  EXPECT_EQ(view(run).steps[1].attempts, 0U);
  open = false;
  advance(base::Duration{19'000});
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

TEST_F(EngineTest, WhatMayHaveActedBeforeItWasHeldIsTakenBack) {
  script.performs["a"].push_back([](const StepContext&) -> StepResult {
    return Failure{base::unavailable("the second zone is not called").with_deferral("second"), true, false};
  });
  const auto run = accepted();
  rest(run);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(rest(run).state, RunState::kCompensated);
  EXPECT_THAT(script.seen(), Contains("undo a"));
}

TEST_F(EngineTest, AHeldRunGoesOnAfterARestart) {
  for (int i = 0; i < 3; ++i) script.performs["a"].push_back(held());
  const auto run = accepted();
  rest(run);
  crash();
  start();
  EXPECT_EQ(view(run).steps[1].state, StepView::State::kWaiting);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_THAT(script.seen(), Not(Contains("undo a")));
}

TEST_F(EngineTest, AHeldPreparationWaitsToo) {
  script.prepare_failures["b"] =
      base::unavailable("the zone is not called").with_retry_after(15'000).with_deferral("zone");
  const auto run = accepted();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(rest(run).state, RunState::kRunning);
    advance(base::Duration{20'000});
  }
  script.prepare_failures.clear();
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

TEST_F(EngineTest, AHeldUndoWaitsWithoutSpendingTries) {
  script.performs["b"] = {fails(Code::kInvalidArgument)};
  const auto undo_held = [](const StepContext&) -> UndoResult {
    return Failure{base::unavailable("the zone is not called").with_retry_after(15'000).with_deferral("zone"),
                   false, false};
  };
  for (int i = 0; i < 12; ++i) script.undos["a"].push_back(undo_held);
  const auto run = accepted();
  // Each wait is that of who refused and not the doubled one of an undo that fails.
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(rest(run).state, RunState::kCompensating);
    advance(base::Duration{19'000});
  }
  EXPECT_EQ(rest(run).state, RunState::kCompensated);
}

TEST_F(EngineTest, AnUndoThatCannotWorkPausesAndKeepsTheName) {
  script.performs["b"] = {fails(Code::kInvalidArgument)};
  script.undos["a"] = {undo_fails(Code::kPermissionDenied)};
  const auto run = accepted();
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  const auto again = submit("alice@example.test");
  ASSERT_FALSE(again);
  ASSERT_TRUE(resume(run));
  EXPECT_EQ(settle(run).state, RunState::kCompensated);
}

TEST_F(EngineTest, ACallThatIsStillOpenPausesTheRun) {
  script.performs["a"] = {fails(Code::kDeadlineExceeded, true, true)};
  const auto run = accepted();
  EXPECT_EQ(settle(run).state, RunState::kPaused);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "perform a"), 1);
}

TEST_F(EngineTest, ALostCompareAndSetReadsAgain) {
  script.performs["a"] = {fails(Code::kAborted)};
  const auto run = accepted();
  settle(run);
  advance(base::Duration{60'000});
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
  const auto calls = script.seen();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "prepare a"), 2);
}

TEST_F(EngineTest, OneOpenRunAName) {
  script.performs["a"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  settle(run);
  const auto second = submit("alice@example.test");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().detail() + second.error().message(), HasSubstr(run.to_string()));
  EXPECT_TRUE(submit("bob@example.test"));
}

TEST_F(EngineTest, WaitEndsWithTheRun) {
  const auto run = accepted();
  const auto row = await(engine->wait("default", run, base::Duration{60'000}));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->state, RunState::kCompleted);
  EXPECT_EQ(await(engine->wait("default", base::Uuid{}, base::Duration{1})).error().code(), Code::kNotFound);
  EXPECT_EQ(await(engine->wait("other", run, base::Duration{1})).error().code(), Code::kNotFound);
}

TEST_F(EngineTest, AnotherTenantSeesNothingOfARun) {
  script.performs["a"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  settle(run);
  EXPECT_EQ(await(engine->resume("other", run)).error().code(), Code::kNotFound);
  EXPECT_EQ(await(engine->cancel("other", run)).error().code(), Code::kNotFound);
  EXPECT_EQ(engine->view("other", run).error().code(), Code::kNotFound);
}

TEST_F(EngineTest, RefusesWhatTheConfigurationDoesNotAllow) {
  EXPECT_EQ(submit("alice@elsewhere.test").error().code(), Code::kNotFound);
  runtime->config.domains[0].tenants[0].value = "somebody";
  EXPECT_EQ(submit("alice@example.test").error().code(), Code::kPermissionDenied);
}

TEST_F(EngineTest, StopsBetweenStepsAndGoesOnAfterARestart) {
  script.performs["a"] = {[&](const StepContext&) -> StepResult {
    a_ran = true;
    return Done{};
  }};
  const auto run = accepted();
  pump([&] { return a_ran; });
  EXPECT_TRUE(await(engine->stop(base::Duration{10'000})));
  EXPECT_FALSE(submit("bob@example.test"));
  crash();
  start();
  EXPECT_EQ(settle(run).state, RunState::kCompleted);
}

}  // namespace
}  // namespace paynamed::pipeline
