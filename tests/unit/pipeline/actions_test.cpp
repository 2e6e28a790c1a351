// Whole runs of the built-in pipelines with the real actions.
#include <gmock/gmock.h>
#include <array>

#include <boost/json/serialize.hpp>

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

std::string own_offer(const std::string& of = "phoenix") {
  return offer_of({of, 0, "Pay", 0, ""});
}
std::string uri_of(const std::string& offer) {
  return "bitcoin:?lno=" + offer;
}

struct ActionsTest : ActionsFixture {};

TEST_F(ActionsTest, ANameOfANodeBecomesLive) {
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_THAT(event_types(),
              ElementsAre("run.accepted", "offer.created", "name.published", "name.live", "run.completed"));
  const auto row = name_row();
  EXPECT_EQ(row.state, NameState::kLive);
  EXPECT_EQ(row.dns_instance, "zone");
  EXPECT_EQ(row.node_instance, "node");
  EXPECT_EQ(row.node, "main");
  EXPECT_FALSE(row.livemode);
  EXPECT_FALSE(row.open_run);
  EXPECT_EQ(record(), uri_of(node().offers.begin()->second.offer));
  const auto offer = offer_row(row.offer_id);
  EXPECT_EQ(offer.state, OfferState::kActive);
  EXPECT_EQ(offer.offer_key, node().keys.front());
  expect_good_manners();
}

// Also after a restart: the priority is part of what the run is about.
TEST_F(ActionsTest, PluginsLearnWhetherSomebodyWaits) {
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_GT(interactive_calls, 0);
  EXPECT_EQ(background_calls, 0);
  interactive_calls = 0;
  Command rotate = command(kAlice, Verb::kRotate);
  rotate.bulk = true;
  EXPECT_EQ(drive(accept(rotate)).state, RunState::kCompleted);
  EXPECT_GT(background_calls, 0);
  EXPECT_EQ(interactive_calls, 0);
}

TEST_F(ActionsTest, ManyMayWaitLongerForTheirTurnAtAProvider) {
  const base::Duration step{10'000};
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_EQ(timeouts["zone Publish"], step) << "somebody waits";
  Command rotate = command(kAlice, Verb::kRotate);
  rotate.bulk = true;
  EXPECT_EQ(drive(accept(rotate)).state, RunState::kCompleted);
  EXPECT_EQ(timeouts["zone Publish"], step + runtime->config.daemon.bulk_wait);
  EXPECT_EQ(timeouts["zone Read"], step + runtime->config.daemon.bulk_wait);
  EXPECT_EQ(timeouts["node CreateOffer"], step) << "only providers of DNS let few requests through";
}

TEST(RunInputTest, ThePriorityIsStored) {
  for (const bool bulk : {false, true}) {
    RunInput input{"default", *base::Name::parse("alice@example.com"), Verb::kRegister};
    input.bulk = bulk;
    const auto read = RunInput::from_json("default", boost::json::serialize(input.to_json()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bulk, bulk);
  }
}

struct External {
  const char* name;
  std::string source;
  std::string value;
};

class ExternalTest : public ActionsFixture, public testing::WithParamInterface<External> {};

TEST_P(ExternalTest, BecomesLiveWithoutAnyNode) {
  EXPECT_EQ(drive(accept(external(GetParam().source))).state, RunState::kCompleted);
  EXPECT_EQ(record(), GetParam().value);
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_EQ(name_row().source, state::SourceKind::kExternal);
  EXPECT_EQ(name_row().node_instance, "");
  EXPECT_THAT(event_types(), ElementsAre("run.accepted", "name.published", "name.live", "run.completed"));
  EXPECT_THAT(nodes,
              Not(Contains(testing::Pair(testing::_, testing::Field(&FakeNode::calls, Not(IsEmpty()))))));
  EXPECT_THAT(store->offers_of("default", kAlice, 10).value(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(, ExternalTest,
                         testing::Values(External{"Offer", own_offer(), uri_of(own_offer())},
                                         External{"Uri", uri_of(own_offer()), uri_of(own_offer())}),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST_F(ActionsTest, ARotationGivesANewOfferAndRetiresTheOld) {
  make_live();
  const std::string old_offer = name_row().offer_id;
  zone.history.clear();
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  const auto row = name_row();
  EXPECT_EQ(row.state, NameState::kLive);
  EXPECT_NE(row.offer_id, old_offer);
  EXPECT_NE(record(), "");
  EXPECT_EQ(offer_row(row.offer_id).state, OfferState::kActive);
  EXPECT_EQ(offer_row(old_offer).state, OfferState::kRetired);
  EXPECT_EQ(offer_row(old_offer).retired_until, clock.wall() + base::Duration{3'600'000});
  EXPECT_TRUE(node().is_active(old_offer));  // still payable
  EXPECT_THAT(zone.history, SizeIs(1));      // replaced at once, never absent
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty())));
  expect_good_manners();
}

TEST_F(ActionsTest, ARotationStaysAtTheNamesNode) {
  make_live();
  configure("node2");
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().node_instance, "node");
  EXPECT_THAT(node().offers, SizeIs(2));
  EXPECT_THAT(nodes["node2"].calls, IsEmpty());
}

TEST_F(ActionsTest, ARotationThatCannotPublishLeavesTheOldRecordAndOffer) {
  make_live();
  const std::string before = record();
  const std::string offer = name_row().offer_id;
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kPermissionDenied}};
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRotate))).state, RunState::kCompensated);
  EXPECT_EQ(record(), before);
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_EQ(name_row().offer_id, offer);
  EXPECT_EQ(offer_row(offer).state, OfferState::kActive);
  EXPECT_TRUE(node().is_active(offer));
  EXPECT_EQ(node().active(), 1U);
  EXPECT_THAT(store->offers_of("default", kAlice, 10).value(), SizeIs(2));
  expect_good_manners();
}

TEST_F(ActionsTest, ARotationIsNotTurnedBackOnceTheNameIsLive) {
  make_live();
  const std::string before = record();
  validation_takes = base::Duration{5'000};
  const auto run = accept(command(kAlice, Verb::kRotate));
  pump([&] { return validations_open == 1; });
  const auto cancelled = begin(engine->cancel("default", run));
  io.poll();
  clock.advance(validation_takes);
  pump([&] { return cancelled->has_value(); });
  EXPECT_EQ((*cancelled)->error().code(), Code::kFailedPrecondition);
  EXPECT_THAT((*cancelled)->error().message(), HasSubstr("completed"));
  EXPECT_EQ(rest(run).state, RunState::kCompleted);
  EXPECT_NE(record(), before);
  EXPECT_THAT(event_types(), Not(Contains("run.compensating")));
}

TEST_F(ActionsTest, ASourceCanMoveFromNodeToOwnerAndBack) {
  make_live();
  const std::string first = name_row().offer_id;
  EXPECT_EQ(drive(accept(external(own_offer(), Verb::kSetSource))).state, RunState::kCompleted);
  EXPECT_EQ(record(), uri_of(own_offer()));
  EXPECT_EQ(name_row().source, state::SourceKind::kExternal);
  EXPECT_EQ(name_row().node_instance, "");
  EXPECT_EQ(offer_row(first).state, OfferState::kRetired);
  const auto rotated = await(engine->submit(command(kAlice, Verb::kRotate)));
  EXPECT_EQ(rotated.error().code(), Code::kFailedPrecondition);

  EXPECT_EQ(drive(accept(command(kAlice, Verb::kSetSource))).state, RunState::kCompleted);
  EXPECT_EQ(name_row().source, state::SourceKind::kNode);
  EXPECT_EQ(name_row().node_instance, "node");
  EXPECT_NE(name_row().offer_id, first);
  EXPECT_EQ(offer_row(name_row().offer_id).state, OfferState::kActive);
  EXPECT_EQ(offer_row(first).state, OfferState::kRetired);
  EXPECT_NE(record(), "");
  EXPECT_THAT(zone.history, Not(Contains(IsEmpty())));
  expect_good_manners();
}

TEST_F(ActionsTest, ARemovalWithdrawsAndQuarantines) {
  make_live();
  const std::string offer = name_row().offer_id;
  EXPECT_EQ(drive(accept(command(kAlice, Verb::kRemove))).state, RunState::kCompleted);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(name_row().state, NameState::kQuarantined);
  EXPECT_EQ(offer_row(offer).state, OfferState::kRetired);
  EXPECT_TRUE(node().is_active(offer));
}

TEST_F(ActionsTest, ARemovalWhoseWithdrawalMayHaveHappenedOnlyGoesForward) {
  make_live();
  zone.faults["Withdraw"] = {{Kind::kReplyLost, Code::kUnknown}, {Kind::kNothingDone}, {Kind::kNothingDone}};
  const auto run = accept(command(kAlice, Verb::kRemove));
  EXPECT_EQ(rest(run).state, RunState::kRunning);
  EXPECT_EQ(cancel(run).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_EQ(name_row().state, NameState::kQuarantined);
}

TEST_F(ActionsTest, ARemovalThatSurelyDidNothingCanBeCancelled) {
  make_live();
  zone.faults["Withdraw"] = {{Kind::kNothingDone, Code::kUnauthenticated}};
  const auto run = accept(command(kAlice, Verb::kRemove));
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  ASSERT_TRUE(cancel(run));
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_EQ(name_row().state, NameState::kLive);
  EXPECT_NE(record(), "");
}

TEST_F(ActionsTest, ALostReplyIsAskedForAgainUnderTheSameKey) {
  zone.faults["Publish"] = {{Kind::kReplyLost, Code::kDeadlineExceeded}};
  node().faults["CreateOffer"] = {{Kind::kReplyLost, Code::kInternal}};
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_THAT(node().offers, SizeIs(1));
  EXPECT_THAT(zone.history, SizeIs(1));
  expect_good_manners();
}

TEST_F(ActionsTest, RefusedCredentialsPauseAndAResumeGoesOn) {
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kUnauthenticated}};
  const auto run = accept(registration());
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  EXPECT_EQ(std::count(zone.calls.begin(), zone.calls.end(), "Publish"), 1);
  ASSERT_TRUE(resume(run));
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_THAT(node().offers, SizeIs(1));
}

TEST_F(ActionsTest, WaitingForServersSaysWhoIsMissingAndDoesNotFillTheJournal) {
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 (192.0.2.2) has it not", "[]"}; };
  const auto run = accept(registration());
  rest(run);
  const std::size_t before = journal_entries(run);
  for (int i = 0; i < 100; ++i) {
    clock.advance(clock.until_next().value());
    ASSERT_EQ(rest(run).state, RunState::kRunning);
  }
  EXPECT_EQ(authoritative_looks, 101U);
  EXPECT_LE(journal_entries(run) - before, 12U);  // one in ten minutes
  EXPECT_EQ(view(run).steps[4].message, "ns2 (192.0.2.2) has it not");
  EXPECT_EQ(name_row().state, NameState::kPublished);
  authoritatives = {};
  clock.advance(clock.until_next().value());
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
}

TEST_F(ActionsTest, ServersAreAskedAgainSoonerWhereSomebodyWaits) {
  authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 (192.0.2.2) has it not", "[]"}; };
  for (const bool bulk : {false, true}) {
    Command wanted = registration(bulk ? "many@example.test" : "one@example.test");
    wanted.bulk = bulk;
    const auto run = accept(wanted);
    for (const base::Duration::rep pause :
         bulk ? std::array{1'000, 2'000, 4'000} : std::array{200, 250, 313}) {
      ASSERT_EQ(rest(run).state, RunState::kRunning) << rest(run).reason;
      EXPECT_EQ(clock.until_next().value(), base::Duration{pause});
      clock.advance(clock.until_next().value());
    }
    authoritatives = {};
    EXPECT_EQ(drive(run).state, RunState::kCompleted);
    authoritatives = [] { return AuthoritativeReport{false, 1, 2, "ns2 (192.0.2.2) has it not", "[]"}; };
  }
}

TEST_F(ActionsTest, ResolversAreAskedOnlyAfterTheServersAgreedAndSettled) {
  configure("node", {}, "settle = \"10m\"");
  bool agreed = false;
  authoritatives = [&] {
    return AuthoritativeReport{agreed, agreed ? 2U : 1U, 2, agreed ? "2 of 2" : "1 of 2", "[]"};
  };
  bool give_out = false;
  resolvers = [&] {
    return ResolverSummary{give_out, give_out ? "1 of 1 resolvers have it" : "9.9.9.9:53 says NXDOMAIN", "[]",
                           45};
  };
  const auto run = accept(registration());
  ASSERT_EQ(rest(run).state, RunState::kRunning) << rest(run).reason;
  clock.advance(clock.until_next().value());
  rest(run);
  EXPECT_EQ(resolver_looks, 0);

  agreed = true;
  clock.advance(clock.until_next().value());
  rest(run);
  EXPECT_THAT(view(run).steps[4].message, HasSubstr("settle"));
  EXPECT_EQ(clock.until_next().value(), base::Duration{600'000});
  EXPECT_EQ(resolver_looks, 0);

  clock.advance(clock.until_next().value());
  rest(run);
  EXPECT_EQ(resolver_looks, 1);
  EXPECT_THAT(view(run).steps[4].message, HasSubstr("9.9.9.9:53 says NXDOMAIN"));
  // It remembers for 45 s what it said: asking sooner is of no use.
  EXPECT_EQ(clock.until_next().value(), base::Duration{45'000});
  EXPECT_EQ(name_row().state, NameState::kPublished);

  give_out = true;
  clock.advance(clock.until_next().value());
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(resolver_looks, 2);
  EXPECT_THAT(view(run).steps[4].message, HasSubstr("1 of 1 resolvers have it"));
}

TEST_F(ActionsTest, ServersAreAskedWhenTheProviderSaysThatTheyHaveTheChange) {
  zone.change_id = "C1";
  zone.pending_answers = 3;
  const auto run = accept(registration());
  for (int look = 0; look < 3; ++look) {
    ASSERT_EQ(rest(run).state, RunState::kRunning) << rest(run).reason;
    EXPECT_THAT(view(run).steps[4].message, HasSubstr("PENDING"));
    EXPECT_EQ(authoritative_looks, 0U);
    EXPECT_EQ(clock.until_next().value(), base::Duration{1'000 << look});
    clock.advance(clock.until_next().value());
  }
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_GT(authoritative_looks, 0U);
}

TEST_F(ActionsTest, AProviderThatCannotTellItsStateHoldsNobodyUp) {
  zone.change_id = "C1";
  zone.faults["SyncStatus"] = {{Kind::kNothingDone, Code::kPermissionDenied}};
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_EQ(std::count(zone.calls.begin(), zone.calls.end(), "SyncStatus"), 1);
}

TEST_F(ActionsTest, AProviderThatSaysPendingForEverIsNotBelieved) {
  zone.change_id = "C1";
  zone.pending_answers = 1'000'000;
  EXPECT_EQ(drive(accept(registration())).state, RunState::kCompleted);
  EXPECT_GT(authoritative_looks, 0U);
}

TEST_F(ActionsTest, ARepeatedRequestGetsTheRunOfTheFirst) {
  Command registers = registration();
  registers.idempotency_key = "key 1";
  registers.request_hash = "hash 1";
  const auto run = accept(registers);
  const auto during = await(engine->submit(registers));
  ASSERT_TRUE(during);
  EXPECT_TRUE(during->replayed);
  EXPECT_EQ(during->run, run);
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(await(engine->submit(registers))->run, run);
  Command other = registers;
  other.request_hash = "hash 2";
  EXPECT_EQ(await(engine->submit(other)).error().code(), Code::kInvalidArgument);

  Command removes = command(kAlice, Verb::kRemove);
  removes.idempotency_key = "key 2";
  removes.request_hash = "hash 3";
  const auto removal = accept(removes);
  EXPECT_TRUE(await(engine->submit(removes))->replayed);
  EXPECT_EQ(drive(removal).state, RunState::kCompleted);
  const auto after = await(engine->submit(removes));
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->replayed);
  EXPECT_EQ(after->run, removal);
  EXPECT_EQ(std::count(zone.calls.begin(), zone.calls.end(), "Withdraw"), 1);
  EXPECT_THAT(node().offers, SizeIs(1));
}

TEST_F(ActionsTest, DeletingANameWhoseRegistrationIsPausedFreesIt) {
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kUnauthenticated}};
  const auto run = accept(registration());
  EXPECT_EQ(drive(run).state, RunState::kPaused);
  Command removes = command(kAlice, Verb::kRemove);
  removes.idempotency_key = "key";
  removes.request_hash = "hash";
  EXPECT_EQ(accept(removes), run);
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_FALSE(store->find_name("default", kAlice).value());
  EXPECT_EQ(node().active(), 0U);
  EXPECT_EQ(accept(removes), run);
  EXPECT_EQ(await(engine->submit(command(kAlice, Verb::kRemove))).error().code(), Code::kNotFound);
  // What comes after is a name of its own.
  make_live();
  removes.idempotency_key = "another key";
  const auto removal = accept(removes);
  EXPECT_NE(removal, run);
  EXPECT_EQ(drive(removal).state, RunState::kCompleted);
}

TEST_F(ActionsTest, DeletingANameWhoseChangeIsPausedTurnsTheChangeBack) {
  make_live();
  zone.faults["Publish"] = {{Kind::kNothingDone, Code::kUnauthenticated}};
  const auto rotation = accept(command(kAlice, Verb::kRotate));
  EXPECT_EQ(drive(rotation).state, RunState::kPaused);
  const Command removes = command(kAlice, Verb::kRemove);
  EXPECT_EQ(accept(removes), rotation);
  EXPECT_EQ(drive(rotation).state, RunState::kCompensated);
  EXPECT_EQ(name_row().state, NameState::kLive);
  const auto removal = accept(removes);
  EXPECT_NE(removal, rotation);
  EXPECT_EQ(drive(removal).state, RunState::kCompleted);
}

}  // namespace
}  // namespace paynamed::pipeline
