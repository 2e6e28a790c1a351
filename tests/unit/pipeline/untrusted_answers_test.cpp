// What zones, nodes and resolvers answer is not believed before it is checked.
#include <gmock/gmock.h>

#include "tests/unit/pipeline/actions_fixture.hpp"

namespace paynamed::pipeline {
namespace {

using state::NameState;
using state::RunState;
using state::Verb;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Verdict = ValidationReport::Verdict;

struct UntrustedTest : ActionsFixture {};

struct Domain {
  const char* name;
  Verdict verdict;
  RunState ends;
};

class DomainTest : public ActionsFixture, public testing::WithParamInterface<Domain> {};

TEST_P(DomainTest, ThatIsNotSecureStopsARunBeforeAnythingIsMade) {
  domain_validation = {GetParam().verdict, "example.test is not as it should be"};
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
                    ALie{"Id", Lie::kId, "another id"},
                    ALie{"OfferOfAnotherKey", Lie::kOfferOfAnotherKey, "not for this name"},
                    ALie{"Garbage", Lie::kGarbage, "wallets would refuse"},
                    ALie{"NoMessage", Lie::kNoMessage, "no such reply"},
                    ALie{"HugeNodeName", Lie::kHugeNodeName, "unreasonable length", RunState::kCompensated}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_F(UntrustedTest, AnEndAfterTheYear9999IsNone) {
  node().lie = Lie::kExpiryBeyondYear10000;
  make_live();
  EXPECT_EQ(name_row().state, NameState::kLive);
}

TEST_F(UntrustedTest, ANodeThatGivesTheNamesOldOfferAgainIsNotBelieved) {
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

TEST_F(UntrustedTest, ARecordOfSomebodyElseIsRefusedAndStays) {
  records() = {"v=spf1 -all"};
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("not ours"));
  EXPECT_THAT(records(), ElementsAre("v=spf1 -all"));
  EXPECT_EQ(node().active(), 0U);
}

TEST_F(UntrustedTest, ARecordThatCameBetweenReadingAndPublishingStays) {
  zone.before = [&](const std::string& method) {
    if (method == "Publish") records() = {"foreign"};
  };
  const auto row = drive(accept(registration()));
  EXPECT_EQ(row.state, RunState::kCompensated);
  EXPECT_THAT(row.reason, HasSubstr("not ours"));
  EXPECT_THAT(records(), ElementsAre("foreign"));
  expect_good_manners();
}

struct Unproven {
  const char* name;
  const char* value;  // proven; null: it is not
  base::Status failure;
  const char* message;
};

class ProofTest : public ActionsFixture, public testing::WithParamInterface<Unproven> {};

TEST_P(ProofTest, ANameIsNotLiveBeforeItIsProven) {
  record_proof = [this]() -> base::Result<ProvenRecord> {
    if (GetParam().value) return proof_of(GetParam().value);
    return base::fail(GetParam().failure);
  };
  const auto run = accept(registration());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rest(run).state, RunState::kRunning);
    clock.advance(clock.until_next().value());
  }
  rest(run);
  EXPECT_EQ(name_row().state, NameState::kPublished);
  EXPECT_FALSE(store->find_proof(kAlice).value());
  EXPECT_THAT(view(run).steps[5].message, HasSubstr(GetParam().message));
  record_proof = {};
  clock.advance(clock.until_next().value());
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(name_row().state, NameState::kLive);
  const auto proof = store->find_proof(kAlice).value();
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->value, name_row().value);
}

TEST_F(ActionsFixture, ANameThatSomeWalletsCannotPayIsLiveAndSaysSo) {
  record_proof = [this] {
    ProvenRecord proven = proof_of(zone.records[owner_name(kAlice)].at(0));
    proven.lint.findings = {{"alias", names::Severity::kWarning, "an alias"}};
    proven.lint.wallets = {{"LDK", names::Usable::kYes, ""},
                           {"Phoenix", names::Usable::kNo, "an alias is in its way"}};
    return base::Result<ProvenRecord>{std::move(proven)};
  };
  const auto run = accept(registration());
  EXPECT_EQ(drive(run).state, RunState::kCompleted);
  EXPECT_EQ(name_row().state, NameState::kLive);
  const auto step = view(run).steps[5];
  EXPECT_THAT(step.message, testing::EndsWith("; Phoenix cannot pay it: an alias is in its way"));
  EXPECT_THAT(step.outputs, HasSubstr(R"("findings":[{"code":"alias",)"));
  EXPECT_THAT(step.outputs, HasSubstr(R"("wallets":[{"family":"LDK",)"));
}

INSTANTIATE_TEST_SUITE_P(
    , ProofTest,
    testing::Values(
        Unproven{"OtherValue", "bitcoin:?lno=of-yesterday", {}, "another value"},
        Unproven{"NoRecord", nullptr, base::not_found("alice has no TXT record"), "no TXT record"},
        Unproven{"Insecure", nullptr, base::failed_precondition("the zone is not signed"), "not signed"},
        Unproven{"Unreachable", nullptr, base::unavailable("no answer"), "no answer"},
        Unproven{"TooSlow", nullptr, base::deadline_exceeded("not proven in time"), "in time"}),
    [](const auto& each) { return std::string{each.param.name}; });

}  // namespace
}  // namespace paynamed::pipeline
