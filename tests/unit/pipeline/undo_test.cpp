// What stands in the zone after dns.publish was taken back.
#include <gmock/gmock.h>

#include "pipeline/retirement.hpp"
#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::NameState;
using state::OfferState;
using state::RunState;
using state::Verb;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = Fault::Kind;

// What came of the run's Publish, as the run knows it.
enum class Publish { kLost, kKnown, kNothing };

// Words for what stands in the zone: "ours" is the run's record, "previous" the one of before.
using Values = std::vector<std::string>;

struct Undo {
  const char* name;
  Verb verb;
  Publish publish;
  Values found;  // by the undo
  Values left;
  RunState ends = RunState::kCompensated;
  const char* reason = "cancelled";
};

class UndoTest : public ActionsFixture, public testing::WithParamInterface<Undo> {
 protected:
  Values in_zone(const Values& words) const {
    Values values;
    for (const std::string& word : words) {
      values.push_back(word == "ours" ? ours_ : word == "previous" ? previous_ : word);
    }
    return values;
  }
  std::string ours_;
  std::string previous_;
};

TEST_P(UndoTest, LeavesNothingOfTheRunAndTouchesNothingElse) {
  const Undo& c = GetParam();
  std::string old_offer;
  if (c.verb == Verb::kRotate) {
    make_live();
    previous_ = record();
    old_offer = name_row().offer_id;
  }
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  if (c.publish == Publish::kLost) zone.faults["Publish"] = {{Kind::kReplyLost, Code::kDeadlineExceeded}};
  if (c.publish == Publish::kNothing) zone.faults["Publish"] = {{Kind::kNothingDone, Code::kUnavailable}};
  const auto run = accept(command(kAlice, c.verb));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ours_ = "bitcoin:?lno=" + node().offers.at(node().keys.back()).offer;
  const std::string new_offer = node().offers.at(node().keys.back()).offer_id;

  records() = in_zone(c.found);
  ASSERT_TRUE(cancel(run));
  const auto row = drive(run);
  EXPECT_EQ(row.state, c.ends);
  EXPECT_THAT(row.reason, HasSubstr(c.reason));
  EXPECT_THAT(records(), ElementsAreArray(in_zone(c.left)));
  // While the record may stand, or caches of a live name may have it, its offer can be paid.
  const bool in_caches = c.verb == Verb::kRotate && c.publish != Publish::kNothing;
  EXPECT_EQ(node().is_active(new_offer), c.ends == RunState::kPaused || in_caches);
  if (c.verb == Verb::kRotate) {
    EXPECT_TRUE(node().is_active(old_offer));
    EXPECT_EQ(offer_row(old_offer).state, OfferState::kActive);
  }
  if (c.ends == RunState::kCompensated && c.verb == Verb::kRegister) {
    EXPECT_FALSE(store->find_name("default", kAlice).value());
  }
  if (c.ends == RunState::kCompensated && c.verb == Verb::kRotate) {
    EXPECT_EQ(name_row().value, previous_);
    EXPECT_EQ(name_row().state, NameState::kLive);
    EXPECT_EQ(name_row().offer_id, old_offer);
  }
  if (c.ends == RunState::kPaused) {
    // The operator mends the zone.
    records().clear();
    ASSERT_TRUE(resume(run));
    EXPECT_EQ(drive(run).state, RunState::kCompensated);
    EXPECT_THAT(records(),
                ElementsAreArray(in_zone(c.verb == Verb::kRotate ? Values{"previous"} : Values{})));
    EXPECT_EQ(node().is_active(new_offer), in_caches);
  }
  if (in_caches) {
    const state::OfferRow retired = offer_row(new_offer);
    EXPECT_EQ(retired.state, state::OfferState::kRetired);
    const base::Duration left = *retired.retired_until - clock.wall();
    EXPECT_GE(left, base::Duration{60'000 + 600'000 - 1'000}) << "the TTL, and servers that are slow";
    clock.advance(left);
    Retirement retirement{services(), random, {}};
    EXPECT_EQ(await(retirement.disable_due()).value(), 1U);
    EXPECT_FALSE(node().is_active(new_offer));
    EXPECT_TRUE(node().is_active(old_offer));
  }
  expect_good_manners();
}

constexpr auto kPaused = RunState::kPaused;
constexpr const char* kBeside = "records beside ours";
constexpr const char* kNotOurs = "not ours in place of the previous one";

INSTANTIATE_TEST_SUITE_P(
    Register, UndoTest,
    testing::Values(Undo{"LostNothingFound", Verb::kRegister, Publish::kLost, {}, {}},
                    Undo{"LostOursFound", Verb::kRegister, Publish::kLost, {"ours"}, {}},
                    Undo{"LostOtherFound", Verb::kRegister, Publish::kLost, {"other"}, {"other"}},
                    Undo{"LostBothFound",
                         Verb::kRegister,
                         Publish::kLost,
                         {"ours", "other"},
                         {"ours", "other"},
                         kPaused,
                         kBeside},
                    Undo{"KnownNothingFound", Verb::kRegister, Publish::kKnown, {}, {}},
                    Undo{"KnownOursFound", Verb::kRegister, Publish::kKnown, {"ours"}, {}},
                    Undo{"KnownOtherFound", Verb::kRegister, Publish::kKnown, {"other"}, {"other"}},
                    Undo{"KnownBothFound",
                         Verb::kRegister,
                         Publish::kKnown,
                         {"ours", "other"},
                         {"ours", "other"},
                         kPaused,
                         kBeside},
                    Undo{"NothingDoneNothingFound", Verb::kRegister, Publish::kNothing, {}, {}},
                    Undo{"NothingDoneOtherFound", Verb::kRegister, Publish::kNothing, {"other"}, {"other"}}),
    [](const auto& each) { return std::string{each.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Rotate, UndoTest,
    testing::Values(
        Undo{"LostNothingFound", Verb::kRotate, Publish::kLost, {}, {"previous"}},
        Undo{"LostOursFound", Verb::kRotate, Publish::kLost, {"ours"}, {"previous"}},
        Undo{"LostPreviousFound", Verb::kRotate, Publish::kLost, {"previous"}, {"previous"}},
        Undo{"LostOtherFound", Verb::kRotate, Publish::kLost, {"other"}, {"other"}, kPaused, kNotOurs},
        Undo{"LostBothFound",
             Verb::kRotate,
             Publish::kLost,
             {"ours", "other"},
             {"ours", "other"},
             kPaused,
             kBeside},
        Undo{"KnownNothingFound", Verb::kRotate, Publish::kKnown, {}, {"previous"}},
        Undo{"KnownOursFound", Verb::kRotate, Publish::kKnown, {"ours"}, {"previous"}},
        Undo{"KnownPreviousFound", Verb::kRotate, Publish::kKnown, {"previous"}, {"previous"}},
        Undo{"KnownOtherFound", Verb::kRotate, Publish::kKnown, {"other"}, {"other"}, kPaused, kNotOurs},
        Undo{"KnownBothFound",
             Verb::kRotate,
             Publish::kKnown,
             {"ours", "other"},
             {"ours", "other"},
             kPaused,
             kBeside},
        Undo{"NothingDonePreviousFound", Verb::kRotate, Publish::kNothing, {"previous"}, {"previous"}},
        Undo{"NothingDoneOtherFound", Verb::kRotate, Publish::kNothing, {"other"}, {"other"}}),
    [](const auto& each) { return std::string{each.param.name}; });

struct PublishUndoTest : ActionsFixture {
  // A registration that rests with a Publish of which the run does not know what came of it.
  base::Uuid doubtful(Kind kind, Verb verb = Verb::kRegister) {
    zone.faults["Publish"] = {{kind, Code::kDeadlineExceeded}};
    const auto run = accept(command(kAlice, verb));
    EXPECT_EQ(rest(run).state, RunState::kRunning);
    return run;
  }
  // As drive(), but the late update comes when the undo has looked once.
  state::RunRow drive_with_late_update(base::Uuid run) {
    EXPECT_EQ(rest(run).state, RunState::kCompensating);
    EXPECT_THAT(records(), IsEmpty());
    zone.deliver_late();
    EXPECT_THAT(records(), Not(IsEmpty()));
    clock.advance(clock.until_next().value());
    return drive(run);
  }
};

TEST_F(PublishUndoTest, AnUpdateThatArrivesAfterTheFirstLookIsWithdrawnAtTheSecond) {
  const auto run = doubtful(Kind::kLate);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive_with_late_update(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(node().active(), 0U);
  expect_good_manners();
}

// The provider remembers the key of the first withdrawal: the second must be another.
TEST_F(PublishUndoTest, AnUpdateThatArrivesAfterAWithdrawalIsWithdrawnAgain) {
  zone.faults["Publish"] = {{Kind::kLate, Code::kDeadlineExceeded},
                            {Kind::kReplyLost, Code::kDeadlineExceeded}};
  const auto run = accept(registration());
  rest(run);
  clock.advance(clock.until_next().value());
  rest(run);
  EXPECT_THAT(records(), Not(IsEmpty()));
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive_with_late_update(run).state, RunState::kCompensated);
  EXPECT_EQ(std::count(zone.calls.begin(), zone.calls.end(), "Withdraw"), 2);
  EXPECT_THAT(records(), IsEmpty());
  expect_good_manners();
}

TEST_F(PublishUndoTest, TheSecondLookComesAfterTheProvidersLongestRequest) {
  zone.max_request_ms = 90'000;
  const auto run = doubtful(Kind::kLate);
  ASSERT_TRUE(cancel(run));
  rest(run);
  EXPECT_EQ(clock.until_next(), base::Duration{90'000});
}

TEST_F(PublishUndoTest, AWithdrawalWhoseReplyIsLostIsLookedAtAgain) {
  const auto run = doubtful(Kind::kReplyLost);
  zone.faults["Withdraw"] = {{Kind::kReplyLost, Code::kUnknown}};
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  expect_good_manners();
}

TEST_F(PublishUndoTest, AnUndoGoesOnWhenTheProviderIsBack) {
  const auto run = doubtful(Kind::kReplyLost);
  for (int i = 0; i < 30; ++i) zone.faults["Read"].push_back({Kind::kNothingDone, Code::kUnavailable});
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(node().active(), 0U);
}

// The provider answers a repeated key with its first answer, which was that the expectation did not hold.
TEST_F(PublishUndoTest, AnUndoThatLostACompareAndSetReadsAndAsksAnew) {
  make_live();
  const std::string previous = record();
  const auto run = doubtful(Kind::kReplyLost, Verb::kRotate);
  bool removed = false;
  zone.before = [&](const std::string& method) {
    if (method == "Publish" && !std::exchange(removed, true)) records().clear();
  };
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), ElementsAre(previous));
  EXPECT_EQ(record(), previous);
  expect_good_manners();
}

TEST_F(PublishUndoTest, ACrashInTheMiddleOfAnUndoGoesOnWithIt) {
  const auto run = doubtful(Kind::kLate);
  ASSERT_TRUE(cancel(run));
  rest(run);
  crash();
  start();
  zone.deliver_late();
  clock.advance(base::Duration{120'000});
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(node().active(), 0U);
  expect_good_manners();
}

TEST_F(PublishUndoTest, AZoneThatIsNotFoundIsNoSignThatTheRecordIsGone) {
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(registration());
  rest(run);
  zone.faults["Withdraw"] = {{Kind::kNothingDone, Code::kNotFound}};
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  EXPECT_THAT(records(), SizeIs(1));
  EXPECT_TRUE(store->find_name("default", kAlice).value());
  ASSERT_TRUE(resume(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), IsEmpty());
  expect_good_manners();
}

TEST_F(PublishUndoTest, ACompensatedRotationSaysThatTheRecordOfBeforeStands) {
  make_live();
  const std::string previous = record();
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(command(kAlice, Verb::kRotate));
  rest(run);
  EXPECT_NE(record(), previous);
  EXPECT_EQ(name_row().state, NameState::kPublished);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(record(), previous);
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_THAT(event_types(), Contains("name.reverted"));
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty())));
}

}  // namespace
}  // namespace paynamed::pipeline
