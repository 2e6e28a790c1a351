// CNAME and DNAME on the way to the records.
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

struct TwoZones {
  SignedTree tree;
  SignedZone other{"other.test."};
  Records above() const { return tree.above() + tree.tld.delegate(other) + other.keys(); }
  Records target() const { return other.sign("pay.other.test. 60 IN TXT \"bitcoin:?lno=there\""); }
};

TEST(ProofAlias, FollowsACnameIntoAnotherZone) {
  const TwoZones two;
  const auto proof =
      verify(two.tree.root, two.above() + two.target() +
                                two.tree.zone.sign(std::string{kAlice} + " 300 IN CNAME Pay.Other.test."));
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->owner, kAlice);
  EXPECT_EQ(proof->canonical_owner, "pay.other.test.");
  EXPECT_EQ(proof->aliases, 1U);
  EXPECT_EQ(proof->max_cache_ttl.count(), 60);
  EXPECT_EQ(proof->values, std::vector<std::string>{"bitcoin:?lno=there"});
}

TEST(ProofAlias, FollowsADnameIntoAnotherZone) {
  const TwoZones two;
  const Records records = two.above() +
                          two.tree.zone.sign("user._bitcoin-payment.example.test. 300 IN DNAME other.test.") +
                          two.other.sign("alice.other.test. 60 IN TXT \"bitcoin:?lno=there\"");
  const auto proof = verify(two.tree.root, records);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->canonical_owner, "alice.other.test.");
  EXPECT_EQ(proof->aliases, 1U);
  // With the CNAME that servers make from it, which nobody signs (RFC 6672 section 5.3.1).
  const std::string cname = std::string{kAlice} + " 0 IN CNAME ";
  EXPECT_TRUE(verify(two.tree.root, records + Records{record(cname + "alice.other.test.")}));
  EXPECT_THAT(why_not(verify(two.tree.root, records + Records{record(cname + "mallory.other.test.")})),
              testing::HasSubstr("no signed DNAME in the proof makes it"));
}

TEST(ProofAlias, NeedsAWildcardCnameToApply) {
  const TwoZones two;
  const std::string base = "user._bitcoin-payment.example.test.";
  const Records records = two.above() + two.target() +
                          two.tree.zone.expand("*." + base + " 300 IN CNAME pay.other.test.", kAlice);
  EXPECT_THAT(why_not(verify(two.tree.root, records)), testing::HasSubstr("CNAME comes from a wildcard"));
  const auto proof =
      verify(two.tree.root, records + two.tree.zone.sign("al." + base + " 30 IN NSEC bob." + base + " TXT"));
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_TRUE(proof->wildcard);
  EXPECT_EQ(proof->max_cache_ttl.count(), 30);
}

TEST(ProofAlias, EndsSomewhereAndSoon) {
  const TwoZones two;
  const auto hops = [&](int count, const std::string& last) {
    Records records = two.above() + two.target();
    std::string from = kAlice;
    for (int i = 1; i <= count; ++i) {
      const std::string to = i == count ? last : "hop" + std::to_string(i) + ".example.test.";
      records = records + two.tree.zone.sign(from + " 300 IN CNAME " + to);
      from = to;
    }
    return records;
  };
  const std::string long_name = std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                                std::string(60, 'c') + "." + std::string(40, 'd') + ".test.";
  const std::string long_owner = std::string(60, 'e') + "." + std::string{kAlice};
  expect_verdicts(
      two.tree,
      {
          {"eight aliases", [&](const auto&) { return hops(8, "pay.other.test."); }, ""},
          {"nine aliases", [&](const auto&) { return hops(9, "pay.other.test."); }, "more than 8 aliases"},
          {"a circle", [&](const auto&) { return hops(3, kAlice); }, "in a circle"},
          {"nowhere", [&](const auto&) { return hops(1, "nobody.other.test."); },
           "no signed TXT record of nobody.other.test."},
          {"an unsigned CNAME",
           [&](const auto&) {
             return two.above() + two.target() +
                    Records{record(std::string{kAlice} + " 300 IN CNAME pay.other.test.")};
           },
           "is not signed"},
          {"an alias out of a zone by the keys of another",
           [&](const auto&) {
             return two.above() + two.target() +
                    two.other.sign(std::string{kAlice} + " 300 IN CNAME pay.other.test.");
           },
           "is by other.test., which is not above it"},
          {"two CNAME records",
           [&](const auto&) {
             return two.above() + two.target() +
                    two.tree.zone.sign(
                        Records{record(std::string{kAlice} + " 300 IN CNAME pay.other.test."),
                                record(std::string{kAlice} + " 300 IN CNAME pay2.other.test.")});
           },
           "to no usable name"},
          {"a CNAME beside the record",
           [&](const auto&) {
             return two.above() + two.target() + two.tree.zone.sign(kAliceTxt) +
                    two.tree.zone.sign(std::string{kAlice} + " 300 IN CNAME pay.other.test.");
           },
           "has a CNAME beside its TXT records"},
          {"a DNAME at the name itself",
           [&](const auto&) {
             return two.above() + two.target() +
                    two.tree.zone.sign(std::string{kAlice} + " 300 IN DNAME other.test.");
           },
           "no signed TXT record of alice"},
          {"a DNAME to a name that is too long",
           [&](const auto&) {
             return two.above() +
                    two.tree.zone.sign("_bitcoin-payment.example.test. 300 IN DNAME " + long_name);
           },
           "to no usable name", long_owner},
          {"a DNAME made from a wildcard",
           [&](const auto&) {
             return two.above() + two.tree.zone.expand("*.example.test. 300 IN DNAME other.test.",
                                                       "user._bitcoin-payment.example.test.");
           },
           "for a wildcard, which that type never is"},
          {"records that a DNAME hides",
           [&](const auto&) {
             return two.above() + two.tree.zone.sign(kAliceTxt) +
                    two.tree.zone.sign("example.test. 300 IN DNAME other.test.");
           },
           "no signed TXT record of alice.user._bitcoin-payment.other.test."},
      });
}

TEST(ProofAlias, IsNotFollowedWhenAskedFor) {
  const TwoZones two;
  const auto chain =
      chain_of(two.tree.above() + two.tree.zone.sign(std::string{kAlice} + " 300 IN CNAME pay.other.test."));
  const auto proof = verify_proof(chain, kAlice, net::DnsType::kCname, anchors_of(two.tree.root),
                                  {kNow, base::Duration{0}, Unverifiable::kRefuse});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->canonical_owner, kAlice);
  EXPECT_EQ(proof->aliases, 0U);
}

}  // namespace
}  // namespace paynamed::names
