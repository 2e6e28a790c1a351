// From the anchor to the record: algorithms, DS records, keys, times and the fields of signatures.
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

using Numbers = std::vector<std::uint8_t>;

class EachAlgorithm : public testing::TestWithParam<int> {};

TEST_P(EachAlgorithm, ProvesARecordInEveryPlaceOfTheChain) {
  const auto algorithm = static_cast<std::uint8_t>(GetParam());
  const SignedTree tree{algorithm, algorithm, algorithm};
  const auto proof = verify(tree.root, tree.above() + tree.zone.sign(kAliceTxt));
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->owner, kAlice);
  EXPECT_EQ(proof->canonical_owner, kAlice);
  EXPECT_EQ(proof->values, std::vector<std::string>{kAliceValue});
  EXPECT_EQ(proof->records, std::vector<std::vector<std::uint8_t>>{record(kAliceTxt).rdata});
  EXPECT_EQ(proof->algorithms, Numbers{algorithm});
  EXPECT_EQ(proof->ds_digests, Numbers{2});
  EXPECT_EQ(proof->max_cache_ttl.count(), 300);
  EXPECT_EQ(proof->proof_steps, 6U);
  EXPECT_EQ(proof->aliases, 0U);
  EXPECT_FALSE(proof->wildcard);
  EXPECT_FALSE(proof->nsec3_opt_out);
}

INSTANTIATE_TEST_SUITE_P(Proof, EachAlgorithm, testing::Values(8, 10, 13, 14, 15));

TEST(ProofChain, TellsEveryAlgorithmAndDigestThatItRestsOn) {
  const SignedTree tree{8, 13, 15};
  const auto proof =
      verify(tree.root, tree.root.keys() + tree.root.delegate(tree.tld, 4) + tree.tld.keys() +
                            tree.tld.delegate(tree.zone, 1) + tree.zone.keys() + tree.zone.sign(kAliceTxt));
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->algorithms, (Numbers{8, 13, 15}));
  EXPECT_EQ(proof->ds_digests, (Numbers{1, 4}));
}

TEST(ProofChain, TakesItsRecordsInAnyOrderAndAnyOfThemTwice) {
  const SignedTree tree;
  Records records = tree.above() + tree.zone.sign(kAliceTxt);
  std::reverse(records.begin(), records.end());
  std::vector<std::uint8_t> chain = chain_of(records);
  const std::vector<std::uint8_t> twice = chain_of({records[0], records[3]});
  chain.insert(chain.end(), twice.begin(), twice.end());
  const auto proof = verify_proof(chain, "ALICE.user._bitcoin-payment.Example.test", net::DnsType::kTxt,
                                  anchors_of(tree.root), {kNow, base::Duration{0}, Unverifiable::kRefuse});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->values, std::vector<std::string>{kAliceValue});
}

TEST(ProofChain, RefusesShortRsaKeysSha1AndWhatIsMissingOrMadeByOthers) {
  const SignedTree tree;
  const SignedZone other{"example.test."};
  const SignedZone sibling{"user._bitcoin-payment.example.test."};
  const auto with_zone = [](const SignedTree& t, const SignedZone& zone) {
    return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.tld.delegate(zone) + zone.keys() +
           zone.sign(kAliceTxt);
  };
  expect_verdicts(
      tree,
      {
          {"good", [](const auto& t) { return t.above() + t.zone.sign(kAliceTxt); }, ""},
          {"RSA of 512 bits",
           [&](const auto& t) { return with_zone(t, SignedZone("example.test.", 8, 512)); },
           "an RSA key of 512 bits"},
          {"RSA of 1016 bits",
           [&](const auto& t) { return with_zone(t, SignedZone("example.test.", 8, 1016)); },
           "an RSA key of 1016 bits"},
          {"RSA of 2048 bits",
           [&](const auto& t) { return with_zone(t, SignedZone("example.test.", 8, 2048)); }, ""},
          {"RSASHA1", [&](const auto& t) { return with_zone(t, SignedZone("example.test.", 5)); },
           "which is SHA-1"},
          {"RSASHA1-NSEC3-SHA1", [&](const auto& t) { return with_zone(t, SignedZone("example.test.", 7)); },
           "which is SHA-1"},
          {"another key under the DS",
           [&](const auto& t) {
             return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.tld.delegate(t.zone) +
                    other.keys() + other.sign(kAliceTxt);
           },
           "no key of example.test. is the one of its DS record"},
          {"signed by a key that is not in the set",
           [&](const auto& t) { return t.above() + other.sign(kAliceTxt); },
           "which example.test. does not have"},
          {"no DS",
           [](const auto& t) {
             return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.zone.keys() +
                    t.zone.sign(kAliceTxt);
           },
           "neither a DS record nor a trust anchor for the keys of example.test."},
          {"a DS that the zone signed itself",
           [](const auto& t) {
             return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.zone.delegate(t.zone) +
                    t.zone.keys() + t.zone.sign(kAliceTxt);
           },
           "by the zone itself, not by its parent"},
          {"no keys of the zone",
           [](const auto& t) {
             return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.tld.delegate(t.zone) +
                    t.zone.sign(kAliceTxt);
           },
           "whose keys (DNSKEY) are not in the proof"},
          {"another root",
           [&](const auto& t) {
             const SignedZone root{"."};
             return root.keys() + root.delegate(t.tld) + t.tld.keys() + t.tld.delegate(t.zone) +
                    t.zone.keys() + t.zone.sign(kAliceTxt);
           },
           "no key of . is the one of its trust anchor"},
          {"no signature over the record",
           [](const auto& t) { return t.above() + Records{record(kAliceTxt)}; }, "is not signed"},
          {"no record", [](const auto& t) { return t.above(); }, "no signed TXT record of alice"},
          {"a record of another name",
           [](const auto& t) { return t.above() + t.zone.sign("bob.example.test. 300 IN TXT \"bitcoin:\""); },
           "no signed TXT record of alice"},
          {"a record signed by the TLD although the zone has it",
           [](const auto& t) { return t.above() + t.tld.sign(kAliceTxt); },
           "although a zone in between has the name"},
          {"a signer below the record",
           [&](const auto& t) { return t.above() + sibling.sign("example.test. 300 IN TXT \"a\""); },
           "which is not above it"},
          {"a signer beside the record",
           [](const auto& t) {
             Signing how;
             how.signer = "other.test.";
             return t.above() + t.zone.sign(kAliceTxt, how);
           },
           "is by other.test., which is not above it"},
          {"a signature over nothing",
           [](const auto& t) {
             return t.above() + t.zone.sign(kAliceTxt) +
                    Records{t.zone.key().rrsig({record("b.example.test. 60 IN A 192.0.2.1")})};
           },
           "but no such record"},
          {"extra records, well signed",
           [](const auto& t) {
             return t.above() + t.zone.sign(kAliceTxt) +
                    t.zone.sign("example.test. 60 IN MX 10 Mail.Example.TEST.");
           },
           ""},
          {"extra records, unsigned",
           [](const auto& t) {
             return t.above() + t.zone.sign(kAliceTxt) + Records{record("example.test. 60 IN A 192.0.2.1")};
           },
           "example.test. A is not signed"},
      });
}

TEST(ProofChain, PassesOverWhatSpeaksForNothingWhenAskedToButNeverAWrongSignature) {
  const SignedTree tree;
  const SigningKey sha1{"example.test.", 5};
  expect_verdicts(tree,
                  {
                      {"an unsigned record beside",
                       [](const auto& t) {
                         return t.above() + t.zone.sign(kAliceTxt) +
                                Records{record("example.test. 60 IN A 192.0.2.1")};
                       },
                       ""},
                      {"a SHA-1 signature beside a good one",
                       [&](const auto& t) {
                         return t.above() + t.zone.sign(kAliceTxt) + Records{sha1.rrsig({record(kAliceTxt)})};
                       },
                       ""},
                      {"an expired signature beside a good one",
                       [](const auto& t) {
                         return t.above() + t.zone.sign(kAliceTxt) +
                                Records{t.zone.key().rrsig({record(kAliceTxt)}, {1, 2, {}, {}, {}})};
                       },
                       ""},
                      {"an unsigned record alone",
                       [](const auto& t) { return t.above() + Records{record(kAliceTxt)}; }, "is not signed"},
                      {"a SHA-1 signature alone",
                       [&](const auto& t) {
                         return t.above() + Records{record(kAliceTxt), sha1.rrsig({record(kAliceTxt)})};
                       },
                       "which example.test. does not have"},
                      {"a wrong signature beside a good one",
                       [](const auto& t) {
                         Records records = t.above() + t.zone.sign(kAliceTxt);
                         Signing how;
                         how.expiration = 1'790'000'000;
                         auto wrong = t.zone.key().rrsig({record(kAliceTxt)}, how);
                         wrong.rdata.back() ^= 1;
                         return records + Records{wrong};
                       },
                       "the signature of example.test. over alice"},
                      {"a wrong signature over something else",
                       [](const auto& t) {
                         Records extra = t.zone.sign("b.example.test. 60 IN A 192.0.2.1");
                         extra.front().rdata.back() = 7;
                         return t.above() + t.zone.sign(kAliceTxt) + extra;
                       },
                       "over b.example.test. A is wrong"},
                  },
                  Unverifiable::kIgnore);
}

TEST(ProofChain, TakesSha1DigestsOnlyWithoutBetterOnes) {
  const SignedTree tree;
  const SignedZone other{"example.test."};
  const auto with_ds = [](Records set) {
    return [set = std::move(set)](const SignedTree& t) {
      return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.tld.sign(set) + t.zone.keys() +
             t.zone.sign(kAliceTxt);
    };
  };
  const auto& key = tree.zone.key();
  auto unknown = key.ds(2);
  unknown.rdata[3] = 3;
  expect_verdicts(
      tree, {
                {"SHA-1 alone", with_ds({key.ds(1)}), ""},
                {"SHA-256 alone", with_ds({key.ds(2)}), ""},
                {"SHA-384 alone", with_ds({key.ds(4)}), ""},
                {"SHA-1 beside SHA-256", with_ds({key.ds(1), key.ds(2)}), ""},
                {"SHA-1 of this key, SHA-256 of another", with_ds({key.ds(1), other.key().ds(2)}),
                 "no key of example.test."},
                {"SHA-1 of this key, SHA-384 of another", with_ds({key.ds(1), other.key().ds(4)}),
                 "no key of example.test."},
                {"SHA-256 of this key beside that of another", with_ds({other.key().ds(2), key.ds(2)}), ""},
                {"an unknown digest alone", with_ds({unknown}), "no key of example.test."},
                {"an unknown digest beside SHA-1", with_ds({unknown, key.ds(1)}), ""},
            });
}

TEST(ProofChain, UsesOnlyKeysThatMaySign) {
  const SignedTree tree;
  const auto with_key = [](const SigningKey& ksk, const SigningKey& zsk,
                           std::vector<const SigningKey*> signers) {
    return [&ksk, &zsk, signers = std::move(signers)](const SignedTree& t) {
      Records keys{ksk.dnskey(), zsk.dnskey()};
      Records signatures;
      for (const SigningKey* signer : signers) signatures.push_back(signer->rrsig(keys));
      return t.root.keys() + t.root.delegate(t.tld) + t.tld.keys() + t.tld.sign(Records{ksk.ds()}) + keys +
             signatures + Records{record(kAliceTxt), zsk.rrsig({record(kAliceTxt)})};
    };
  };
  const SigningKey ksk{"example.test.", 13};
  const SigningKey zsk{"example.test.", 13, 256};
  const SigningKey host{"example.test.", 13, 0};
  const SigningKey revoked{"example.test.", 13, 256 | 128};
  expect_verdicts(
      tree, {
                {"KSK and ZSK", with_key(ksk, zsk, {&ksk}), ""},
                {"keys signed by the ZSK too", with_key(ksk, zsk, {&ksk, &zsk}), ""},
                {"keys signed by the ZSK alone", with_key(ksk, zsk, {&zsk}),
                 "signed by none of the keys that its DS record"},
                {"records signed by a key without the ZONE flag", with_key(ksk, host, {&ksk}),
                 "which example.test. does not have"},
                {"records signed by a revoked key", with_key(ksk, revoked, {&ksk}),
                 "which example.test. does not have"},
                {"a DS for a revoked key", with_key(revoked, zsk, {&revoked}), "no key of example.test."},
            });
  // RFC 5011 section 2.1: a revoked key signs the set that it is in, to say that it is revoked.
  const Records keys{ksk.dnskey(), revoked.dnskey()};
  const Records records = tree.root.keys() + tree.root.delegate(tree.tld) + tree.tld.keys() +
                          tree.tld.sign(Records{ksk.ds()}) + keys +
                          Records{ksk.rrsig(keys), revoked.rrsig(keys)} +
                          Records{record(kAliceTxt), ksk.rrsig({record(kAliceTxt)})};
  EXPECT_EQ(why_not(verify(tree.root, records)), "");
}

TEST(ProofChain, HoldsInTheWindowThatAllItsSignaturesShare) {
  const SignedTree tree;
  const Records records = tree.root.keys({1'000, 9'000, {}, {}, {}}) +
                          tree.root.delegate(tree.tld, 2, {2'000, 9'000, {}, {}, {}}) +
                          tree.tld.keys({1'000, 7'000, {}, {}, {}}) +
                          tree.tld.delegate(tree.zone, 2, {1'000, 9'000, {}, {}, {}}) +
                          tree.zone.keys({1'000, 8'000, {}, {}, {}}) +
                          tree.zone.sign(kAliceTxt, {1'500, 9'000, {}, {}, {}}) +
                          // Not needed, so not in the window; but it must hold now.
                          tree.zone.sign("example.test. 5 IN A 192.0.2.1", {1'000, 6'000, {}, {}, {}});
  const auto chain = chain_of(records);
  const auto at = [&](std::int64_t now, base::Duration grace = base::Duration{0}) {
    return verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(tree.root),
                        {at_second(now), grace, Unverifiable::kRefuse});
  };
  const auto proof = at(3'000);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->valid_from, at_second(2'000));
  EXPECT_EQ(proof->expires, at_second(7'000));
  EXPECT_EQ(proof->max_cache_ttl.count(), 300);
  EXPECT_EQ(proof->proof_steps, 7U);
  EXPECT_THAT(why_not(at(1'999)), testing::HasSubstr("begins at 1970-01-01T00:33:20.000Z, which is not yet"));
  EXPECT_TRUE(at(2'000));
  EXPECT_TRUE(at(6'000));
  EXPECT_THAT(why_not(at(6'001)), testing::HasSubstr("ended at 1970-01-01T01:40:00.000Z"));
  EXPECT_TRUE(at(6'001, std::chrono::seconds{1}));
  EXPECT_FALSE(at(6'002, std::chrono::seconds{1}));
}

TEST(ProofChain, CountsSignatureTimesInSerialNumbers) {
  const SignedTree tree;
  // RFC 4034 section 3.1.5: 32 bits go round in 2106, and a window may lie across.
  constexpr std::int64_t kRound = std::int64_t{1} << 32;
  const Signing across{0xffffff00U, 0x100U, {}, {}, {}};
  const auto chain = chain_of(tree.root.keys(across) + tree.root.sign(kAliceTxt, across));
  const auto at = [&](std::int64_t now) {
    return verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(tree.root),
                        {at_second(now), base::Duration{0}, Unverifiable::kRefuse});
  };
  ASSERT_TRUE(at(kRound));
  EXPECT_EQ(at(kRound)->valid_from, at_second(kRound - 0x100));
  EXPECT_EQ(at(kRound)->expires, at_second(kRound + 0x100));
  EXPECT_FALSE(at(kRound + 0x101));
  EXPECT_FALSE(at(kRound - 0x101));
  EXPECT_FALSE(at(1'750'000'000));
  const auto backwards = chain_of(tree.root.keys({1'760'000'000, 1'740'000'000, {}, {}, {}}));
  EXPECT_FALSE(verify_proof(backwards, ".", net::DnsType::kDnskey, anchors_of(tree.root),
                            {kNow, base::Duration{0}, Unverifiable::kRefuse}));
}

TEST(ProofChain, TakesTheLongestOfTwoGoodSignatures) {
  const SignedTree tree;
  Signing longer;
  longer.expiration = 1'810'000'000;
  const auto proof = verify(tree.root, tree.root.keys(longer) + tree.root.sign(kAliceTxt) +
                                           Records{tree.root.key().rrsig({record(kAliceTxt)}, longer)});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof->expires, at_second(1'810'000'000));
}

TEST(ProofChain, MayBeginAtAnAnchorBelowTheRoot) {
  const SignedTree tree;
  const auto chain = chain_of(tree.zone.keys() + tree.zone.sign(kAliceTxt));
  const ChainOptions options{kNow, base::Duration{0}, Unverifiable::kRefuse};
  EXPECT_TRUE(verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(tree.zone), options));
  const auto key = tree.zone.key().dnskey();
  EXPECT_TRUE(verify_proof(chain, kAlice, net::DnsType::kTxt, {{key.owner, key.type, key.rdata}}, options));
  EXPECT_FALSE(verify_proof(chain, kAlice, net::DnsType::kTxt, {{"test.", key.type, key.rdata}}, options));
  EXPECT_FALSE(verify_proof(chain, kAlice, net::DnsType::kTxt, {}, options));
}

TEST(PaymentProof, IsExactlyOneBitcoinRecord) {
  const SignedTree tree;
  const std::string owner = std::string{kAlice} + " 300 IN TXT ";
  const ChainOptions options{kNow, base::Duration{0}, Unverifiable::kRefuse};
  struct Case {
    std::vector<std::string> values;
    std::string uri;  // empty: refused
  };
  const std::vector<Case> cases{
      {{"\"bitcoin:?lno=a\""}, "bitcoin:?lno=a"},
      {{"\"BitCoin:?lno=a\""}, "BitCoin:?lno=a"},
      {{"\"bit\" \"coin:\" \"?lno=a\""}, "bitcoin:?lno=a"},
      {{"\"bitcoin:?lno=a\"", "\"v=spf1\""}, "bitcoin:?lno=a"},
      {{"\"bitcoin:?lno=a\"", "\"bitcoin:?lno=b\""}, ""},
      {{"\"bitcoin:?lno=a\"", "\"BITCOIN:?lno=a\""}, ""},
      {{"\"v=spf1\""}, ""},
      {{"\"\""}, ""},
  };
  for (const Case& c : cases) {
    Records set;
    for (const std::string& value : c.values) set.push_back(record(owner + value));
    const auto chain = chain_of(tree.root.keys() + tree.root.sign(set));
    EXPECT_TRUE(verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(tree.root), options));
    const auto payment = verify_payment_proof(chain, kAlice, anchors_of(tree.root), options);
    EXPECT_EQ(payment ? payment->uri : "", c.uri) << c.values.front();
    if (!payment) {
      EXPECT_EQ(payment.error().code(), base::Code::kFailedPrecondition);
    }
  }
}

}  // namespace
}  // namespace paynamed::names
