// A move from its start to its end, what stops it, and what goes on meanwhile.
#include <gmock/gmock.h>

#include "tests/unit/moves/move_fixture.hpp"

namespace paynamed::moves {
namespace {

using base::Code;
using pipeline::Fault;
using state::MoveNameState;
using state::MovePhase;
using state::RunState;
using state::Verb;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kBob = "bob@example.test";

class Move : public MoveFixture {
 protected:
  // From the start to the end with two names.
  void move_all() {
    until(MovePhase::kDual);
    delegate_to("b");
    until(MovePhase::kFinished);
  }
  void expect_moved(const char* name, const std::string& value) {
    EXPECT_THAT(on_a(name), IsEmpty()) << name;
    EXPECT_THAT(on_b(name), ElementsAre(value)) << name;
    EXPECT_EQ(name_row(name).value, value);
    EXPECT_EQ(name_row(name).dns_instance, "zone2");
    EXPECT_EQ(name_row(name).state, state::NameState::kLive);
  }
};

TEST_F(Move, TakesEveryNameAndLeavesNothing) {
  make_live(kAlice);
  make_live(kBob);
  const std::string alice = record(kAlice);
  const std::string bob = record(kBob);
  begin();
  until(MovePhase::kDual);
  // Before the delegation is changed both have everything.
  EXPECT_THAT(on_a(kAlice), ElementsAre(alice));
  EXPECT_THAT(on_b(kAlice), ElementsAre(alice));
  EXPECT_THAT(on_b(kBob), ElementsAre(bob));
  EXPECT_THAT(view().details.to_names, ElementsAre("ns.b.test."));
  EXPECT_THAT(view().details.to_ds, SizeIs(1));

  delegate_to("b");
  until(MovePhase::kDraining);
  EXPECT_THAT(on_a(kAlice), ElementsAre(alice));
  until(MovePhase::kFinished);
  expect_moved(kAlice, alice);
  expect_moved(kBob, bob);
  EXPECT_THAT(types_of_moves(),
              ElementsAre("domain.move_started", "domain.move_progress", "domain.move_progress",
                          "domain.move_progress", "domain.move_progress", "domain.move_progress",
                          "name.moved", "name.moved", "domain.move_finished"));
  expect_good_manners();
  EXPECT_THAT(store->compare_rebuilt().value(), IsEmpty());
  // The configuration still names the old instance; new names go to the new one.
  EXPECT_EQ(store->instance_after_moves("example.test", "zone").value(), "zone2");
  EXPECT_EQ(store->instance_after_moves("example.test", "zone2").value(), "zone2");
}

TEST_F(Move, IsNotMovedOnBeforeTheConfigurationNamesTheInstanceThatHoldsIt) {
  make_live();
  begin();
  move_all();
  MoveRequest back;
  back.domain = "example.test";
  back.to = "zone";
  const auto refused = await(mover->begin(back));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), base::Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("dns = \"zone2\""));
}

TEST_F(Move, CopiesWhatAVerificationFoundMissingWhenItIsResumed) {
  make_live();
  const std::string value = record();
  begin();
  until(MovePhase::kVerifying);
  on_b(kAlice).clear();
  until_paused();
  EXPECT_THAT(view().row.pause, HasSubstr(kAlice));
  ASSERT_TRUE(await(mover->resume("example.test")));
  EXPECT_EQ(phase(), MovePhase::kCopying);
}

TEST_F(Move, WaitsForTheParentAndThenTheZonesOwnNsSetWhereThatStillNamesTheOldServers) {
  make_live();
  begin();
  until(MovePhase::kDual);
  EXPECT_EQ(after(5), MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  const auto details = view().details;
  EXPECT_EQ(*details.drain_until - *details.drain_since, std::chrono::seconds{600 + 900});
  EXPECT_THAT(details.drain_because, HasSubstr("NS set"));
  const auto begun = clock.wall();
  until(MovePhase::kWithdrawing);
  EXPECT_GE(clock.wall() - begun, std::chrono::seconds{600 + 900 - 15});
}

TEST_F(Move, WaitsForTheLongestAloneWhereTheOldServersNameTheNewOnes) {
  others["a"][1] = fakes::record("example.test. 900 IN NS ns.b.test.");
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  const auto details = view().details;
  EXPECT_EQ(*details.drain_until - *details.drain_since, std::chrono::seconds{900});
}

TEST_F(Move, OneServerOfTheParentThatStillNamesTheOldOnesHoldsItUp) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to(Sides{"b"}, Sides{"a"});
  EXPECT_EQ(after(5), MovePhase::kDual);
  delegate_to(Sides{"b"}, Sides{"b", "a"});
  EXPECT_EQ(after(5), MovePhase::kDual);
  delegate_to(Sides{"b"}, Sides{"b"});
  until(MovePhase::kDraining);
  down = {"192.0.2.2"};
  for (int i = 0; i < 600; ++i) step();
  // Nobody knows what the silent one says.
  EXPECT_EQ(phase(), MovePhase::kDraining);
  down.clear();
  until(MovePhase::kFinished);
}

TEST_F(Move, ADelegationThatGoesBackStartsTheCountdownAnew) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  after(20);
  delegate_to(Sides{"b"}, Sides{"a"});
  until(MovePhase::kDual);
  EXPECT_FALSE(view().details.drain_until);
  delegate_to("b");
  until(MovePhase::kDraining);
  EXPECT_EQ(*view().details.drain_until - *view().details.drain_since, std::chrono::seconds{1500});
}

TEST_F(Move, ADelegationToAStrangerPauses) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to("c");
  until_paused();
  EXPECT_THAT(view().row.pause, HasSubstr("192.0.2.30"));
  delegate_to("b");
  ASSERT_TRUE(await(mover->resume("example.test")));
  until(MovePhase::kFinished);
}

TEST_F(Move, AStrangersRecordOnTheNewInstancePausesAndIsNotReplaced) {
  make_live();
  const std::string value = record();
  on_b(kAlice) = {"bitcoin:?lno=stranger"};
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kCopying);
  EXPECT_THAT(view().details.problems, ElementsAre(HasSubstr(kAlice)));
  EXPECT_THAT(on_b(kAlice), ElementsAre("bitcoin:?lno=stranger"));
  on_b(kAlice).clear();
  ASSERT_TRUE(await(mover->resume("example.test")));
  move_all();
  expect_moved(kAlice, value);
}

TEST_F(Move, OtherTenantsOfTheDomainHearNoNames) {
  auto shared = std::make_shared<pipeline::Runtime>(*runtime);
  shared->config.domains.front().tenants.push_back({"other", {}});
  runtime = std::move(shared);
  make_live();
  on_b(kAlice) = {"bitcoin:?lno=stranger"};
  begin();
  until_paused();
  const auto of_operator = store->events_after("default", {}, 1000);
  ASSERT_THAT(of_operator->events.back().data, HasSubstr(kAlice));
  const auto of_other = store->events_after("other", {}, 1000);
  ASSERT_FALSE(of_other->events.empty());
  for (const auto& event : of_other->events) {
    EXPECT_THAT(event.data, Not(HasSubstr(kAlice))) << event.type;
    EXPECT_THAT(event.data, Not(HasSubstr("zone2"))) << event.type;
  }
  EXPECT_THAT(of_other->events.back().data, HasSubstr("\"phase\":\"copying\""));
}

TEST_F(Move, ANewInstanceThatRefusesPauses) {
  make_live();
  zone2.faults["Publish"] = {{Fault::Kind::kNothingDone, Code::kUnauthenticated}};
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kCopying);
  ASSERT_TRUE(await(mover->resume("example.test")));
  move_all();
}

TEST_F(Move, AnInstanceThatCannotBeReachedIsTriedAgain) {
  make_live();
  const std::string value = record();
  zone2.faults["Publish"] = {{Fault::Kind::kNothingDone, Code::kUnavailable},
                             {Fault::Kind::kReplyLost, Code::kDeadlineExceeded}};
  zone.faults["Withdraw"] = {{Fault::Kind::kNothingDone, Code::kUnavailable},
                             {Fault::Kind::kReplyLost, Code::kDeadlineExceeded}};
  begin();
  move_all();
  expect_moved(kAlice, value);
}

struct ZoneDifference {
  const char* name;
  const char* on_a;  // a line more there
  const char* on_b;
  const char* says;
  const char* accept;
};

class MoveOfAnotherZone : public Move, public testing::WithParamInterface<ZoneDifference> {};

TEST_P(MoveOfAnotherZone, PausesBeforeAnythingIsCopiedUnlessAccepted) {
  const ZoneDifference& c = GetParam();
  make_live();
  if (*c.on_a != '\0') others["a"].push_back(fakes::record(c.on_a));
  if (*c.on_b != '\0') others["b"].push_back(fakes::record(c.on_b));
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kPlanned);
  EXPECT_THAT(view().details.problems, Contains(HasSubstr(c.says)));
  EXPECT_THAT(on_b(kAlice), IsEmpty());
  ASSERT_TRUE(await(mover->undo("example.test")));
  EXPECT_EQ(phase(), MovePhase::kUndone);
  begin({c.accept});
  until(MovePhase::kDual);
}

INSTANTIATE_TEST_SUITE_P(
    Sets, MoveOfAnotherZone,
    testing::Values(ZoneDifference{"missing", "www.example.test. 300 IN A 192.0.2.5", "",
                                   "www.example.test./A", "www.example.test/A"},
                    ZoneDifference{"only_there", "", "www.example.test. 300 IN A 192.0.2.5",
                                   "not in the zone that is moved", "www.example.test/A"},
                    ZoneDifference{"other_record", "www.example.test. 300 IN A 192.0.2.5",
                                   "www.example.test. 300 IN A 192.0.2.6", "other records",
                                   "www.example.test./a"},
                    ZoneDifference{"other_ttl", "www.example.test. 300 IN A 192.0.2.5",
                                   "www.example.test. 60 IN A 192.0.2.5", "TTL 60 in place of 300",
                                   "www.example.test/A"},
                    ZoneDifference{"foreign_name",
                                   "eve.user._bitcoin-payment.example.test. 60 IN TXT \"bitcoin:?lno=eve\"",
                                   "", "is missing", "eve.user._bitcoin-payment.example.test/TXT"},
                    ZoneDifference{"type_by_number", "x.example.test. 300 IN TYPE1234 \\# 1 00", "",
                                   "TYPE1234", "x.example.test/TYPE1234"}),
    [](const auto& each) { return each.param.name; });

class MoveOfAliases : public Move, public testing::WithParamInterface<std::set<std::string>> {};

TEST_P(MoveOfAliases, ARecordOfAProvidersOwnKindIsNeverTheSame) {
  make_live();
  aliases = GetParam();
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kPlanned);
  EXPECT_THAT(view().details.problems, ElementsAre(HasSubstr("example.test./TYPE65401")));
  EXPECT_THAT(view().details.problems, ElementsAre(HasSubstr("cannot be compared")));
  ASSERT_TRUE(await(mover->undo("example.test")));
  begin({"example.test/TYPE65401"});
  until(MovePhase::kDual);
}

using Sides = std::set<std::string>;
INSTANTIATE_TEST_SUITE_P(Sides, MoveOfAliases, testing::Values(Sides{"a"}, Sides{"b"}, Sides{"a", "b"}),
                         [](const auto& each) { return testing::PrintToString(each.index); });

TEST_F(Move, WherePort53IsBlockedItIsRefusedAndWaits) {
  make_live();
  begin();
  until(MovePhase::kDual);
  runtime->config.dns.port_53_open = false;
  delegate_to("b");
  EXPECT_EQ(after(3), MovePhase::kDual);
  EXPECT_THAT(view().details.trouble, HasSubstr("port 53 is blocked"));
  EXPECT_THAT(view().row.pause, IsEmpty());
  MoveRequest request{"example.test", "zone2", {}, {}};
  const auto plan = await(mover->plan(request));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Code::kFailedPrecondition);
  const auto second = await(mover->begin(std::move(request)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kFailedPrecondition);
  runtime->config.dns.port_53_open = true;
  until(MovePhase::kFinished);
}

TEST_F(Move, OtherKeysOnTheNewServersStopItBeforeAnythingIsChanged) {
  make_live();
  keys["b"] = std::make_unique<fakes::SigningKey>("example.test.", 13);
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kPlanned);
  EXPECT_THAT(view().details.problems, Contains(HasSubstr("keys")));
  EXPECT_THAT(on_b(kAlice), IsEmpty());
}

TEST_F(Move, ADsRecordOfNoKeyStopsIt) {
  make_live();
  ds = {fakes::SigningKey("example.test.", 13).ds()};
  begin();
  until_paused();
  EXPECT_THAT(view().details.problems, Contains(HasSubstr("DS record")));
}

TEST_F(Move, AWrongSignatureOnTheNewServersStopsIt) {
  make_live();
  wrong_at_b = {owner_name()};
  begin();
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kVerifying);
  EXPECT_THAT(view().details.problems, Contains(HasSubstr("not signed by a key of the zone")));
  wrong_at_b.clear();
  ASSERT_TRUE(await(mover->resume("example.test")));
  move_all();
}

TEST_F(Move, AnUnsignedZoneMovesToo) {
  keys.clear();
  ds.clear();
  make_live();
  const std::string value = record();
  begin();
  move_all();
  expect_moved(kAlice, value);
}

TEST_F(Move, AZoneThatCannotBeListedHasToBeAccepted) {
  a_lists = false;
  make_live();
  begin();
  until_paused();
  EXPECT_THAT(view().details.problems, Contains(HasSubstr("unlisted")));
  ASSERT_TRUE(await(mover->undo("example.test")));
  begin({"unlisted"});
  move_all();
}

TEST_F(Move, ARecordThatSomebodyChangedOnTheOldInstanceIsLeftAndCounted) {
  make_live();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kWithdrawing);
  on_a(kAlice) = {"bitcoin:?lno=stranger"};
  until(MovePhase::kFinished);
  EXPECT_THAT(on_a(kAlice), ElementsAre("bitcoin:?lno=stranger"));
  EXPECT_EQ(view().counts.by_state[static_cast<std::size_t>(MoveNameState::kKept)], 1U);
  EXPECT_EQ(name_row().dns_instance, "zone2");
}

TEST_F(Move, NothingGoesFromTheOldInstanceThatTheNewOneHasLost) {
  make_live();
  const auto value = record();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kWithdrawing);
  on_b(kAlice).clear();
  until_paused();
  EXPECT_THAT(on_a(kAlice), ElementsAre(value));
}

TEST_F(Move, ANameThatTheNewServersAnswerWrongAfterTheWaitPausesItBeforeAnythingIsWithdrawn) {
  make_live();
  const auto value = record();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  wrong_at_b = {owner_name()};
  advance(std::chrono::hours{2});
  until_paused();
  EXPECT_EQ(phase(), MovePhase::kDraining);
  EXPECT_THAT(view().details.problems, ElementsAre(HasSubstr("not signed by a key of the zone")));
  EXPECT_THAT(on_a(kAlice), ElementsAre(value));
  wrong_at_b.clear();
  ASSERT_TRUE(await(mover->resume("example.test")));
  until(MovePhase::kFinished);
  expect_moved(kAlice, value);
}

TEST_F(Move, ANewServerThatDoesNotAnswerAfterTheWaitIsTriedAgain) {
  make_live();
  const auto value = record();
  begin();
  until(MovePhase::kDual);
  delegate_to("b");
  until(MovePhase::kDraining);
  down = {"192.0.2.20"};
  advance(std::chrono::hours{2});
  EXPECT_EQ(after(3), MovePhase::kDraining);
  EXPECT_THAT(view().details.trouble, HasSubstr("192.0.2.20"));
  down.clear();
  until(MovePhase::kFinished);
  expect_moved(kAlice, value);
}

TEST_F(Move, ARunThatWasOpenEndsBeforeItsNameIsCopied) {
  make_live();
  authoritatives = [] { return pipeline::AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(command(kAlice, Verb::kRotate));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  begin();
  after(10);
  EXPECT_EQ(phase(), MovePhase::kCopying);
  EXPECT_THAT(on_b(kAlice), IsEmpty());
  authoritatives = {};
  ASSERT_EQ(drive(run).state, RunState::kCompleted);
  const std::string value = record();
  move_all();
  expect_moved(kAlice, value);
}

struct Meanwhile {
  const char* name;
  MovePhase phase;
};

class MoveMeanwhile : public Move, public testing::WithParamInterface<Meanwhile> {
 protected:
  void go() {
    make_live(kAlice);
    make_live(kBob);
    begin();
    if (GetParam().phase >= MovePhase::kDraining) {
      until(MovePhase::kDual);
      delegate_to("b");
    }
    until(GetParam().phase);
  }
  void finish() {
    if (!view().row.finished) {
      if (GetParam().phase < MovePhase::kDraining) until(MovePhase::kDual);
      delegate_to("b");
      until(MovePhase::kFinished);
    }
  }
  pipeline::ProvenRecord proof_of_record(const char* name) {
    return proof_of(on_b(name).empty() ? on_a(name).at(0) : on_b(name).at(0));
  }
  // Where wallets look: at the servers that the parent names, and those that it named before.
  void authoritative_is_b() {
    authoritatives = [] { return pipeline::AuthoritativeReport{true, 2, 2, "2 of 2", "[]"}; };
  }
};

TEST_P(MoveMeanwhile, ANewNameIsMovedToo) {
  go();
  authoritative_is_b();
  record_proof = [this] { return proof_of_record("carol@example.test"); };
  const auto row = drive(accept(registration("carol@example.test")));
  ASSERT_EQ(row.state, RunState::kCompleted) << row.reason;
  finish();
  expect_moved("carol@example.test", name_row("carol@example.test").value);
}

TEST_P(MoveMeanwhile, ARotatedNameIsMovedWithItsNewRecord) {
  go();
  const std::string before = name_row(kAlice).value;
  authoritative_is_b();
  record_proof = [this] { return proof_of_record(kAlice); };
  const auto row = drive(accept(command(kAlice, Verb::kRotate)));
  ASSERT_EQ(row.state, RunState::kCompleted) << row.reason;
  finish();
  EXPECT_NE(name_row(kAlice).value, before);
  expect_moved(kAlice, name_row(kAlice).value);
  expect_good_manners();
}

TEST_P(MoveMeanwhile, ARemovedNameIsOnNeither) {
  go();
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  finish();
  EXPECT_THAT(on_a(kAlice), IsEmpty());
  EXPECT_THAT(on_b(kAlice), IsEmpty());
  expect_moved(kBob, name_row(kBob).value);
}

TEST_P(MoveMeanwhile, ARunThatIsTakenBackLeavesTheNameAsItWas) {
  go();
  const std::string before = name_row(kAlice).value;
  authoritatives = [] { return pipeline::AuthoritativeReport{false, 1, 2, "ns2 has it not", "[]"}; };
  const auto run = accept(command(kAlice, Verb::kRotate));
  ASSERT_EQ(rest(run).state, RunState::kRunning);
  ASSERT_TRUE(cancel(run));
  ASSERT_EQ(drive(run).state, RunState::kCompensated);
  authoritatives = {};
  finish();
  expect_moved(kAlice, before);
}

INSTANTIATE_TEST_SUITE_P(Phases, MoveMeanwhile,
                         testing::Values(Meanwhile{"planned", MovePhase::kPlanned},
                                         Meanwhile{"copying", MovePhase::kCopying},
                                         Meanwhile{"verifying", MovePhase::kVerifying},
                                         Meanwhile{"dual", MovePhase::kDual},
                                         Meanwhile{"draining", MovePhase::kDraining},
                                         Meanwhile{"withdrawing", MovePhase::kWithdrawing},
                                         Meanwhile{"finished", MovePhase::kFinished}),
                         [](const auto& each) { return each.param.name; });

TEST_F(Move, ARestartAfterEveryStepChangesNothingOfWhatComesOut) {
  make_live(kAlice);
  make_live(kBob);
  const std::string alice = record(kAlice);
  const std::string bob = record(kBob);
  begin();
  for (int i = 0; i < 300 && !view().row.finished; ++i) {
    step();
    if (phase() == MovePhase::kDual) delegate_to("b");
    restart();
  }
  EXPECT_EQ(phase(), MovePhase::kFinished);
  expect_moved(kAlice, alice);
  expect_moved(kBob, bob);
}

TEST_F(Move, ACopyWhoseReplyWasLostWithTheProcessIsOurs) {
  make_live();
  zone2.faults["Publish"] = {{Fault::Kind::kReplyLost, Code::kDeadlineExceeded}};
  begin();
  until(MovePhase::kCopying);
  step();
  restart();
  until(MovePhase::kVerifying);
  EXPECT_EQ(view().counts.by_state[static_cast<std::size_t>(MoveNameState::kCopied)], 1U);
}

TEST_F(Move, ACopyThatWasBegunForARemovedNameIsTakenAway) {
  make_live();
  zone2.faults["Publish"] = {{Fault::Kind::kLate, Code::kDeadlineExceeded}};
  begin();
  until(MovePhase::kCopying);
  step();
  ASSERT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  zone2.deliver_late();
  ASSERT_THAT(on_b(kAlice), SizeIs(1));
  until(MovePhase::kDual);
  EXPECT_THAT(on_b(kAlice), IsEmpty());
}

TEST_F(Move, ASecondMoveOfTheDomainIsRefused) {
  begin();
  MoveRequest request{"example.test", "zone2", {}, {}};
  const auto second = await(mover->begin(std::move(request)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kAlreadyExists);
}

struct BadRequest {
  const char* name;
  MoveRequest request;
  Code code;
};

class RefusedMove : public Move, public testing::WithParamInterface<BadRequest> {};

TEST_P(RefusedMove, SaysWhy) {
  const auto begun = await(mover->begin(GetParam().request));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), GetParam().code) << begun.error().to_string();
  EXPECT_THAT(types_of_moves(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedMove,
    testing::Values(BadRequest{"other_domain", {"other.test", "zone2", {}, {}}, Code::kNotFound},
                    BadRequest{"other_instance", {"example.test", "zone3", {}, {}}, Code::kInvalidArgument},
                    BadRequest{"same_instance", {"example.test", "zone", {}, {}}, Code::kInvalidArgument},
                    BadRequest{"bad_accept", {"example.test", "zone2", {"www"}, {}}, Code::kInvalidArgument},
                    BadRequest{
                        "bad_server", {"example.test", "zone2", {}, {"ns.b.test"}}, Code::kInvalidArgument}),
    [](const auto& each) { return each.param.name; });

TEST_F(Move, ADryRunSaysWhatItWouldDoAndChangesNothing) {
  make_live();
  others["a"].push_back(fakes::record("www.example.test. 300 IN A 192.0.2.5"));
  MoveRequest request{"example.test", "zone2", {}, {}};
  auto plan = await(mover->plan(request));
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->names, 1U);
  EXPECT_FALSE(plan->findings.can_go_on());
  others["a"].pop_back();
  plan = await(mover->plan(request));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->findings.can_go_on()) << testing::PrintToString(plan->findings.problems);
  EXPECT_THAT(plan->findings.to_names, ElementsAre("ns.b.test."));
  EXPECT_THAT(on_b(kAlice), IsEmpty());
  EXPECT_FALSE(*mover->show("example.test"));
  EXPECT_THAT(types_of_moves(), IsEmpty());
}

TEST_F(Move, InstancesOfAnOpenMoveAreInUse) {
  begin();
  std::set<std::string> used;
  const auto uses = store->instances_in_use();
  ASSERT_TRUE(uses);
  for (const auto& use : *uses) {
    if (use.moves > 0) used.insert(use.instance);
  }
  EXPECT_THAT(used, ElementsAre("zone", "zone2"));
}

}  // namespace
}  // namespace paynamed::moves
