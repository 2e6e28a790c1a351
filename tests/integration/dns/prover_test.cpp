// Proofs made of what a real signed tree answers.
#include "names/prover.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
using tests::run;

constexpr base::Duration kTimeout{20'000};

struct ProverTest : testing::Test {
  static std::unique_ptr<fakes::KnotLab> lab;
  static void SetUpTestSuite() { lab = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab.reset(); }

  base::SystemClock clock;
  std::unique_ptr<Validator> validator;
  TrustAnchors anchors;
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
    auto read = read_trust_anchors(lab->anchor_file());
    ASSERT_TRUE(read) << read.error().to_string();
    anchors = *std::move(read);
    prover = std::make_unique<Prover>(*validator, anchors, clock);
  }

  base::Result<MadeProof> prove(const std::string& user, const std::string& zone = "example.test.") {
    return run(prover->prove(user + ".user._bitcoin-payment." + zone, kTimeout));
  }
};
std::unique_ptr<fakes::KnotLab> ProverTest::lab;

TEST_F(ProverTest, EachWayToARecordIsProven) {
  struct Case {
    std::string user;
    std::string uri;
    std::string canonical_user;
    std::size_t aliases;
    bool wildcard;
    std::chrono::seconds max_cache_ttl{60};
  };
  const std::vector<Case> table = {
      {"fixed", "bitcoin:?lno=lno1fixed", "fixed", 0, false},
      {"FIXED", "bitcoin:?lno=lno1fixed", "fixed", 0, false},
      {"alias", "bitcoin:?lno=lno1fixed", "fixed", 1, false},
      // The denial of the name itself lives as long as any negative answer.
      {"bob.wild", "bitcoin:?lno=lno1wild", "bob.wild", 0, true, std::chrono::seconds{5}},
  };
  for (const Case& each : table) {
    SCOPED_TRACE(each.user);
    const auto made = prove(each.user);
    ASSERT_TRUE(made) << made.error().to_string();
    const VerifiedProof& proof = made->verified.proof;
    EXPECT_EQ(made->verified.uri, each.uri);
    EXPECT_EQ(proof.canonical_owner, each.canonical_user + ".user._bitcoin-payment.example.test.");
    EXPECT_EQ(proof.aliases, each.aliases);
    EXPECT_EQ(proof.wildcard, each.wildcard);
    EXPECT_EQ(proof.max_cache_ttl, each.max_cache_ttl);
    EXPECT_LE(proof.valid_from, clock.wall());
    EXPECT_GT(proof.expires, clock.wall());
  }
}

TEST_F(ProverTest, AnAliasIntoAnotherZoneTakesBothZonesAlong) {
  const auto made = prove("abroad");
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->verified.uri, "bitcoin:?lno=lno1target");
  EXPECT_EQ(made->verified.proof.canonical_owner, "target.user._bitcoin-payment.second.test.");
}

TEST_F(ProverTest, NamesOfAZoneShareTheTrunkAndItIsTheSameEachTime) {
  const auto one = prove("fixed");
  const auto other = prove("bob.wild");
  const auto again = prove("fixed");
  ASSERT_TRUE(one && other && again);
  EXPECT_EQ(one->trunk, other->trunk);
  EXPECT_EQ(one->leaf, again->leaf);
  EXPECT_EQ(one->trunk, again->trunk);
  EXPECT_LT(one->leaf.size(), one->trunk.size());
}

TEST_F(ProverTest, WhatIsNotOneProvenInstructionIsNoProof) {
  struct Case {
    std::string user;
    std::string zone;
    base::Code code;
    std::string says;
  };
  const std::vector<Case> table = {
      {"nobody", "example.test.", base::Code::kNotFound, "has no TXT record"},
      {"twice", "example.test.", base::Code::kFailedPrecondition, "bitcoin:"},
      {"fixed", "unsigned.test.", base::Code::kFailedPrecondition, "is not DNSSEC-signed"},
      {"fixed", "bogus.test.", base::Code::kFailedPrecondition, "does not validate"},
      {"a..b", "example.test.", base::Code::kInvalidArgument, "not a DNS name"},
  };
  for (const Case& each : table) {
    SCOPED_TRACE(each.user + " in " + each.zone);
    const auto made = prove(each.user, each.zone);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), each.code) << made.error().to_string();
    EXPECT_NE(made.error().message().find(each.says), std::string::npos) << made.error().to_string();
  }
}

TEST_F(ProverTest, OptOutLeavesAWildcardOpenAndNotARecordOfItsOwn) {
  const std::string zone = "optout.test.";
  const std::string below = ".user._bitcoin-payment." + zone;
  lab->add_zone(zone, "opt-out", {lab->addresses().front()});
  lab->edit(zone, {"set *" + below + " 60 TXT \"bitcoin:?lno=lno1any\"",
                   "set own" + below + " 60 TXT \"bitcoin:?lno=lno1own\""});
  SetUp();  // with the new zone's servers
  const auto own = prove("own", zone);
  ASSERT_TRUE(own) << own.error().to_string();
  EXPECT_EQ(own->verified.uri, "bitcoin:?lno=lno1own");
  EXPECT_FALSE(own->verified.proof.nsec3_opt_out) << "it needs no NSEC3 record at all";
  const auto any = prove("any", zone);
  ASSERT_FALSE(any);
  EXPECT_EQ(any.error().code(), base::Code::kFailedPrecondition);
  EXPECT_NE(any.error().message().find("NSEC3 with opt-out"), std::string::npos) << any.error().message();
  EXPECT_NE(any.error().message().find("a record of its own"), std::string::npos) << any.error().message();
}

TEST_F(ProverTest, AChangedRecordIsProvenWithItsNewValue) {
  const std::string name = "changing.user._bitcoin-payment.second.test.";
  for (const std::string value : {"bitcoin:?lno=lno1before", "bitcoin:?lno=lno1after"}) {
    lab->put_txt("second.test.", name, {value});
    const auto made = prove("changing", "second.test.");
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->verified.uri, value);
  }
  lab->remove_txt("second.test.", name);
}

TEST_F(ProverTest, TheDeadlineHolds) {
  lab->pause();
  const auto made = run(prover->prove("fixed.user._bitcoin-payment.example.test.", base::Duration{300}));
  lab->resume();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), base::Code::kDeadlineExceeded) << made.error().to_string();
}

}  // namespace
}  // namespace paynamed::names
