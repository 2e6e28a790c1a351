// The lint of names in a real signed tree.
#include "names/lint/lint.hpp"

#include <gmock/gmock.h>

#include "names/prover.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/integration/dns/run.hpp"
#include "tests/unit/names/lint/subject.hpp"

namespace paynamed::names {
namespace {
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using tests::run;

constexpr base::Duration kTimeout{20'000};
constexpr const char* kBetween = ".user._bitcoin-payment.";

struct LintTest : testing::Test {
  static std::unique_ptr<fakes::KnotLab> lab;
  static void SetUpTestSuite() { lab = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab.reset(); }

  base::SystemClock clock;
  std::unique_ptr<Validator> validator;
  std::unique_ptr<Prover> prover;

  void SetUp() override {
    ValidatorSettings settings;
    settings.anchor_file = lab->anchor_file();
    for (const auto& stub : lab->stubs()) {
      const auto space = stub.find(' ');
      settings.stubs.push_back({stub.substr(0, space), *net::parse_endpoint(stub.substr(space + 1))});
    }
    auto made = Validator::create(std::move(settings), clock);
    ASSERT_TRUE(made) << made.error().to_string();
    validator = *std::move(made);
    auto anchors = read_trust_anchors(lab->anchor_file());
    ASSERT_TRUE(anchors) << anchors.error().to_string();
    prover = std::make_unique<Prover>(*validator, *std::move(anchors), clock);
  }

  static void put(const std::string& user, const std::string& zone, const std::vector<std::string>& values) {
    lab->put_txt(zone, user + kBetween + zone, values);
  }
  base::Result<LintReport> lint_of(const std::string& user, const std::string& zone) {
    const auto name = base::Name::from_parts(user, zone.substr(0, zone.size() - 1));
    if (!name) return base::fail(name.error());
    const auto made = run(prover->prove(name->owner_name(), kTimeout));
    if (!made) return base::fail(made.error());
    const VerifiedProof& proof = made->verified.proof;
    const auto facts = read_chain_facts(made->chain(), proof);
    if (!facts) return base::fail(facts.error());
    return lint({*name, proof, *facts, clock.wall()});
  }
};
std::unique_ptr<fakes::KnotLab> LintTest::lab;

TEST_F(LintTest, OfAPlainRecordOnlyTheShortTtlIsFound) {
  put("plain", "example.test.", {good_uri()});
  const auto report = lint_of("plain", "example.test.");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(codes_of(report->findings), ElementsAre("note ttl"));
  EXPECT_THAT(verdicts_of(*report), IsEmpty());
}

TEST_F(LintTest, AWildcardIsFoundAndPayable) {
  put("*.tips", "example.test.", {good_uri()});
  // Something behind it, so that it is not the last of its zone.
  put("zoe", "example.test.", {good_uri()});
  const auto report = lint_of("bob.tips", "example.test.");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(codes_of(report->findings), ElementsAre("warning wildcard", "note ttl"));
  EXPECT_THAT(verdicts_of(*report), IsEmpty());
}

TEST_F(LintTest, AnAliasIntoAnotherZoneStopsPhoenix) {
  put("target", "second.test.", {good_uri()});
  const auto report = lint_of("abroad", "example.test.");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(codes_of(report->findings), ElementsAre("warning alias", "note ttl"));
  EXPECT_THAT(verdicts_of(*report), ElementsAre(StartsWith("Phoenix no: an alias"),
                                                StartsWith("Zeus unknown"), StartsWith("Boltz unknown")));
}

TEST_F(LintTest, AnotherRecordAtTheNameStopsWhoeverTakesTheFirst) {
  put("decoy", "example.test.", {"v=spf1 -all", good_uri()});
  const auto report = lint_of("decoy", "example.test.");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(codes_of(report->findings), ElementsAre("warning extra_records", "note ttl"));
  EXPECT_THAT(verdicts_of(*report),
              ElementsAre(StartsWith("Phoenix no"), StartsWith("Zeus unknown"), StartsWith("Boltz no")));
}

TEST_F(LintTest, TwoPaymentRecordsAreNotEvenProven) {
  const auto report = lint_of("twice", "example.test.");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), base::Code::kFailedPrecondition);
}

TEST_F(LintTest, ARecordWithABrokenOfferIsProvenAndOfNoUse) {
  const auto report = lint_of("fixed", "example.test.");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(codes_of(report->findings), Contains("error payment_uri"));
  EXPECT_THAT(verdicts_of(*report), Contains(StartsWith("LDK no")));
}

}  // namespace
}  // namespace paynamed::names
