// What was verified once is not verified again, and nothing else is taken for it.
#include "names/proof/signature_memory.hpp"

#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

class SignatureMemoryTest : public testing::Test {
 protected:
  base::Result<VerifiedProof> verify_with(SignatureMemory& memory, const Records& records,
                                          const std::string& owner = kAlice) const {
    ChainOptions options;
    options.now = kNow;
    options.memory = &memory;
    return verify_proof(chain_of(records), owner, net::DnsType::kTxt, anchors_of(tree_.root), options);
  }
  Records proof_of(const std::string& owner) const {
    return above_ + tree_.zone.sign(owner + " 300 IN TXT \"bitcoin:?lno=lno1\"");
  }

  const SignedTree tree_;
  // Signed once: ECDSA signatures differ each time.
  const Records above_ = tree_.above();
};

TEST_F(SignatureMemoryTest, TheKeysOfAZoneAreCheckedOnce) {
  SignatureMemory memory;
  ASSERT_TRUE(verify_with(memory, proof_of(kAlice)));
  const std::size_t all = memory.size();
  EXPECT_EQ(memory.reused(), 0u);
  const std::string bob = "bob.user._bitcoin-payment.example.test.";
  const auto proof = verify_with(memory, proof_of(bob), bob);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(memory.size(), all + 1) << "only the record's own signature was new";
  EXPECT_EQ(memory.reused(), all - 1);
}

TEST_F(SignatureMemoryTest, GivesTheVerdictThatNoMemoryGives) {
  SignatureMemory memory;
  const auto first = verify_with(memory, proof_of(kAlice));
  const auto again = verify_with(memory, proof_of(kAlice));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->values, again->values);
  EXPECT_EQ(first->valid_from, again->valid_from);
  EXPECT_EQ(first->expires, again->expires);
  EXPECT_EQ(first->max_cache_ttl, again->max_cache_ttl);
  EXPECT_EQ(first->algorithms, again->algorithms);
}

TEST_F(SignatureMemoryTest, EveryChangedByteIsRefusedWhenTheRightOnesAreRemembered) {
  SignatureMemory memory;
  const Records records = proof_of(kAlice);
  ASSERT_TRUE(verify_with(memory, records));
  const std::size_t known = memory.size();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].type != net::DnsType::kRrsig) continue;
    for (std::size_t at = 0; at < records[i].rdata.size(); ++at) {
      Records changed = records;
      changed[i].rdata[at] ^= 1U;
      // A signer's name that is broken is no record any more.
      if (!encode_chain(changed)) continue;
      EXPECT_FALSE(verify_with(memory, changed)) << "record " << i << ", byte " << at;
    }
  }
  EXPECT_EQ(memory.size(), known) << "what does not hold is not remembered";
}

TEST_F(SignatureMemoryTest, ASignatureThatIsRememberedEndsInItsTime) {
  SignatureMemory memory;
  ASSERT_TRUE(verify_with(memory, proof_of(kAlice)));
  ChainOptions later;
  later.now = at_second(4'000'000'000);
  later.memory = &memory;
  EXPECT_FALSE(
      verify_proof(chain_of(proof_of(kAlice)), kAlice, net::DnsType::kTxt, anchors_of(tree_.root), later));
}

TEST_F(SignatureMemoryTest, RemembersNoMoreThanItMay) {
  SignatureMemory memory{3};
  for (int i = 0; i < 4; ++i) {
    const std::string owner = "n" + std::to_string(i) + ".user._bitcoin-payment.example.test.";
    ASSERT_TRUE(verify_with(memory, proof_of(owner), owner));
    EXPECT_EQ(memory.size(), 3u);
  }
  SignatureMemory none{0};
  EXPECT_TRUE(verify_with(none, proof_of(kAlice)));
  EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace paynamed::names
