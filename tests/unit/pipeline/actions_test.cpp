// Whole runs of the built-in pipelines with the real actions.
#include <gmock/gmock.h>

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
using Verdict = ValidationReport::Verdict;

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

struct Domain {
  const char* name;
  Verdict verdict;
  RunState ends;
};

class DomainTest : public ActionsFixture, public testing::WithParamInterface<Domain> {};

TEST_P(DomainTest, ThatIsNotSecureStopsARunBeforeAnythingIsMade) {
  domain_validation = {GetParam().verdict, {}, "example.test is not as it should be"};
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, GetParam().ends);
  EXPECT_THAT(row.reason, HasSubstr("example.test is not as it should be"));
  EXPECT_THAT(node().calls, IsEmpty());
  EXPECT_THAT(zone.calls, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(, DomainTest,
                         testing::Values(Domain{"Insecure", Verdict::kInsecure, RunState::kCompensated},
                                         Domain{"Bogus", Verdict::kBogus, RunState::kCompensated},
                                         Domain{"Indeterminate", Verdict::kIndeterminate, RunState::kPaused}),
                         [](const auto& each) { return std::string{each.param.name}; });

struct ALie {
  const char* name;
  Lie lie;
  const char* reason;
  RunState ends = RunState::kPaused;
};

class LieTest : public ActionsFixture, public testing::WithParamInterface<ALie> {};

// The descriptions say nothing of the name, so that another name's offer looks right but for its issuer.
TEST_P(LieTest, IsNeverPublishedAndNoOtherNamesOfferIsDisabled) {
  std::string pipeline;
  for (const std::string step : {"do = \"domain.check\"", "do = \"node.provision\"\nwith = \"node\"",
                                 "do = \"offer.create\"\nwith = \"node\"\nargs = { description = \"Pay\" }",
                                 "do = \"dns.publish\"", "do = \"dns.await\"", "do = \"name.prove\""}) {
    pipeline +=
        "[[pipelines.register.steps]]\nid = \"s" + std::to_string(pipeline.size()) + "\"\n" + step + "\n";
  }
  configure("node", pipeline);
  make_live("bob@example.test");
  const std::string bobs = name_row("bob@example.test").offer_id;

  node().lie = GetParam().lie;
  const auto run = accept(registration());
  auto row = drive(run);
  EXPECT_EQ(row.state, GetParam().ends);
  EXPECT_THAT(row.reason, HasSubstr(GetParam().reason));
  EXPECT_THAT(records(), IsEmpty());
  if (row.state == RunState::kPaused) {
    EXPECT_THAT(node().disabled, IsEmpty());
    ASSERT_TRUE(cancel(run));
    row = drive(run);
  }
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_TRUE(node().is_active(bobs));
  EXPECT_EQ(node().active(), 1U);
  EXPECT_EQ(name_row("bob@example.test").state, NameState::kLive);
  expect_good_manners();
}

INSTANTIATE_TEST_SUITE_P(
    , LieTest,
    testing::Values(ALie{"Amount", Lie::kAmount, "another amount"},
                    ALie{"Description", Lie::kDescription, "another description"},
                    ALie{"Issuer", Lie::kIssuer, "not for this name"},
                    ALie{"NoIssuer", Lie::kNoIssuer, "not for this name"},
                    ALie{"Expiry", Lie::kExpiry, "ends at another time"},
                    ALie{"ExpiryBeyondYear10000", Lie::kExpiryBeyondYear10000, "ends at another time"},
                    ALie{"Id", Lie::kId, "another id"},
                    ALie{"OfferOfAnotherKey", Lie::kOfferOfAnotherKey, "not for this name"},
                    ALie{"Garbage", Lie::kGarbage, "wallets would refuse"},
                    ALie{"NoMessage", Lie::kNoMessage, "no such reply"},
                    ALie{"HugeNodeName", Lie::kHugeNodeName, "unreasonable length", RunState::kCompensated}),
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

TEST_F(ActionsTest, ANodeThatGivesTheNamesOldOfferAgainIsNotBelieved) {
  make_live();
  node().lie = Lie::kOfferOfAnotherKey;
  const std::string before = record();
  const auto row = drive(accept(command(kAlice, Verb::kRotate)));
  EXPECT_EQ(row.state, RunState::kPaused);
  EXPECT_THAT(row.reason, HasSubstr("under another key"));
  ASSERT_TRUE(cancel(row.id));
  EXPECT_EQ(drive(row.id).state, RunState::kCompensated);
  EXPECT_TRUE(node().is_active(name_row().offer_id));
  EXPECT_EQ(record(), before);
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

TEST_F(ActionsTest, ARecordOfSomebodyElseIsRefusedAndStays) {
  records() = {"v=spf1 -all"};
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("not ours"));
  EXPECT_THAT(records(), ElementsAre("v=spf1 -all"));
  EXPECT_EQ(node().active(), 0U);
}

TEST_F(ActionsTest, ARecordThatCameBetweenReadingAndPublishingStays) {
  zone.before = [&](const std::string& method) {
    if (method == "Publish") records() = {"foreign"};
  };
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("not ours"));
  EXPECT_THAT(records(), ElementsAre("foreign"));
  expect_good_manners();
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
  EXPECT_EQ(accept(command(kAlice, Verb::kRemove)), run);
  EXPECT_EQ(drive(run).state, RunState::kCompensated);
  EXPECT_FALSE(store->find_name("default", kAlice).value());
  EXPECT_EQ(node().active(), 0U);
  make_live();
}

struct Unproven {
  const char* name;
  ValidationReport report;
  const char* message;
};

class ProofTest : public ActionsFixture, public testing::WithParamInterface<Unproven> {};

TEST_P(ProofTest, ANameIsNotLiveBeforeItIsProven) {
  record_validation = [] { return GetParam().report; };
  const auto run = accept(registration());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rest(run).state, RunState::kRunning);
    clock.advance(clock.until_next().value());
  }
  rest(run);
  EXPECT_EQ(name_row().state, NameState::kPublished);
  EXPECT_THAT(view(run).steps[5].message, HasSubstr(GetParam().message));
  record_validation = {};
  clock.advance(clock.until_next().value());
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(name_row().state, NameState::kLive);
}

INSTANTIATE_TEST_SUITE_P(
    , ProofTest,
    testing::Values(Unproven{"OtherValue", {Verdict::kSecure, {uri_of(own_offer())}, ""}, "another value"},
                    Unproven{"NoValue", {Verdict::kSecure, {}, ""}, "begins with"},
                    Unproven{"TwoRecords",
                             {Verdict::kSecure, {uri_of(own_offer()), uri_of(own_offer("second"))}, ""},
                             "exactly one"},
                    Unproven{"Insecure", {Verdict::kInsecure, {}, "not signed"}, "not signed"},
                    Unproven{"Bogus", {Verdict::kBogus, {}, "signature expired"}, "signature expired"},
                    Unproven{"Indeterminate", {Verdict::kIndeterminate, {}, "no answer"}, "no answer"}),
    [](const auto& each) { return std::string{each.param.name}; });

}  // namespace
}  // namespace paynamed::pipeline
