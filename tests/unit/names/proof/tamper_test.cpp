// Every byte of a proof counts but for the TTLs, which change in every cache, and the case of names.
#include <set>

#include "names/proof/wire_name.hpp"
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

// The positions in a chain whose change changes nothing.
struct FreeBytes {
  std::set<std::size_t> ttl;
  std::set<std::size_t> letter;  // its case
};

void add_letters(ByteView chain, std::size_t at, FreeBytes& bytes) {
  while (chain[at] != 0) {
    const std::size_t end = at + 1 + chain[at];
    while (++at < end) {
      if (chain[at] >= 'a' && chain[at] <= 'z') bytes.letter.insert(at);
    }
  }
}

FreeBytes free_bytes(ByteView chain) {
  FreeBytes bytes;
  std::size_t at = 0;
  while (at < chain.size()) {
    add_letters(chain, at, bytes);
    at += WireName::read(chain.subspan(at))->size();
    const int type = chain[at] << 8 | chain[at + 1];
    for (std::size_t i = 4; i < 8; ++i) bytes.ttl.insert(at + i);
    const std::size_t size = static_cast<std::size_t>(chain[at + 8]) << 8 | chain[at + 9];
    at += 10;
    if (type == 5 || type == 39) add_letters(chain, at, bytes);  // CNAME, DNAME
    if (type == 46) add_letters(chain, at + 18, bytes);          // the signer in an RRSIG
    at += size;
  }
  return bytes;
}

class Tampering : public testing::Test {
 protected:
  // Changes byte after byte to what `values` gives for it, and expects the verdicts.
  template <class Values>
  void change_every_byte(const SignedZone& root, const Records& records, const std::string& value,
                         Values values) {
    std::vector<std::uint8_t> chain = chain_of(records);
    const TrustAnchors anchors = anchors_of(root);
    const ChainOptions options{kNow, base::Duration{0}, Unverifiable::kRefuse};
    ASSERT_TRUE(verify_proof(chain, kAlice, net::DnsType::kTxt, anchors, options));
    const FreeBytes free = free_bytes(chain);
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < chain.size(); ++at) {
      const std::uint8_t before = chain[at];
      for (const int after : values(before)) {
        if (after == before) continue;
        chain[at] = static_cast<std::uint8_t>(after);
        const bool is_free = free.ttl.contains(at) || (free.letter.contains(at) && (after ^ before) == 0x20);
        const auto proof = verify_proof(chain, kAlice, net::DnsType::kTxt, anchors, options);
        ASSERT_EQ(proof.has_value(), is_free) << "byte " << at << " of " << chain.size() << " from "
                                              << static_cast<int>(before) << " to " << after;
        if (!proof) continue;
        ++accepted;
        ASSERT_EQ(proof->values, std::vector<std::string>{value});
      }
      chain[at] = before;
    }
    EXPECT_GE(accepted, free.ttl.size());
  }
};

constexpr int kParts = 8;

// The lowest and the highest bit, the one of letters' case, and all of them.
std::vector<int> some_bits(std::uint8_t byte) {
  return {byte ^ 0x01, byte ^ 0x20, byte ^ 0x80, byte ^ 0xff};
}

// In parts, so that they run side by side.
class TamperingEverywhere : public Tampering, public testing::WithParamInterface<int> {};

TEST_P(TamperingEverywhere, ToAnyOtherValueOfAnyByteIsRefused) {
  const SignedZone zone{"example.test."};
  change_every_byte(zone, zone.keys() + zone.sign(kAliceTxt), kAliceValue, [](std::uint8_t) {
    std::vector<int> part;
    for (int i = GetParam(); i < 256; i += kParts) part.push_back(i);
    return part;
  });
}

INSTANTIATE_TEST_SUITE_P(Proof, TamperingEverywhere, testing::Range(0, kParts));

TEST_F(Tampering, WithAnyByteOfAWholeChainIsRefused) {
  const SignedTree tree{8, 13, 15};
  change_every_byte(tree.root, tree.above() + tree.zone.sign(kAliceTxt), kAliceValue, some_bits);
}

TEST_F(Tampering, WithAnyByteOfAnAliasOrADenialIsRefused) {
  const SignedZone zone{"example.test.", 15};
  change_every_byte(
      zone,
      zone.keys() + zone.sign("user._bitcoin-payment.example.test. 300 IN DNAME pay.example.test.") +
          zone.expand("*.pay.example.test. 300 IN CNAME all.example.test.", "alice.pay.example.test.") +
          zone.sign("al.pay.example.test. 300 IN NSEC bob.pay.example.test. TXT RRSIG NSEC") +
          zone.sign("all.example.test. 300 IN TXT \"bitcoin:?lno=all\""),
      "bitcoin:?lno=all", some_bits);
}

TEST_F(Tampering, ByCuttingOffOrAddingIsRefused) {
  const SignedTree tree;
  std::vector<std::uint8_t> chain = chain_of(tree.above() + tree.zone.sign(kAliceTxt));
  const ChainOptions options{kNow, base::Duration{0}, Unverifiable::kRefuse};
  for (std::size_t size = 0; size < chain.size(); ++size) {
    const auto proof =
        verify_proof(ByteView{chain}.first(size), kAlice, net::DnsType::kTxt, anchors_of(tree.root), options);
    ASSERT_FALSE(proof) << size;
  }
  chain.push_back(0);
  const auto proof = verify_proof(chain, kAlice, net::DnsType::kTxt, anchors_of(tree.root), options);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code(), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace paynamed::names
