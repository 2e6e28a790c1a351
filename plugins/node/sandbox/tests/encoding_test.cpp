// Against the vectors of BOLT 4, 11 and 12, BIP 341 and BIP 350.
#include <gtest/gtest.h>

#include "bech32.hpp"
#include "blinded_path.hpp"
#include "bolt11.hpp"
#include "bolt12.hpp"
#include "hash.hpp"
#include "paynamed/error.hpp"
#include "support.hpp"

namespace paynamed::sandbox {
namespace {

using testing::array_from_hex;
using testing::from_hex;

constexpr std::string_view kBolt11Key = "e126f68f7eafcc8b74f54d269fe206be715000f94dac067d1c04a8ca3b2db734";

Bolt11Terms bolt11_vector_terms() {
  Bolt11Terms terms;
  terms.prefix = "lnbc";
  terms.timestamp = 1496314658;
  terms.payment_hash = array_from_hex<32>("0001020304050607080900010203040506070809000102030405060708090102");
  terms.payment_secret =
      array_from_hex<32>("1111111111111111111111111111111111111111111111111111111111111111");
  return terms;
}

TEST(Bolt11, the_donation_of_the_specification_is_reproduced) {
  const Curve curve;
  auto terms = bolt11_vector_terms();
  terms.description = "Please consider supporting this project";
  EXPECT_EQ(
      bolt11_string(terms, Key(curve, array_from_hex<32>(kBolt11Key))),
      "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf"
      "qqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2u"
      "eh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql");
}

TEST(Bolt11, the_coffee_of_the_specification_is_reproduced) {
  const Curve curve;
  auto terms = bolt11_vector_terms();
  terms.amount_msat = 250'000'000;
  terms.description = "1 cup coffee";
  terms.expiry_seconds = 60;
  EXPECT_EQ(bolt11_string(terms, Key(curve, array_from_hex<32>(kBolt11Key))),
            "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsy"
            "qcyq5rqw"
            "zqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh"
            "8nhedh8"
            "w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh");
}

TEST(Bolt11, amounts_take_the_shortest_form) {
  const Curve curve;
  const Key key(curve, array_from_hex<32>(kBolt11Key));
  const struct {
    std::uint64_t msat;
    const char* prefix;
  } kCases[] = {{0, "lnbcrt1"},
                {1, "lnbcrt10p1"},
                {100, "lnbcrt1n1"},
                {1'000, "lnbcrt10n1"},
                {100'000, "lnbcrt1u1"},
                {100'000'000, "lnbcrt1m1"},
                {123, "lnbcrt1230p1"},
                {100'000'000'000, "lnbcrt11"},
                {2'000'000'000, "lnbcrt20m1"},
                {967'878'534, "lnbcrt9678785340p1"}};
  for (const auto& [msat, prefix] : kCases) {
    Bolt11Terms terms;
    terms.amount_msat = msat;
    EXPECT_TRUE(bolt11_string(terms, key).starts_with(prefix)) << msat;
  }
}

TEST(Bolt11, what_does_not_fit_is_refused) {
  const Curve curve;
  const Key key(curve, array_from_hex<32>(kBolt11Key));
  Bolt11Terms longest;
  longest.description = std::string(kMaxDescription, 'x');
  EXPECT_NO_THROW(bolt11_string(longest, key));
  Bolt11Terms longer;
  longer.description = std::string(kMaxDescription + 1, 'x');
  EXPECT_THROW(bolt11_string(longer, key), Error);
  Bolt11Terms late;
  late.timestamp = std::uint64_t{1} << 35;
  EXPECT_THROW(bolt11_string(late, key), Error);
}

TEST(Bolt12, merkle_roots_are_those_of_the_specification) {
  TlvStream stream;
  stream.set(1, from_hex("03e8"));
  EXPECT_EQ(to_hex(stream.merkle_root()), "b013756c8fee86503a0b4abdab4cddeb1af5d344ca6fc2fa8b6c08938caa6f93");
  stream.set(2, from_hex("0000010000020003"));
  EXPECT_EQ(to_hex(stream.merkle_root()), "c3774abbf4815aa54ccaa026bff6581f01f3be5fe814c620a252534f434bc0d1");
  stream.set(
      3,
      from_hex("0266e4598d1d3c415f572a8488830b60f7e744ed9235eb0b1ba93283b315c0351800000000000000010000000000"
               "000002"));
  EXPECT_EQ(to_hex(stream.merkle_root()), "ab2e79b1283b0b31e0b035258de23782df6b89a38cfa7237bde69aed1a658c5d");
}

TEST(Bolt12, the_signed_invoice_request_of_the_specification_is_reproduced) {
  const Curve curve;
  const Key alice(curve,
                  array_from_hex<32>("4141414141414141414141414141414141414141414141414141414141414141"));
  const Key bob(curve,
                array_from_hex<32>("4242424242424242424242424242424242424242424242424242424242424242"));
  TlvStream request;
  request.set(88, bob.public_key());
  request.set(22, alice.public_key());
  request.set(10, "A Mathematical Treatise");
  request.set_integer(8, 100);
  request.set(6, "USD");
  request.set(0, from_hex("0000000000000000"));
  EXPECT_EQ(to_hex(request.merkle_root()),
            "608407c18ad9a94d9ea2bcdbe170b6c20c462a7833a197621c916f78cf18e624");
  const auto hash = tagged_hash("lightninginvoice_requestsignature", {request.merkle_root()});
  EXPECT_EQ(to_hex(hash), "aefe3aa88a69772c246dcaef75ed3e7566c08ecc4e9f995233526a5651fc34cd");
  const auto signature = bob.sign_schnorr(hash);
  EXPECT_EQ(to_hex(signature),
            "b8f83ea3288cfd6ea510cdb481472575141e8d8744157f98562d162cc1c472526fdb24befefbdebab4dbb726"
            "bbd1b7d8aec057f8fa805187e5950d2bbe0e5642");
  const auto before = request.merkle_root();
  request.set(240, signature);
  EXPECT_EQ(request.merkle_root(), before) << "signatures are no leaves";
  EXPECT_EQ(bech32("lnr", to_words(request.encode()), Checksum::kNone),
            "lnr1qqyqqqqqqqqqqqqqqcp4256ypqqkgzshgysy6ct5dpjk6ct5d93kzmpq23ex2ct5d9ek293pqthvwfzadd7jejes8q9l"
            "hc4rvjxd022z"
            "v5l44g6qah82ru5rdpnpjkppqvjx204vgdzgsqpvcp4mldl3plscny0rt707gvpdh6ndydfacz43euzqhrurageg3n7kafgs"
            "ek6gz3e9w52"
            "parv8gs2hlxzk95tzeswywffxlkeyhml0hh46kndmwf4m6xma3tkq2lu04qz3slje2rfthc89vss");
}

TEST(Bolt12, integers_have_no_leading_zeros) {
  const struct {
    std::uint64_t value;
    const char* hex;
  } kCases[] = {
      {0, "0800"}, {1, "080101"}, {255, "0801ff"}, {256, "08020100"}, {~0ULL, "0808ffffffffffffffff"}};
  for (const auto& [value, hex] : kCases) {
    TlvStream stream;
    stream.set_integer(8, value);
    EXPECT_EQ(to_hex(stream.encode()), hex);
  }
}

TEST(Bolt12, bigsize_takes_the_shortest_form) {
  const struct {
    std::uint64_t value;
    const char* hex;
  } kCases[] = {{0, "00"},
                {252, "fc"},
                {253, "fd00fd"},
                {65535, "fdffff"},
                {65536, "fe00010000"},
                {4294967295, "feffffffff"},
                {4294967296, "ff0000000100000000"}};
  for (const auto& [value, hex] : kCases) {
    Bytes bytes;
    append_bigsize(bytes, value);
    EXPECT_EQ(to_hex(bytes), hex);
  }
}

TEST(Bolt12, a_string_has_one_written_form) {
  EXPECT_EQ(canonical("LNO1ABC"), "lno1abc");
  EXPECT_EQ(canonical("lno1a+bc+  \n d"), "lno1abcd");
  EXPECT_EQ(canonical("lno1a b"), "lno1a b") << "white space joins only after a plus";
}

TEST(Bolt4, the_first_hop_of_the_route_blinding_vector_is_reproduced) {
  const Curve curve;
  const auto bob = array_from_hex<33>("0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c");
  const Key session(curve,
                    array_from_hex<32>("0202020202020202020202020202020202020202020202020202020202020202"));
  const auto data = from_hex(
      "011a0000000000000000000000000000000000000000000000000000020800000000000006c10a0800240000009627"
      "100c06000b69e505dc0e00fd023103123456");
  EXPECT_EQ(to_hex(session.shared_secret(bob)),
            "76771bab0cc3d0de6e6f60147fd7c9c7249a5ced3d0612bdfaeec3b15452229d");
  EXPECT_EQ(to_hex(own_blinded_path(curve, bob, session, data)),
            "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c"
            "024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766"
            "01"
            "03da173ad2aee2f701f17e59fbd16cb708906d69838a5f088e8123fb36e89a2c25"
            "0051"
            "cd4100ff9c09ed28102b210ac73aa12d63e90852cebc496c49f57c49982088b49f2e70b99287fdee0aa58aa39913ab40"
            "5813b999f6"
            "6783aa2fe637b3cda91ffc0913c30324e2c6ce327e045183e4bffecb");
}

TEST(Taproot, the_output_and_the_address_are_those_of_bip_341) {
  const Curve curve;
  const Key key(curve,
                array_from_hex<32>("6b973d88838f27366ed61c9ad6367663045cb456e28335c109e30717ae0c6baa"));
  const auto output = key.taproot_output();
  EXPECT_EQ(to_hex(output), "53a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343");
  Words words = {1};
  const auto program = to_words(output);
  words.insert(words.end(), program.begin(), program.end());
  EXPECT_EQ(bech32("bc", words, Checksum::kBech32m),
            "bc1p2wsldez5mud2yam29q22wgfh9439spgduvct83k3pm50fcxa5dps59h4z5");
}

TEST(Keys, derivation_separates_purpose_and_name) {
  const Curve curve;
  const Bytes32 root{1};
  const auto id = [&](std::string_view purpose, std::string_view name) {
    return to_hex(Key::derive(curve, root, purpose, name).public_key());
  };
  EXPECT_EQ(id("node", "alpha"), id("node", "alpha"));
  EXPECT_NE(id("node", "alpha"), id("node", "beta"));
  EXPECT_NE(id("nodea", "lpha"), id("node", "alpha"));
  EXPECT_THROW(Key(curve, Bytes32{}), Error) << "zero is no key";
}

}  // namespace
}  // namespace paynamed::sandbox
