// While a domain is moved, a record stands on both instances as soon as a run has put it there, and on
// neither when the run was taken back.
#include <gmock/gmock.h>

#include "pipeline/record_holders.hpp"
#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::MoveNameState;
using state::MovePhase;
using state::RunState;
using state::Verb;
using testing::ElementsAre;
using testing::IsEmpty;

using Holders = std::vector<std::string>;

struct HolderCase {
  const char* name;
  MovePhase phase;
  const char* holder;  // "" for a new name
  std::optional<MoveNameState> state;
  Holders holders;
};

class RecordHolders : public testing::TestWithParam<HolderCase> {};

TEST_P(RecordHolders, AreTheInstancesThatHaveToAgree) {
  const HolderCase& c = GetParam();
  const state::MoveOfName move{"a", "b", c.phase, c.state};
  EXPECT_EQ(record_holders(move, c.holder, "a"), c.holders);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RecordHolders,
    testing::Values(
        HolderCase{"planned", MovePhase::kPlanned, "a", {}, {"a"}},
        HolderCase{"copying", MovePhase::kCopying, "a", {}, {"a", "b"}},
        HolderCase{"copying_new_name", MovePhase::kCopying, "", {}, {"a", "b"}},
        HolderCase{"verifying", MovePhase::kVerifying, "a", MoveNameState::kCopied, {"a", "b"}},
        HolderCase{"dual", MovePhase::kDual, "a", MoveNameState::kFound, {"a", "b"}},
        HolderCase{"draining", MovePhase::kDraining, "", {}, {"a", "b"}},
        HolderCase{"held_elsewhere", MovePhase::kDual, "c", {}, {"c"}},
        HolderCase{"withdrawing_new_name", MovePhase::kWithdrawing, "", {}, {"b"}},
        HolderCase{"withdrawing_before_its_turn", MovePhase::kWithdrawing, "a", {}, {"a", "b"}},
        HolderCase{"withdrawing_after_its_turn", MovePhase::kWithdrawing, "b", MoveNameState::kLeft, {"b"}},
        HolderCase{"undoing_new_name", MovePhase::kUndoing, "", {}, {"a"}},
        HolderCase{"undoing_before_its_turn", MovePhase::kUndoing, "a", MoveNameState::kCopied, {"a", "b"}},
        HolderCase{"undoing_being_withdrawn", MovePhase::kUndoing, "a", MoveNameState::kLeaving, {"a"}},
        HolderCase{"undoing_after_its_turn", MovePhase::kUndoing, "a", MoveNameState::kLeft, {"a"}},
        HolderCase{"undone", MovePhase::kUndone, "a", {}, {"a"}}),
    [](const auto& each) { return each.param.name; });

class DualWrite : public ActionsFixture {
 protected:
  void begin_move() {
    state::NewMove wanted{
        base::Uuid::v7(clock.wall(), random), "example.test", "zone", "zone2", "{}", clock.wall(), {}};
    const auto move = await(store->start_move(std::move(wanted)));
    ASSERT_TRUE(move) << move.error().to_string();
    move_ = *move;
    set_phase(MovePhase::kCopying);
  }
  void set_phase(MovePhase phase) {
    state::MoveUpdate update{move_.key, move_.revision, phase, {}, "{}", clock.wall(), {}};
    const auto move = await(store->update_move(std::move(update)));
    ASSERT_TRUE(move) << move.error().to_string();
    move_ = *move;
  }
  std::vector<std::string>& second(const std::string& name = kAlice) {
    return zone2.records[owner_name(name)];
  }
  void expect_both() {
    EXPECT_THAT(records(), testing::SizeIs(1));
    EXPECT_EQ(second(), records());
    EXPECT_EQ(name_row().value, records().at(0));
    EXPECT_EQ(name_row().dns_instance, "zone");
  }
  state::MoveRow move_;
};

TEST_F(DualWrite, ARegistrationIsOnBoth) {
  begin_move();
  make_live();
  expect_both();
  expect_good_manners();
}

TEST_F(DualWrite, ARotationOfACopiedNameReplacesBoth) {
  make_live();
  begin_move();
  second() = records();
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  expect_both();
  expect_good_manners();
}

TEST_F(DualWrite, ARotationBeforeTheCopyPutsTheNewRecordThere) {
  make_live();
  begin_move();
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  expect_both();
}

TEST_F(DualWrite, ARemovalTakesBothAway) {
  begin_move();
  make_live();
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), IsEmpty());
  expect_good_manners();
}

TEST_F(DualWrite, ARunThatIsTakenBackLeavesNothingOnEither) {
  begin_move();
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(registration());
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ASSERT_THAT(second(), testing::SizeIs(1));
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), IsEmpty());
}

TEST_F(DualWrite, ARotationThatIsTakenBackRestoresBoth) {
  make_live();
  begin_move();
  second() = records();
  const auto before = records();
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(command(kAlice, Verb::kRotate));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ASSERT_NE(second(), before);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(records(), before);
  EXPECT_EQ(second(), before);
}

TEST_F(DualWrite, ALostReplyOfTheSecondWriteIsTakenBackToo) {
  begin_move();
  zone2.faults["Publish"] = {{Fault::Kind::kReplyLost, Code::kDeadlineExceeded}};
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(registration());
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), IsEmpty());
}

// What a definite refusal of the second instance leaves on the first one is taken back, too.
class RefusedOnTheSecond : public DualWrite, public testing::WithParamInterface<Code> {
 protected:
  void refuse(const std::string& method) {
    zone2.faults[method] = std::deque<Fault>(20, Fault{Fault::Kind::kNothingDone, GetParam()});
  }
};

TEST_P(RefusedOnTheSecond, ARegistrationLeavesNothing) {
  begin_move();
  refuse("Publish");
  const auto run = accept(registration());
  auto row = drive(run);
  if (row.state == RunState::kPaused) {
    ASSERT_TRUE(cancel(run));
    row = drive(run);
  }
  EXPECT_EQ(row.state, RunState::kCompensated) << row.reason;
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), IsEmpty());
}

TEST_P(RefusedOnTheSecond, ARotationRestoresWhatStood) {
  make_live();
  begin_move();
  second() = records();
  const auto before = records();
  refuse("Publish");
  const auto run = accept(command(kAlice, Verb::kRotate));
  auto row = drive(run);
  if (row.state == RunState::kPaused) {
    ASSERT_TRUE(cancel(run));
    row = drive(run);
  }
  EXPECT_EQ(row.state, RunState::kCompensated) << row.reason;
  EXPECT_EQ(records(), before);
  EXPECT_EQ(second(), before);
  EXPECT_EQ(name_row().value, before.at(0));
}

TEST_P(RefusedOnTheSecond, ARemovalThatTookTheFirstAwayIsNotTurnedBack) {
  begin_move();
  make_live();
  refuse("Withdraw");
  const auto run = accept(command(kAlice, Verb::kRemove));
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_FALSE(cancel(run));
}

INSTANTIATE_TEST_SUITE_P(Codes, RefusedOnTheSecond,
                         testing::Values(Code::kPermissionDenied, Code::kFailedPrecondition,
                                         Code::kUnavailable, Code::kAborted, Code::kUnauthenticated),
                         [](const auto& each) { return std::string{base::to_string(each.param)}; });

TEST_F(DualWrite, ARemovalGoesOnPastAStrangersRecordOnTheSecond) {
  begin_move();
  make_live();
  second() = {"bitcoin:?lno=stranger"};
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), ElementsAre("bitcoin:?lno=stranger"));
}

TEST_F(DualWrite, ARepairLeavesAStrangersRecordOnTheSecond) {
  begin_move();
  make_live();
  const auto ours = records();
  degrade();
  records() = {"bitcoin:?lno=other"};
  second() = {"bitcoin:?lno=stranger"};
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRepair))).state, RunState::kCompleted);
  EXPECT_EQ(records(), ours);
  EXPECT_THAT(second(), ElementsAre("bitcoin:?lno=stranger"));
}

TEST_F(DualWrite, ARepairBringsTheRecordBackOnTheSecondToo) {
  begin_move();
  make_live();
  const auto ours = records();
  degrade();
  records() = {};
  second() = {};
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRepair))).state, RunState::kCompleted);
  EXPECT_EQ(records(), ours);
  EXPECT_EQ(second(), ours);
}

TEST_F(DualWrite, AStrangersRecordOnTheSecondIsNotReplaced) {
  begin_move();
  second() = {"bitcoin:?lno=stranger"};
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, testing::HasSubstr("zone2"));
  EXPECT_THAT(second(), ElementsAre("bitcoin:?lno=stranger"));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(DualWrite, ARecordThatTheCopyPutThereMeanwhileIsReplaced) {
  make_live();
  begin_move();
  const auto old = records();
  int publishes = 0;
  zone2.before = [&](const std::string& method) {
    if (method == "Publish" && publishes++ == 0) second() = old;
  };
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  expect_both();
  expect_good_manners();
}

TEST_F(DualWrite, AfterTheMoveNewNamesAreOnTheNewInstanceAlone) {
  begin_move();
  set_phase(MovePhase::kFinished);
  authoritatives = [] { return AuthoritativeReport{true, 2, 2, "2 of 2", "[]"}; };
  record_proof = [this] { return proof_of(second().at(0)); };
  const auto row = drive(accept(registration()));
  ASSERT_EQ(row.state, RunState::kCompleted) << row.reason;
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(second(), testing::SizeIs(1));
  EXPECT_EQ(name_row().dns_instance, "zone2");
}

}  // namespace
}  // namespace paynamed::pipeline
