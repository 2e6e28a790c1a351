// What callers, timers, restarts and the clock do to a run that is at work.
#include <gmock/gmock.h>

#include "tests/unit/pipeline/engine_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using base::Duration;
using state::RunState;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Script::Perform fails(Code code) {
  return [=](const StepContext&) -> StepResult { return Failure{base::Status{code, "it did not work"}}; };
}

Script::Perform waits(Duration time) {
  return [=](const StepContext& context) -> StepResult { return Wait{context.now + time, "not yet", {}}; };
}

struct ControlTest : EngineFixture {
  void SetUp() override { start(); }
  base::Uuid accepted(const std::string& name = "alice@example.test") {
    auto answer = submit(name);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? answer->run : base::Uuid{};
  }
  // A run whose step b is at work for `time`.
  base::Uuid at_work(Duration time = Duration{5'000}) {
    script.takes["b"] = time;
    const auto run = accepted();
    pump([&] { return script.at_work == 1; });
    return run;
  }
  long count(const std::string& what) {
    const auto seen = script.seen();
    return std::count(seen.begin(), seen.end(), what);
  }
  long events(const std::string& type) {
    const auto types = event_types();
    return std::count(types.begin(), types.end(), type);
  }
};

TEST_F(ControlTest, ACancelWhileAStepIsAtWorkTakesEffectAfterIt) {
  const auto run = at_work();
  const auto cancelled = begin(engine->cancel("default", run));
  io.poll();
  EXPECT_FALSE(cancelled->has_value());
  EXPECT_EQ(count("undo a"), 0);
  clock.advance(Duration{5'000});
  pump([&] { return cancelled->has_value(); });
  EXPECT_TRUE(**cancelled) << (*cancelled)->error().to_string();
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(count("perform c"), 0);
  EXPECT_EQ(count("undo b"), 1);
  EXPECT_EQ(count("undo a"), 1);
}

TEST_F(ControlTest, ACancelWhoseUndoHasToBeRepeatedIsDone) {
  script.undos["b"] = {
      [](const StepContext&) -> UndoResult { return Failure{base::unavailable("not now")}; }};
  const auto run = at_work();
  const auto cancelled = begin(engine->cancel("default", run));
  io.poll();
  clock.advance(Duration{5'000});
  pump([&] { return cancelled->has_value(); });
  EXPECT_TRUE(**cancelled) << (*cancelled)->error().to_string();
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
}

TEST_F(ControlTest, ACancelWhileTheStepThatWillPauseIsAtWorkTurnsTheRunBack) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = at_work();
  const auto cancelled = begin(engine->cancel("default", run));
  io.poll();
  clock.advance(Duration{5'000});
  pump([&] { return cancelled->has_value(); });
  EXPECT_TRUE(**cancelled) << (*cancelled)->error().to_string();
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(count("undo a"), 1);
}

TEST_F(ControlTest, ACancelThatComesAfterTheLastStepSaysThatTheRunIsCompleted) {
  script.takes["c"] = Duration{5'000};
  const auto run = accepted();
  pump([&] { return script.at_work == 1; });
  const auto first = begin(engine->cancel("default", run));
  io.poll();
  clock.advance(Duration{5'000});
  pump([&] { return first->has_value(); });
  const auto row = drive(run);
  // Either way the answer is what happened.
  EXPECT_EQ((*first)->has_value(), row.state == RunState::kCompensated);
  const auto late = cancel(run);
  EXPECT_EQ(late.error().code(), Code::kFailedPrecondition);
}

TEST_F(ControlTest, ACancelDoesNotWaitForEverButIsRemembered) {
  const auto run = at_work(Duration{60'000});
  const auto cancelled = begin(engine->cancel("default", run));
  io.poll();
  clock.advance(Duration{20'000});
  pump([&] { return cancelled->has_value(); });
  EXPECT_EQ((*cancelled)->error().code(), Code::kUnavailable);
  clock.advance(Duration{40'000});
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(count("perform c"), 0);
}

TEST_F(ControlTest, ACancelAndTheTimerOfAWaitMeet) {
  script.performs["b"] = {waits(Duration{10'000})};
  const auto run = accepted();
  rest(run);
  const auto cancelled = begin(engine->cancel("default", run));
  clock.advance(Duration{10'000});
  pump([&] { return cancelled->has_value(); });
  EXPECT_TRUE(**cancelled);
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(events("run.compensating"), 1);
  EXPECT_EQ(events("run.compensated"), 1);
  EXPECT_EQ(count("perform b"), 1);
}

TEST_F(ControlTest, TheTimerOfAWaitAndACancelMeet) {
  script.performs["b"] = {waits(Duration{10'000})};
  const auto run = accepted();
  rest(run);
  clock.advance(Duration{10'000});
  const auto cancelled = begin(engine->cancel("default", run));
  pump([&] { return cancelled->has_value(); });
  const auto row = drive(run);
  EXPECT_EQ((*cancelled)->has_value(), row.state == RunState::kCompensated);
  EXPECT_EQ(events("run.compensated") + events("run.completed"), 1);
}

TEST_F(ControlTest, AResumeOfAWaitingRunIsRefusedAndItGoesOnAtItsTime) {
  script.performs["b"] = {waits(Duration{10'000})};
  const auto run = accepted();
  rest(run);
  clock.advance(Duration{10'000});
  EXPECT_EQ(resume(run).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

TEST_F(ControlTest, OneOfTwoResumesWins) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  EXPECT_EQ(rest(run).state, RunState::kPaused);
  const auto first = begin(engine->resume("default", run));
  const auto second = begin(engine->resume("default", run));
  pump([&] { return first->has_value() && second->has_value(); });
  EXPECT_TRUE(**first);
  EXPECT_EQ((*second)->error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(events("run.resumed"), 1);
  EXPECT_EQ(count("perform b"), 2);
}

TEST_F(ControlTest, ACancelThatMeetsAResumeTurnsTheRunBackOrSaysThatItEnded) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  EXPECT_EQ(rest(run).state, RunState::kPaused);
  const auto resumed = begin(engine->resume("default", run));
  const auto cancelled = begin(engine->cancel("default", run));
  pump([&] { return resumed->has_value() && cancelled->has_value(); });
  EXPECT_TRUE(**resumed);
  const auto row = drive(run);
  EXPECT_FALSE(state::is_open(row.state));
  EXPECT_EQ((*cancelled)->has_value(), row.state == RunState::kCompensated);
}

TEST_F(ControlTest, DeletingANameWhoseRegistrationIsPausedFreesIt) {
  script.performs["b"] = {fails(Code::kUnauthenticated)};
  const auto run = accepted();
  EXPECT_EQ(rest(run).state, RunState::kPaused);
  const auto removal = submit("alice@example.test", state::Verb::kRemove);
  ASSERT_TRUE(removal) << removal.error().to_string();
  EXPECT_EQ(removal->run, run);
  EXPECT_FALSE(removal->warnings.empty());
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_FALSE(store->find_name("default", "alice@example.test").value());
  EXPECT_EQ(drive(accepted()).state, RunState::kCompleted);
}

struct DeletionTest : ControlTest {
  // A registration that is paused, and the DELETE of its name.
  base::Uuid paused_registration() {
    script.performs["b"] = {fails(Code::kUnauthenticated)};
    const auto run = accepted();
    EXPECT_EQ(rest(run).state, RunState::kPaused);
    return run;
  }
  static Command with_key(Command wanted, const std::string& key) {
    wanted.idempotency_key = key;
    wanted.request_hash = "hash of " + key;
    return wanted;
  }
  const Command deletion = command("alice@example.test", state::Verb::kRemove);
};

TEST_F(DeletionTest, OfAPausedRegistrationMayBeRepeatedUnderItsKey) {
  const auto run = paused_registration();
  const Command keyed = with_key(deletion, "k");
  ASSERT_TRUE(await(engine->submit(keyed)));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  const auto repeated = await(engine->submit(keyed));
  ASSERT_TRUE(repeated) << repeated.error().to_string();
  EXPECT_EQ(repeated->run, run);
  EXPECT_TRUE(repeated->replayed);
  // Without a key it is a new wish, and there is nothing to delete.
  EXPECT_EQ(await(engine->submit(deletion)).error().code(), Code::kNotFound);
  EXPECT_EQ(events("run.compensated"), 1);
}

TEST_F(DeletionTest, OfANameWhoseRegistrationFailedIsNoRepetition) {
  script.performs["b"] = {fails(Code::kInvalidArgument)};
  const auto run = accepted();
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(await(engine->submit(with_key(deletion, "k"))).error().code(), Code::kNotFound);
}

TEST_F(DeletionTest, WhileTheRegistrationIsTakenBackIsThatRun) {
  use_pipeline({step_of("w")}, "remove");
  script.undos["a"] = {
      [](const StepContext&) -> UndoResult { return Failure{base::unavailable("not now")}; },
      [](const StepContext&) -> UndoResult { return Failure{base::permission_denied("no")}; }};
  const auto run = paused_registration();
  for (const char* key : {"k1", "k1", "k2"}) {
    const auto answer = await(engine->submit(with_key(deletion, key)));
    ASSERT_TRUE(answer) << key << answer.error().to_string();
    EXPECT_EQ(answer->run, run);
  }
  // The undo cannot go on by itself: the answer still is the run that says so.
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  const auto answer = await(engine->submit(deletion));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->run, run);
  EXPECT_FALSE(answer->replayed);
  EXPECT_EQ(events("run.compensating"), 1);
}

TEST_F(DeletionTest, OfAPausedRegistrationChecksTheRevision) {
  const auto run = paused_registration();
  const auto revision = (*store->find_name("default", "alice@example.test"))->revision;
  Command guarded = deletion;
  guarded.expected_revision = revision + 1;
  const auto refused = await(engine->submit(guarded));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kAborted);
  EXPECT_EQ(refused.error().detail(), "");  // else the API would speak of an open run
  EXPECT_EQ(view(run).row.state, RunState::kPaused);
  guarded.expected_revision = revision;
  EXPECT_TRUE(await(engine->submit(guarded)));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
}

// The answer of then is owed, whatever the configuration says today.
TEST_F(ControlTest, ARepeatedRequestIsAnsweredAlsoWhenItWouldBeRefusedToday) {
  Command wanted = command("alice@example.test");
  wanted.idempotency_key = "k";
  wanted.request_hash = "h";
  const auto first = await(engine->submit(wanted));
  ASSERT_TRUE(first);
  EXPECT_EQ(drive(first->run).state, RunState::kCompleted);
  runtime->config.domains.clear();
  runtime->pipelines.clear();
  const auto repeated = await(engine->submit(wanted));
  ASSERT_TRUE(repeated) << repeated.error().to_string();
  EXPECT_EQ(repeated->run, first->run);
  EXPECT_TRUE(repeated->replayed);
  Command other = wanted;
  other.request_hash = "h2";
  EXPECT_EQ(await(engine->submit(other)).error().code(), Code::kInvalidArgument);
  Command anew = wanted;
  anew.idempotency_key = "k2";
  EXPECT_EQ(await(engine->submit(anew)).error().code(), Code::kNotFound);
}

TEST_F(ControlTest, DeletingANameThatIsBeingRegisteredIsRefusedWithItsRun) {
  use_pipeline({step_of("w")}, "remove");
  const auto run = at_work();
  const auto removal = submit("alice@example.test", state::Verb::kRemove);
  ASSERT_FALSE(removal);
  EXPECT_THAT(removal.error().detail() + removal.error().message(), HasSubstr(run.to_string()));
  clock.advance(Duration{5'000});
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

// Nobody tried while the daemon was down.
TEST_F(ControlTest, ARunThatWasDownLongerThanItsDeadlineGetsOneAttempt) {
  for (const bool works : {true, false}) {
    auto step = step_of("a");
    step.deadline = Duration{30'000};
    use_pipeline({step});
    const std::string name = works ? "alice@example.test" : "bob@example.test";
    script.performs["a"] = {waits(Duration{10'000})};
    if (!works) script.performs["a"].push_back(waits(Duration{10'000}));
    const auto run = accepted(name);
    rest(run);
    const long before = count("perform a");
    crash();
    clock.advance(Duration{3'600'000});
    start();
    const auto row = drive(run);
    EXPECT_EQ(row.state, works ? RunState::kCompleted : RunState::kPaused) << row.reason;
    EXPECT_EQ(count("perform a") - before, 1);
  }
}

TEST_F(ControlTest, MoreRunsThanMayBeActiveAllComplete) {
  crash();
  engine_settings.max_active_runs = 4;
  start();
  script.takes["a"] = Duration{1'000};
  script.performs["b"] = {waits(Duration{500}), fails(Code::kUnavailable)};
  std::vector<base::Uuid> runs;
  for (int i = 0; i < 50; ++i) runs.push_back(accepted("user" + std::to_string(i) + "@example.test"));
  const auto completed = [&] { return events("run.completed"); };
  for (int i = 0; i < 2'000 && completed() < 50; ++i) {
    io.restart();
    io.run_for(std::chrono::milliseconds{2});
    clock.advance(Duration{250});
  }
  EXPECT_EQ(completed(), 50);
  EXPECT_EQ(script.most_at_work, 2);  // they are of one lane
}

TEST_F(ControlTest, RunsWhoseCallsHangDoNotKeepTheRunsOfAnotherDomainWaiting) {
  crash();
  engine_settings.max_active_runs = 4;
  config::Domain other = runtime->config.domains.front();
  other.name = "other.test";
  runtime->config.domains.push_back(other);
  start();
  script.takes["b"] = Duration{60'000};
  std::vector<base::Uuid> hanging;
  for (int i = 0; i < 10; ++i) hanging.push_back(accepted("user" + std::to_string(i) + "@example.test"));
  pump([&] { return script.at_work == 2; });
  script.takes.clear();
  for (int i = 0; i < 5; ++i) {
    const auto run = accepted("user" + std::to_string(i) + "@other.test");
    EXPECT_EQ(rest(run).state, RunState::kCompleted);
  }
  EXPECT_EQ(script.at_work, 2);
  clock.advance(Duration{60'000});
  pump([&] { return events("run.completed") == 15; });
}

TEST_F(ControlTest, RunsOfANodeThatHangsDoNotKeepThoseOfTheOthersWaiting) {
  crash();
  engine_settings.max_active_runs = 4;
  start();
  const auto accepted_at = [&](const std::string& name, const std::string& node) {
    Command wanted = command(name);
    wanted.source.node = node;
    const auto answer = await(engine->submit(wanted));
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer->run;
  };
  script.takes["b"] = Duration{60'000};
  for (int i = 0; i < 10; ++i) accepted_at("user" + std::to_string(i) + "@example.test", "https://hangs:1");
  pump([&] { return script.at_work == 2; });
  script.takes.clear();
  for (const char* node : {"https://second:1", "https://third:1"}) {
    for (int i = 0; i < 3; ++i) {
      const auto run =
          accepted_at("at" + std::string(1, node[8]) + std::to_string(i) + "@example.test", node);
      EXPECT_EQ(rest(run).state, RunState::kCompleted);
    }
  }
  EXPECT_EQ(script.at_work, 2);
  clock.advance(Duration{60'000});
  pump([&] { return events("run.completed") == 16; });
}

TEST_F(ControlTest, AClockThatIsSetBackDoesNotProlongAWait) {
  script.performs["a"] = {waits(Duration{10'000}), fails(Code::kUnavailable)};
  const auto run = accepted();
  rest(run);
  clock.step_wall(Duration{-86'400'000});
  clock.advance(Duration{10'000});
  rest(run);
  EXPECT_EQ(count("perform a"), 2);
  // And the wait before the next attempt.
  clock.step_wall(Duration{-86'400'000});
  clock.advance(Duration{30'000});
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

TEST_F(ControlTest, AClockThatWasSetBackWhileTheDaemonWasDownDoesNotProlongAWait) {
  script.performs["a"] = {waits(Duration{10'000})};
  const auto run = accepted();
  rest(run);
  crash();
  clock.step_wall(Duration{-86'400'000});
  start();
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

}  // namespace
}  // namespace paynamed::pipeline
