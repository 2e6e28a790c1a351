// Adoption: what stands at a name becomes the name's record, untouched or by a take-over, and stands again
// when the run is turned back.
#include <gmock/gmock.h>

#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using base::Code;
using state::NameState;
using state::RunState;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;
using Kind = Fault::Kind;
using Values = std::vector<std::string>;

class AdoptTest : public ActionsFixture {
 protected:
  const std::string offer = offer_of({"theirs", 0, "Pay", 0, ""});
  const std::string value = "bitcoin:?lno=" + offer;

  void put(const Values& found) { records() = found; }
  Command adopt(const Values& found, bool take_over) {
    Command wanted = external(offer);
    wanted.source.offer.clear();
    wanted.source.uri = value;
    wanted.adoption = Adoption{found, 300, take_over};
    return wanted;
  }
  void never_seen() {
    authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  }
  // Turned back while it waits for the servers.
  state::RunRow turned_back(base::Uuid run) {
    EXPECT_EQ(rest(run).state, RunState::kRunning);
    EXPECT_TRUE(await(engine->cancel("default", run)));
    return drive(run);
  }
};

TEST_F(AdoptTest, ARecordThatIsFineIsNotTouched) {
  put({value});
  const auto row = drive(accept(adopt({value}, false)));
  EXPECT_EQ(row.state, RunState::kCompleted) << row.reason;
  EXPECT_THAT(event_types(), ElementsAre("run.accepted", "name.published", "name.live", "run.completed"));
  EXPECT_THAT(zone.calls, Not(Contains("Publish")));
  EXPECT_THAT(zone.history, IsEmpty());
  EXPECT_EQ(name_row().value, value);
  EXPECT_EQ(name_row().ttl_seconds, 300U);
  EXPECT_EQ(name_row().source, state::SourceKind::kExternal);
  EXPECT_EQ(name_row().dns_instance, "zone");
  EXPECT_EQ(*store->compare_rebuilt(), Values{});
  EXPECT_THAT(node().calls, IsEmpty());
}

TEST_F(AdoptTest, WhereTheProviderKeepsCommentsTheRecordGetsOurs) {
  zone.keeps_comments = true;
  zone.comments[owner_name()] = "theirs";
  put({value});
  EXPECT_EQ(drive(accept(adopt({value}, false))).state, RunState::kCompleted);
  EXPECT_EQ(zone.comments[owner_name()], "managed by paynamed");
  EXPECT_THAT(records(), ElementsAre(value));
  EXPECT_THAT(zone.history, IsEmpty());
}

TEST_F(AdoptTest, TurnedBackTheCommentIsTheirsAgain) {
  zone.keeps_comments = true;
  zone.comments[owner_name()] = "theirs";
  put({value});
  never_seen();
  EXPECT_EQ(turned_back(accept(adopt({value}, false))).state, RunState::kCompensated);
  EXPECT_EQ(zone.comments[owner_name()], "theirs");
  EXPECT_THAT(records(), ElementsAre(value));
  EXPECT_FALSE(store->find_name("default", kAlice).value());
  expect_good_manners();
}

TEST_F(AdoptTest, ATakeOverReplacesAllAtOnce) {
  put({"v=spf1 -all", value, "\xff"});
  const auto row = drive(accept(adopt({value, "\xff", "v=spf1 -all"}, true)));
  EXPECT_EQ(row.state, RunState::kCompleted) << row.reason;
  EXPECT_THAT(zone.history, ElementsAre(ElementsAre(value)));
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_EQ(name_row().ttl_seconds, 60U) << "published anew";
  expect_good_manners();
}

TEST_F(AdoptTest, ATakeOverThatIsTurnedBackPutsBackTheOneRecord) {
  put({"BITCOIN:?lno=" + offer});
  never_seen();
  const auto row = turned_back(accept(adopt({"BITCOIN:?lno=" + offer}, true)));
  EXPECT_EQ(row.state, RunState::kCompensated) << row.reason;
  EXPECT_THAT(records(), ElementsAre("BITCOIN:?lno=" + offer));
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty())));
  EXPECT_THAT(zone.calls, Not(Contains("Withdraw")));
}

TEST_F(AdoptTest, OfSeveralTheOneThatIsLeftStays) {
  put({value, "decoy"});
  never_seen();
  EXPECT_EQ(turned_back(accept(adopt({value, "decoy"}, true))).state, RunState::kCompensated);
  EXPECT_THAT(records(), ElementsAre(value));
}

TEST_F(AdoptTest, WhatWasChangedSinceIsNotTaken) {
  for (const bool take_over : {false, true}) {
    put({"bitcoin:?lno=lno1other"});
    const auto row = drive(accept(adopt({value}, take_over)));
    EXPECT_EQ(row.state, RunState::kCompensated);
    EXPECT_THAT(row.reason, HasSubstr("is not what was to be adopted"));
    EXPECT_THAT(records(), ElementsAre("bitcoin:?lno=lno1other"));
    EXPECT_FALSE(store->find_name("default", kAlice).value());
  }
  EXPECT_THAT(zone.history, IsEmpty());
}

TEST_F(AdoptTest, ARecordThatWouldBeWrittenOtherwiseNeedsATakeOver) {
  Command wanted = adopt({"BITCOIN:?lno=" + offer}, false);
  const auto refused = await(engine->submit(wanted));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
}

TEST_F(AdoptTest, ALostReplyIsFoundOut) {
  put({value, "decoy"});
  zone.faults["Publish"].push_back({Kind::kReplyLost, Code::kDeadlineExceeded});
  const auto row = drive(accept(adopt({value, "decoy"}, true)));
  EXPECT_EQ(row.state, RunState::kCompleted) << row.reason;
  EXPECT_THAT(zone.history, ElementsAre(ElementsAre(value)));
  expect_good_manners();
}

TEST_F(AdoptTest, AfterACrashItGoesOnWithWhatItKnew) {
  put({value, "decoy"});
  never_seen();
  const auto run = accept(adopt({value, "decoy"}, true));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  crash();
  authoritatives = {};
  start();
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(name_row().value, value);
}

}  // namespace
}  // namespace paynamed::pipeline
