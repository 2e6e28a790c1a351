// A move that is taken back: the names are as before, and nothing of ours is left on the new instance.
#include <gmock/gmock.h>

#include "tests/unit/moves/move_fixture.hpp"

namespace paynamed::moves {
namespace {

using pipeline::Fault;
using state::MovePhase;
using state::RunState;
using state::Verb;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kBob = "bob@example.test";

struct UndoFrom {
  const char* name;
  MovePhase phase;
};

class MoveUndo : public MoveFixture {
 protected:
  void undo() {
    const auto row = await(mover->undo("example.test"));
    ASSERT_TRUE(row) << row.error().to_string();
  }
  void expect_as_before(const char* name, const std::string& value) {
    EXPECT_THAT(on_a(name), ElementsAre(value));
    EXPECT_THAT(on_b(name), IsEmpty());
    EXPECT_EQ(name_row(name).value, value);
    EXPECT_EQ(name_row(name).dns_instance, "zone");
  }
};

class MoveUndoFrom : public MoveUndo, public testing::WithParamInterface<UndoFrom> {};

TEST_P(MoveUndoFrom, LeavesEverythingAsItWas) {
  make_live(kAlice);
  make_live(kBob);
  const std::string alice = record(kAlice);
  const std::string bob = record(kBob);
  begin();
  until(GetParam().phase);
  undo();
  until(MovePhase::kUndone);
  expect_as_before(kAlice, alice);
  expect_as_before(kBob, bob);
  EXPECT_THAT(types_of_moves(), Contains("domain.move_undone"));
  EXPECT_EQ(store->instance_after_moves("example.test", "zone").value(), "zone");
  // It can be moved again.
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kFinished);
}

INSTANTIATE_TEST_SUITE_P(Phases, MoveUndoFrom,
                         testing::Values(UndoFrom{"planned", MovePhase::kPlanned},
                                         UndoFrom{"copying", MovePhase::kCopying},
                                         UndoFrom{"verifying", MovePhase::kVerifying},
                                         UndoFrom{"dual", MovePhase::kDual}),
                         [](const auto& each) { return each.param.name; });

class MoveUndoBeforeDual : public MoveUndo, public testing::WithParamInterface<MovePhase> {};

TEST_P(MoveUndoBeforeDual, WaitsWhereTheDelegationWasChangedTooEarly) {
  make_live();
  const std::string value = record();
  begin();
  until(GetParam());
  delegate_to("b");
  undo();
  EXPECT_EQ(phase(), MovePhase::kDual);
  EXPECT_TRUE(view().details.going_back);
  EXPECT_EQ(after(10), MovePhase::kDual);
  delegate_to("a");
  until(MovePhase::kUndone);
  expect_as_before(kAlice, value);
}

INSTANTIATE_TEST_SUITE_P(Phases, MoveUndoBeforeDual,
                         testing::Values(MovePhase::kCopying, MovePhase::kVerifying),
                         [](const auto& each) { return std::string{state::to_string(each.param)}; });

TEST_F(MoveUndo, TakesAwayWhatARunPutThereWhileNamesWereCopied) {
  make_live(kAlice);
  const std::string alice = record(kAlice);
  begin();
  until(MovePhase::kCopying);
  clock.advance(std::chrono::seconds{1});
  make_live(kBob);
  const std::string bob = record(kBob);
  ASSERT_THAT(on_b(kBob), ElementsAre(bob));
  until(MovePhase::kVerifying);
  undo();
  until(MovePhase::kUndone);
  expect_as_before(kAlice, alice);
  expect_as_before(kBob, bob);
}

TEST_F(MoveUndo, ACopyThatIsStillAtWorkWritesNothingMore) {
  make_live(kAlice);
  begin();
  until(MovePhase::kCopying);
  undo();
  state::MoveNameUpdate copied;
  copied.name = kAlice;
  copied.value = record(kAlice);
  copied.state = state::MoveNameState::kCopied;
  const auto late = await(store->record_move_names(view().row.key, MovePhase::kCopying, {copied}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), base::Code::kAborted);
  until(MovePhase::kUndone);
  expect_as_before(kAlice, record(kAlice));
}

TEST_F(MoveUndo, AfterTheDelegationWasChangedWaitsUntilNobodyAsksTheNewServers) {
  make_live();
  const std::string value = record();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  undo();
  EXPECT_EQ(after(10), MovePhase::kDual);
  EXPECT_THAT(on_b(kAlice), ElementsAre(value));
  delegate_to("a");
  until(MovePhase::kDraining);
  EXPECT_EQ(*view().details.drain_until - *view().details.drain_since, std::chrono::seconds{1500});
  EXPECT_THAT(on_b(kAlice), ElementsAre(value));
  until(MovePhase::kUndone);
  expect_as_before(kAlice, value);
}

TEST_F(MoveUndo, SeesADelegationThatWasChangedAMomentAgo) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to(Sides{"a"}, Sides{"a", "b"});
  undo();
  EXPECT_EQ(phase(), MovePhase::kDual);
  EXPECT_TRUE(view().details.going_back);
}

TEST_F(MoveUndo, IsRefusedOnceRecordsAreTakenFromTheOldInstance) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kWithdrawing);
  const auto row = await(mover->undo("example.test"));
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code(), base::Code::kFailedPrecondition);
}

TEST_F(MoveUndo, ARecordThatStoodThereBeforeStays) {
  make_live(kAlice);
  make_live(kBob);
  on_b(kAlice) = on_a(kAlice);
  begin();
  until(MovePhase::kDual);
  undo();
  until(MovePhase::kUndone);
  EXPECT_EQ(on_b(kAlice), on_a(kAlice));
  EXPECT_THAT(on_b(kBob), IsEmpty());
}

TEST_F(MoveUndo, NamesOfTheTimeBetweenAreOnTheOldInstanceAlone) {
  make_live(kAlice);
  begin();
  until(MovePhase::kDual);
  ASSERT_EQ(drive(accept(registration(kBob))).state, RunState::kCompleted);
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  undo();
  ASSERT_EQ(drive(accept(registration("carol@example.test"))).state, RunState::kCompleted);
  until(MovePhase::kUndone);
  for (const char* name : {kAlice, kBob, "carol@example.test"}) expect_as_before(name, name_row(name).value);
}

TEST_F(MoveUndo, ARestartAfterEveryStepChangesNothingOfWhatComesOut) {
  make_live(kAlice);
  const std::string value = record(kAlice);
  begin();
  until(MovePhase::kDual);
  undo();
  zone2.faults["Withdraw"] = {{Fault::Kind::kReplyLost, base::Code::kDeadlineExceeded}};
  for (int i = 0; i < 100 && !view().row.finished; ++i) {
    step();
    restart();
  }
  EXPECT_EQ(phase(), MovePhase::kUndone);
  expect_as_before(kAlice, value);
}

TEST_F(MoveUndo, ResumesNothingThatDoesNotWait) {
  begin();
  const auto row = await(mover->resume("example.test"));
  ASSERT_FALSE(row);
  EXPECT_THAT(row.error().message(), HasSubstr("goes on by itself"));
}

}  // namespace
}  // namespace paynamed::moves
