// What the tests of proofs share: a name, a time, and a verdict in words.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "names/proof/encode_chain.hpp"
#include "names/proof/payment_proof.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"

namespace paynamed::names {

using fakes::record;
using fakes::Records;
using fakes::SignedTree;
using fakes::SignedZone;
using fakes::Signing;
using fakes::SigningKey;
using fakes::operator+;

inline constexpr const char* kAlice = "alice.user._bitcoin-payment.example.test.";
inline constexpr const char* kAliceTxt =
    "alice.user._bitcoin-payment.example.test. 300 IN TXT \"bitcoin:?lno=lno1\" \"qcp4256ypq\"";
inline constexpr const char* kAliceValue = "bitcoin:?lno=lno1qcp4256ypq";

inline base::WallTime at_second(std::int64_t seconds) {
  return base::WallTime{std::chrono::seconds{seconds}};
}
inline const base::WallTime kNow = at_second(1'750'000'000);

inline TrustAnchors anchors_of(const SignedZone& root) {
  const auto ds = root.key().ds();
  return {{ds.owner, ds.type, ds.rdata}};
}

inline std::vector<std::uint8_t> chain_of(const Records& records) {
  auto chain = encode_chain(records);
  EXPECT_TRUE(chain) << chain.error().message();
  return chain.value_or(std::vector<std::uint8_t>{});
}

inline base::Result<VerifiedProof> verify(const SignedZone& root, const Records& records,
                                          const std::string& owner = kAlice,
                                          Unverifiable unverifiable = Unverifiable::kRefuse) {
  return verify_proof(chain_of(records), owner, net::DnsType::kTxt, anchors_of(root),
                      {kNow, base::Duration{0}, unverifiable});
}

// "" for a proof that verifies, else the sentence; its code is checked here.
inline std::string why_not(const base::Result<VerifiedProof>& proof) {
  if (proof) return "";
  EXPECT_EQ(proof.error().code(), base::Code::kFailedPrecondition) << proof.error().message();
  return proof.error().message();
}

// One case of a table: what is wrong with the proof and the words that must say so; no words for a good one.
struct ProofCase {
  std::string name;
  std::function<Records(const SignedTree&)> records;
  std::string words;
  std::string owner = kAlice;
};

inline void expect_verdicts(const SignedTree& tree, const std::vector<ProofCase>& cases,
                            Unverifiable unverifiable = Unverifiable::kRefuse) {
  for (const ProofCase& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string why = why_not(verify(tree.root, c.records(tree), c.owner, unverifiable));
    if (c.words.empty()) {
      EXPECT_EQ(why, "");
    } else {
      EXPECT_THAT(why, testing::HasSubstr(c.words));
    }
  }
}

}  // namespace paynamed::names
