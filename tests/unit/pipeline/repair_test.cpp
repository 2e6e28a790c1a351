// The repair of a degraded name: its own record stands again, alone, and nothing else of the name changes.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = Fault::Kind;
using Values = std::vector<std::string>;

class RepairTest : public ActionsFixture {
 protected:
  // A live name whose record somebody replaced by these; "ours" is the name's own.
  void make_degraded(const Values& found) {
    make_live();
    value_ = record();
    before_ = name_row();
    degrade();
    put(found);
    zone.history.clear();
    zone.calls.clear();
    node().calls.clear();
    events_before_ = event_types().size();
  }
  void put(const Values& found) {
    records().clear();
    for (const std::string& each : found) records().push_back(each == "ours" ? value_ : each);
  }
  Command repair() const { return command(kAlice, Verb::kRepair); }
  std::vector<std::string> new_events() {
    auto types = event_types();
    types.erase(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(events_before_));
    return types;
  }
  void expect_the_same_name(NameState state) {
    const state::NameRow row = name_row();
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(row.value, before_.value);
    EXPECT_EQ(row.ttl_seconds, before_.ttl_seconds);
    EXPECT_EQ(row.offer_id, before_.offer_id);
    EXPECT_EQ(row.dns_instance, before_.dns_instance);
    EXPECT_EQ(row.node_instance, before_.node_instance);
    EXPECT_EQ(row.node, before_.node);
    EXPECT_EQ(row.source, before_.source);
    EXPECT_EQ(row.owner, before_.owner);
    EXPECT_FALSE(row.open_run);
    EXPECT_EQ(*store->compare_rebuilt(), Values{});
  }

  std::string value_;
  state::NameRow before_;
  std::size_t events_before_ = 0;
};

struct Found {
  const char* name;
  Values values;
};

class RepairFindsTest : public RepairTest, public testing::WithParamInterface<Found> {};

TEST_P(RepairFindsTest, PutsExactlyTheNamesRecordInItsPlace) {
  make_degraded(GetParam().values);
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompleted) << row.reason;
  EXPECT_EQ(row.verb, Verb::kRepair);
  EXPECT_THAT(records(), ElementsAre(value_));
  EXPECT_THAT(new_events(), ElementsAre("run.accepted", "name.published", "name.live", "run.completed"));
  expect_the_same_name(NameState::kLive);
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty()))) << "replaced at once, never absent";
  EXPECT_THAT(zone.calls, Not(Contains("Withdraw")));
  EXPECT_THAT(node().calls, IsEmpty());
  EXPECT_EQ(offer_row(before_.offer_id).state, OfferState::kActive);
  EXPECT_TRUE(store->find_proof(kAlice).value());
  expect_good_manners();
}

INSTANTIATE_TEST_SUITE_P(All, RepairFindsTest,
                         testing::Values(Found{"Nothing", {}}, Found{"Another", {"bitcoin:?lno=lno1stolen"}},
                                         Found{"OursAndAnother", {"ours", "bitcoin:?lno=lno1second"}},
                                         Found{"Strangers",
                                               {"v=spf1 -all", "bitcoin:?lno=lno1a", "bitcoin:?lno=lno1b"}},
                                         Found{"OursAlready", {"ours"}}, Found{"Empty", {""}},
                                         Found{"BytesThatAreNoText", {"\xff\xfe\x80", "ours"}}),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST_F(RepairTest, AnExternalNameNeedsNoNode) {
  ASSERT_EQ(drive(accept(external(offer_of({"phoenix", 0, "Pay", 0, ""})))).state, RunState::kCompleted);
  value_ = record();
  before_ = name_row();
  degrade();
  put({"bitcoin:?lno=lno1stolen"});
  EXPECT_EQ(drive(accept(repair())).state, RunState::kCompleted);
  EXPECT_THAT(records(), ElementsAre(value_));
  expect_the_same_name(NameState::kLive);
  EXPECT_THAT(node().calls, IsEmpty());
}

TEST_F(RepairTest, OnlyADegradedNameIsRepaired) {
  auto refused = await(engine->submit(repair()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kNotFound);
  make_live();
  refused = await(engine->submit(repair()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("is live, so there is nothing to repair"));

  degrade();
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto first = accept(repair());
  ASSERT_EQ(rest(first).state, RunState::kRunning);
  refused = await(engine->submit(repair()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kAborted) << "as any second verb";
  EXPECT_EQ(refused.error().detail(), first.to_string());
}

TEST_F(RepairTest, AProviderThatCannotReplaceSeveralIsNotAskedTo) {
  make_degraded({"ours", "bitcoin:?lno=lno1second"});
  zone.replaces_several = false;
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("has 2 TXT records, and 'zone' cannot replace several at once"));
  EXPECT_THAT(records(), SizeIs(2));
  EXPECT_THAT(zone.calls, Not(Contains("Publish")));
  expect_the_same_name(NameState::kDegraded);

  put({"bitcoin:?lno=lno1stolen"});
  EXPECT_EQ(drive(accept(repair())).state, RunState::kCompleted) << "one it can";
  expect_good_manners();
}

TEST_F(RepairTest, MoreThanFitsARequestIsLeftToPeople) {
  make_degraded({std::string(20'000, 'a'), std::string(20'000, 'b')});
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("remove them by hand"));
  EXPECT_THAT(records(), SizeIs(2));
}

TEST_F(RepairTest, WhatSomebodyPutsThereMeanwhileIsSeenAndReplaced) {
  make_degraded({"bitcoin:?lno=lno1one"});
  int changes = 0;
  zone.before = [&](const std::string& method) {
    if (method == "Publish" && changes++ == 0) records() = {"bitcoin:?lno=lno1one", "bitcoin:?lno=lno1two"};
  };
  EXPECT_EQ(drive(accept(repair())).state, RunState::kCompleted);
  EXPECT_EQ(changes, 2);
  EXPECT_THAT(records(), ElementsAre(value_));
  expect_good_manners();
}

TEST_F(RepairTest, TurnedBackItLeavesTheNamesOwnRecordAndTheNameDegraded) {
  for (const Values& found :
       {Values{}, Values{"bitcoin:?lno=lno1stolen"}, Values{"ours", "bitcoin:?lno=lno1second"}}) {
    SCOPED_TRACE(found.size());
    if (value_.empty()) make_degraded(found);
    put(found);
    authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
    const auto run = accept(repair());
    ASSERT_EQ(rest(run).state, RunState::kRunning);
    EXPECT_EQ(name_row().state, NameState::kPublished);
    ASSERT_TRUE(cancel(run));
    EXPECT_EQ(drive(run).state, RunState::kCompensated);
    EXPECT_THAT(records(), ElementsAre(value_)) << "never a stranger's again, and never nothing";
    EXPECT_THAT(new_events(), Contains("name.reverted"));
    expect_the_same_name(NameState::kDegraded);
  }
  EXPECT_THAT(zone.calls, Not(Contains("Withdraw")));
  expect_good_manners();
}

TEST_F(RepairTest, WhatSomebodyPutThereAfterItIsNotTouchedByTheUndo) {
  make_degraded({});
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(repair());
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  put({"bitcoin:?lno=lno1stolen"});
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), ElementsAre("bitcoin:?lno=lno1stolen"));
  expect_the_same_name(NameState::kDegraded);
}

TEST_F(RepairTest, AnUpdateThatMayStillArriveIsOverWhenTheRunEnds) {
  make_degraded({});
  zone.max_request_ms = 90'000;
  zone.faults["Publish"] = {{Kind::kLate, Code::kDeadlineExceeded}};
  const auto run = accept(repair());
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(rest(run).state, RunState::kCompensating);
  EXPECT_EQ(clock.until_next(), base::Duration{90'000});
  zone.deliver_late();
  clock.advance(clock.until_next().value());
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_THAT(records(), ElementsAre(value_));
  EXPECT_THAT(new_events(), Not(Contains("name.reverted"))) << "nothing was said to be published";
  expect_the_same_name(NameState::kDegraded);
}

TEST_F(RepairTest, TurningBackNeedsNoAnswerOfTheProvider) {
  for (const Code code : {Code::kUnavailable, Code::kUnauthenticated, Code::kPermissionDenied}) {
    if (value_.empty()) make_degraded({});
    put({});
    zone.faults["Publish"] = {{Kind::kReplyLost, Code::kUnknown}};
    const auto run = accept(repair());
    ASSERT_EQ(rest(run).state, RunState::kRunning);
    for (int i = 0; i < 10; ++i) zone.faults["Read"].push_back({Kind::kNothingDone, code});
    ASSERT_TRUE(cancel(run));
    EXPECT_EQ(drive(run).state, RunState::kCompensated);
    EXPECT_THAT(zone.faults["Read"], SizeIs(8)) << "looked at twice";
    zone.faults["Read"].clear();
    expect_the_same_name(NameState::kDegraded);
  }
  expect_good_manners();
}

TEST_F(RepairTest, ACrashInTheMiddleRepeatsThePublicationUnderItsKey) {
  make_degraded({"\xff", "bitcoin:?lno=lno1second"});
  zone.faults["Publish"] = {{Kind::kReplyLost, Code::kUnknown}};
  const auto run = accept(repair());
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  EXPECT_THAT(records(), ElementsAre(value_));
  crash();
  start();
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_THAT(zone.history, SizeIs(1));
  expect_the_same_name(NameState::kLive);
  expect_good_manners();
}

TEST_F(RepairTest, AnOutageOfTheProviderIsOneRepairAndEndsWithoutHelp) {
  make_degraded({});
  for (int i = 0; i < 25; ++i) zone.faults["Publish"].push_back({Kind::kNothingDone, Code::kUnavailable});
  EXPECT_EQ(drive(accept(repair())).state, RunState::kCompleted);

  degrade();
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kUnauthenticated}};
  put({});
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated) << "a paused run would keep the monitor from the name";
  EXPECT_THAT(row.reason, HasSubstr("publish"));
  expect_the_same_name(NameState::kDegraded);
}

TEST_F(RepairTest, AServerThatNeverGetsTheRecordEndsTheRepair) {
  make_degraded({});
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("ns2 has it not"));
  EXPECT_THAT(records(), ElementsAre(value_)) << "it stays, and may reach the server yet";
  expect_the_same_name(NameState::kDegraded);
}

TEST_F(RepairTest, WhatMustNotBePublishedTodayIsNotPutBack) {
  const auto ends = std::chrono::duration_cast<std::chrono::seconds>(
      (clock.wall() + std::chrono::days{2}).time_since_epoch());
  ASSERT_EQ(
      drive(accept(external(offer_of({"phoenix", 0, "Pay", static_cast<std::uint64_t>(ends.count()), ""}))))
          .state,
      RunState::kCompleted);
  degrade();
  put({});
  clock.advance(std::chrono::days{3});
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("expired"));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(RepairTest, OnAZoneThatIsNotSecureNothingIsPublished) {
  make_degraded({});
  domain_validation = {ValidationReport::Verdict::kInsecure, "the zone is not signed"};
  const auto row = drive(accept(repair()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("not signed"));
  EXPECT_THAT(zone.calls, IsEmpty());
  expect_the_same_name(NameState::kDegraded);
}

}  // namespace
}  // namespace paynamed::pipeline
