// Nothing that an unknown proof holds makes the verifier work without bound (CVE-2023-50387 and its like).
#include <set>

#include "names/proof/record_sets.hpp"
#include "names/proof/signature.hpp"
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

const ChainOptions kOptions{kNow, base::Duration{0}, Unverifiable::kRefuse};

base::Status status_of(const SignedZone& root, const std::vector<std::uint8_t>& chain) {
  const auto proof = verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(root), kOptions);
  return proof ? base::Status{} : proof.error();
}

// Keys with the tag of `key`, which is a sum of 16-bit words: it stays when two of them change places.
Records keys_of_one_tag(const SigningKey& key, int count) {
  Records keys{key.dnskey()};
  for (int i = 1; i < count; ++i) {
    net::DnsRecord twin = key.dnskey();
    const std::size_t a = 4;
    const std::size_t b = 4 + 2 * static_cast<std::size_t>(i);
    std::swap(twin.rdata[a], twin.rdata[b]);
    std::swap(twin.rdata[a + 1], twin.rdata[b + 1]);
    keys.push_back(twin);
  }
  return keys;
}

TEST(ProofBounds, BytesAndRecords) {
  const SignedZone root{"."};
  EXPECT_THAT(status_of(root, {}).message(), testing::HasSubstr("empty"));
  EXPECT_THAT(status_of(root, std::vector<std::uint8_t>(65536)).message(),
              testing::HasSubstr("at most 65535"));
  Records records;
  for (int i = 0; i < 256; ++i)
    records.push_back(record("n" + std::to_string(i) + ".test. 60 IN A 192.0.2.1"));
  std::vector<std::uint8_t> chain = chain_of(records);
  EXPECT_EQ(status_of(root, chain).code(), base::Code::kFailedPrecondition);
  const auto one_more = encode_record(record("n.test. 60 IN A 192.0.2.1"));
  chain.insert(chain.end(), one_more->begin(), one_more->end());
  EXPECT_EQ(status_of(root, chain).code(), base::Code::kInvalidArgument);
  EXPECT_THAT(status_of(root, chain).message(), testing::HasSubstr("more than 256 records"));
  records.push_back(record("n.test. 60 IN A 192.0.2.1"));
  EXPECT_FALSE(encode_chain(records));
}

TEST(ProofBounds, SignaturesOverOneSet) {
  const SignedZone root{"."};
  Records records = root.keys() + Records{record(kAliceTxt)};
  for (std::uint32_t i = 0; i < 8; ++i) {
    records.push_back(root.key().rrsig({record(kAliceTxt)}, {1'700'000'000 + i, 1'800'000'000, {}, {}, {}}));
  }
  EXPECT_TRUE(status_of(root, chain_of(records)).ok()) << status_of(root, chain_of(records)).message();
  records.push_back(root.key().rrsig({record(kAliceTxt)}, {1, 1'800'000'000, {}, {}, {}}));
  EXPECT_THAT(status_of(root, chain_of(records)).message(),
              testing::HasSubstr("more than 8 signatures over"));
}

TEST(ProofBounds, SignatureChecksOfAProof) {
  const SignedZone root{"."};
  Records records = root.keys() + root.sign(kAliceTxt);
  for (int i = 0; i < 62; ++i)
    records = records + root.sign("n" + std::to_string(i) + ".test. 60 IN A 192.0.2.1");
  EXPECT_TRUE(status_of(root, chain_of(records)).ok());
  records = records + root.sign("n.test. 60 IN A 192.0.2.1");
  EXPECT_THAT(status_of(root, chain_of(records)).message(),
              testing::HasSubstr("more than 64 signature checks"));
}

TEST(ProofBounds, KeysOfOneTag) {
  const SignedZone root{"."};
  // Twins must differ: a key whose first words do.
  SigningKey key{"test.", 15};
  const auto words_differ = [&] {
    std::set<std::vector<std::uint8_t>> rdata;
    for (const auto& one : keys_of_one_tag(key, 5)) rdata.insert(one.rdata);
    return rdata.size() == 5;
  };
  while (!words_differ()) key = SigningKey{"test.", 15};
  const auto verdict = [&](int count) {
    const Records keys = keys_of_one_tag(key, count);
    const Records txt{record("test. 60 IN TXT \"a\"")};
    const auto chain = chain_of(root.keys() + root.sign(Records{key.ds()}) + keys + Records{key.rrsig(keys)} +
                                txt + Records{key.rrsig(txt)});
    const auto proof = verify_proof(chain, "test.", net::DnsType::kTxt, anchors_of(root), kOptions);
    return proof ? std::string{} : proof.error().message();
  };
  ASSERT_EQ(key_tag_of(keys_of_one_tag(key, 2)[1].rdata), key_tag_of(key.dnskey().rdata));
  EXPECT_EQ(verdict(4), "");
  EXPECT_THAT(verdict(5), testing::HasSubstr("more than 4 keys with the tag"));
}

TEST(ProofBounds, KeysAndDsRecordsOfAZone) {
  const SignedZone root{"."};
  Records keys{root.key().dnskey()};
  for (std::uint8_t i = 1; i < 33; ++i) {
    keys.push_back(root.key().dnskey());
    keys.back().rdata[0] = 0;  // no zone key, so that only their number matters
    keys.back().rdata.back() = static_cast<std::uint8_t>(root.key().dnskey().rdata.back() + i);
  }
  const auto chain = [&](const Records& set) {
    return chain_of(set + Records{root.key().rrsig(set)} + root.sign(kAliceTxt));
  };
  EXPECT_THAT(status_of(root, chain(keys)).message(), testing::HasSubstr("more than 32 keys"));
  keys.pop_back();
  EXPECT_TRUE(status_of(root, chain(keys)).ok()) << status_of(root, chain(keys)).message();

  const SignedZone tld{"test."};
  Records digests{tld.key().ds()};
  for (std::uint8_t i = 1; i < 33; ++i) {
    digests.push_back(tld.key().ds());
    digests.back().rdata.back() = static_cast<std::uint8_t>(digests.front().rdata.back() + i);
  }
  const auto below = [&](const Records& set) {
    return chain_of(root.keys() + root.sign(set) + tld.keys() + tld.sign(kAliceTxt));
  };
  EXPECT_THAT(status_of(root, below(digests)).message(), testing::HasSubstr("malformed or too long"));
  digests.pop_back();
  EXPECT_TRUE(status_of(root, below(digests)).ok());
}

TEST(ProofBounds, ALargeExponentOrModulusIsNotComputed) {
  const auto rsa = [](std::vector<std::uint8_t> key) {
    std::vector<std::uint8_t> rdata{1, 1, 3, 8};
    rdata.insert(rdata.end(), key.begin(), key.end());
    return rdata;
  };
  std::vector<std::uint8_t> long_exponent(1 + 9 + 256, 0xff);
  long_exponent[0] = 9;
  std::vector<std::uint8_t> long_modulus(2 + 513, 0xff);
  long_modulus[0] = 1;
  std::vector<std::uint8_t> good(2 + 512, 0xff);
  good[0] = 1;
  const auto refused = [](const std::vector<std::uint8_t>& rdata) {
    return key_refusal(*read_dnskey(rdata)).has_value();
  };
  EXPECT_TRUE(refused(rsa(long_exponent)));
  EXPECT_TRUE(refused(rsa(long_modulus)));
  EXPECT_FALSE(refused(rsa(good)));
  // Exponents and moduli that end before they begin.
  for (const auto& broken :
       std::vector<std::vector<std::uint8_t>>{{0}, {0, 1}, {0, 0, 9, 1}, {3, 1, 0}, {1, 1}, {1, 0, 7}}) {
    EXPECT_TRUE(refused(rsa(broken)));
    EXPECT_FALSE(signature_holds(*read_dnskey(rsa(broken)), {}, {}));
  }
}

TEST(ProofBounds, WhatIsNoRecordIsRefused) {
  struct Case {
    const char* what;
    std::vector<std::uint8_t> bytes;
  };
  const std::vector<Case> cases{
      {"a compressed name", {0xc0, 0x00, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"half a name", {5, 'a', 'l'}},
      {"half a TTL and a length", {0, 0, 16, 0, 1, 0, 0, 0, 0}},
      {"rdata that is cut off", {0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1}},
      {"class CH", {0, 0, 16, 0, 3, 0, 0, 0, 0, 0, 0}},
      {"type 0", {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"OPT", {0, 0, 41, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"TSIG", {0, 0, 250, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"ANY", {0, 0, 255, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"an empty RRSIG", {0, 0, 46, 0, 1, 0, 0, 0, 0, 0, 0}},
      {"an RRSIG without signature",
       {0, 0, 46, 0, 1, 0, 0, 0, 0, 0, 19, 0, 16, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"an RRSIG over RRSIG",
       {0, 0, 46, 0, 1, 0, 0, 0, 0, 0, 20, 0, 46, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
  };
  for (const Case& c : cases) {
    const auto sets = read_record_sets(c.bytes);
    ASSERT_FALSE(sets) << c.what;
    EXPECT_EQ(sets.error().code(), base::Code::kInvalidArgument);
  }
  const auto proof = verify_proof(cases.front().bytes, "a..b", net::DnsType::kTxt, {}, kOptions);
  EXPECT_EQ(proof.error().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::names
