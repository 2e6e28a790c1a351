// What is read off a chain for the lint.
#include "names/lint/chain_facts.hpp"

#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

using fakes::label_after;
using fakes::label_before;
using fakes::nsec3_label;
using testing::ElementsAre;

const std::string kBase = "user._bitcoin-payment.example.test.";
const std::string kWildcard = "*." + kBase + " 300 IN TXT \"bitcoin:?lno=any\"";

ChainFacts facts_of(const SignedTree& tree, const Records& leaf) {
  const Records records = tree.above() + leaf;
  const auto proof = verify(tree.root, records);
  EXPECT_TRUE(proof) << why_not(proof);
  if (!proof) return {};
  const auto facts = read_chain_facts(chain_of(records), *proof);
  EXPECT_TRUE(facts);
  EXPECT_EQ(facts->proof_bytes, chain_of(records).size());
  return facts.value_or(ChainFacts{});
}

TEST(ChainFacts, OfAPlainRecord) {
  const SignedTree tree{8, 14, 13};
  const ChainFacts facts = facts_of(tree, tree.zone.sign(kAliceTxt));
  EXPECT_EQ(facts.ttl, std::chrono::seconds{300});
  EXPECT_THAT(facts.record_algorithms, ElementsAre(13));
  EXPECT_THAT(facts.needed_algorithms, ElementsAre(8, 13, 14));
  // Header, question, OPT; TXT: owner, fixed part, 17 + 10 characters in two strings; RRSIG: owner, fixed
  // parts, signer, signature.
  EXPECT_EQ(facts.answer_bytes, 12U + (42 + 4) + 11 + (2 + 10 + 18 + 11) + (2 + 10 + 18 + 14 + 64));
  EXPECT_FALSE(facts.last_denial);
  EXPECT_EQ(facts.nsec3_iterations, 0);
}

TEST(ChainFacts, AnAlgorithmBesideAnotherIsNotNeeded) {
  const SignedTree tree;
  const SigningKey second{"example.test.", 15, 256};
  const Records txt{record(kAliceTxt)};
  const Records keys{tree.zone.key().dnskey(), second.dnskey()};
  const Records records = tree.root.keys() + tree.root.delegate(tree.tld) + tree.tld.keys() +
                          tree.tld.delegate(tree.zone) + tree.zone.sign(keys) + tree.zone.sign(txt) +
                          Records{second.rrsig(txt)};
  const auto proof = verify(tree.root, records);
  ASSERT_TRUE(proof) << why_not(proof);
  const auto facts = read_chain_facts(chain_of(records), *proof);
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->needed_algorithms, ElementsAre(13));
  EXPECT_THAT(facts->record_algorithms, ElementsAre(13, 15));
}

TEST(ChainFacts, AnAliasCountsWithItsAnswer) {
  const SignedTree tree;
  const std::string target = "bob." + kBase;
  const Records leaf = tree.zone.sign(std::string{kAlice} + " 60 IN CNAME " + target) +
                       tree.zone.sign(target + " 600 IN TXT \"bitcoin:?lno=any\"");
  const ChainFacts facts = facts_of(tree, leaf);
  EXPECT_EQ(facts.ttl, std::chrono::seconds{600});
  constexpr std::size_t kSignature = 2 + 10 + 18 + 14 + 64;
  EXPECT_EQ(facts.answer_bytes,
            12U + (42 + 4) + 11 + (2 + 10 + 40 + kSignature) + 4 + (2 + 10 + 17 + kSignature));
}

TEST(ChainFacts, TheLastDenialOfAZoneIsSeen) {
  const SignedTree tree;
  const Records expanded = tree.zone.expand(kWildcard, kAlice);
  const std::string hash = nsec3_label(kAlice);
  const auto nsec3 = [](const std::string& from, const std::string& to) {
    return from + ".example.test. 300 IN NSEC3 1 0 0 - " + to + " TXT RRSIG";
  };
  const struct {
    std::string denial;
    bool last;
  } cases[] = {
      {"al." + kBase + " 300 IN NSEC bob." + kBase + " TXT RRSIG NSEC", false},
      {"al." + kBase + " 300 IN NSEC example.test. TXT RRSIG NSEC", true},
      {"example.test. 300 IN NSEC example.test. SOA NS TXT RRSIG NSEC DNSKEY", true},
      {nsec3(label_before(hash), label_after(hash)), false},
      {nsec3(label_before(hash), label_before(label_before(hash))), true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.denial);
    EXPECT_EQ(facts_of(tree, expanded + tree.zone.sign(c.denial)).last_denial, c.last);
  }
}

TEST(ChainFacts, IterationsAreCounted) {
  const SignedTree tree;
  const std::string hash = nsec3_label(kAlice, 7);
  const Records leaf = tree.zone.expand(kWildcard, kAlice) +
                       tree.zone.sign(label_before(hash) + ".example.test. 300 IN NSEC3 1 0 7 - " +
                                      label_after(hash) + " TXT RRSIG");
  EXPECT_EQ(facts_of(tree, leaf).nsec3_iterations, 7);
}

TEST(ChainFacts, OfBytesThatAreNoChainThereAreNone) {
  const auto facts = read_chain_facts(std::vector<std::uint8_t>{1, 2, 3}, {});
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::names
