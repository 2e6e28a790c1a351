// Names and canonical forms of RFC 4034 section 6, and the hashes that rest on them.
#include "names/proof/wire_name.hpp"

#include "names/bolt12.hpp"
#include "names/proof/canonical.hpp"
#include "names/proof/signature.hpp"
#include "tests/unit/names/offer_text.hpp"
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

WireName name(const std::string& text) {
  const auto parsed = WireName::from_text(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(WireName{});
}

TEST(WireNames, AreOrderedAsInRfc4034Section61) {
  const std::vector<std::string> ordered{".",
                                         "example.",
                                         "a.example.",
                                         "yljkjljk.a.example.",
                                         "Z.a.example.",
                                         "zABC.a.EXAMPLE.",
                                         "z.example.",
                                         "\\001.z.example.",
                                         "*.z.example.",
                                         "\\200.z.example."};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(name(ordered[i]) <=> name(ordered[j]), i <=> j) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(WireNames, KnowTheirPlaceInTheTree) {
  const WireName alice = name("Alice.user.example.test");
  EXPECT_EQ(alice.to_text(), "alice.user.example.test.");
  EXPECT_EQ(alice.label_count(), 4U);
  EXPECT_EQ(alice.suffix(2), name("example.test"));
  EXPECT_EQ(alice.suffix(9), alice);
  EXPECT_EQ(alice.suffix(0), WireName{});
  EXPECT_EQ(alice.parent(), name("user.example.test"));
  EXPECT_EQ(WireName{}.parent(), WireName{});
  EXPECT_TRUE(alice.is_at_or_below(alice));
  EXPECT_FALSE(alice.is_below(alice));
  EXPECT_TRUE(alice.is_below(WireName{}));
  EXPECT_TRUE(alice.is_below(name("test")));
  EXPECT_FALSE(alice.is_at_or_below(name("est")));
  EXPECT_FALSE(name("x.t-test").is_at_or_below(name("test")));
  EXPECT_TRUE(name("*.test").is_wildcard());
  EXPECT_FALSE(name("**.test").is_wildcard());
  EXPECT_EQ(name("test").wildcard_child(), name("*.test"));
  EXPECT_EQ(alice.with_suffix_replaced(name("example.test"), name("org")), name("alice.user.org"));
  EXPECT_EQ(alice.with_suffix_replaced(name("example.test"), WireName{}), name("alice.user"));
}

TEST(WireNames, EndAt255Bytes) {
  const std::string label = std::string(62, 'a') + ".";
  const WireName longest = name(label + label + label + std::string(62, 'b') + ".");
  EXPECT_EQ(longest.size(), 253U);
  EXPECT_TRUE(longest.wildcard_child());
  EXPECT_FALSE(longest.wildcard_child()->wildcard_child());
  EXPECT_FALSE(name("x." + label).with_suffix_replaced(name(label), *longest.wildcard_child()));
  std::vector<std::uint8_t> wire(300, 1);
  EXPECT_FALSE(WireName::read(wire));
  EXPECT_FALSE(WireName::read({}));
}

TEST(CanonicalForm, LowersTheNamesInRdataOfTheOldTypesOnly) {
  struct Case {
    std::string line;
    std::string lowered;  // the same line for types that stay as they are
  };
  const std::vector<Case> cases{
      {"a. 1 IN NS B.Test.", "a. 1 IN NS b.test."},
      {"a. 1 IN CNAME B.Test.", "a. 1 IN CNAME b.test."},
      {"a. 1 IN DNAME B.Test.", "a. 1 IN DNAME b.test."},
      {"a. 1 IN PTR B.Test.", "a. 1 IN PTR b.test."},
      {"a. 1 IN MX 10 B.Test.", "a. 1 IN MX 10 b.test."},
      {"a. 1 IN SRV 1 2 3 B.Test.", "a. 1 IN SRV 1 2 3 b.test."},
      {"a. 1 IN SOA B.Test. C.Test. 1 2 3 4 5", "a. 1 IN SOA b.test. c.test. 1 2 3 4 5"},
      {"a. 1 IN RP B.Test. C.Test.", "a. 1 IN RP b.test. c.test."},
      {"a. 1 IN NAPTR 1 2 \"S\" \"SIP\" \"!A!B!\" B.Test.",
       "a. 1 IN NAPTR 1 2 \"S\" \"SIP\" \"!A!B!\" b.test."},
      {"a. 1 IN TXT \"Bitcoin:\"", "a. 1 IN TXT \"Bitcoin:\""},
      // RFC 6840 section 5.1.
      {"a. 1 IN NSEC B.Test. A", "a. 1 IN NSEC B.Test. A"},
  };
  for (const Case& c : cases) {
    const auto in = record(c.line);
    EXPECT_EQ(canonical_rdata(in.type, in.rdata), record(c.lowered).rdata) << c.line;
    auto cut = in.rdata;
    cut.pop_back();
    if (in.type != net::DnsType::kTxt && in.type != net::DnsType::kNsec && in.type != net::DnsType::kSoa) {
      EXPECT_FALSE(canonical_rdata(in.type, cut)) << c.line;
      cut = in.rdata;
      cut.push_back(0);
      EXPECT_FALSE(canonical_rdata(in.type, cut)) << c.line;
    }
  }
}

TEST(EncodedChain, HasLowerCaseNamesTheGivenTtlsAndEachRecordOnce) {
  net::DnsRecord cname = record("WWW.Example.test. 77 IN CNAME Pay.Example.test.");
  cname.owner = "WWW.Example.test.";
  const auto once = encode_chain(Records{cname});
  ASSERT_TRUE(once);
  EXPECT_EQ(to_hex(*once), hex_of_text("\x03www\x07"
                                       "example\x04test") +
                               "00"
                               "0005"
                               "0001"
                               "0000004d"
                               "0012" +
                               hex_of_text("\x03pay\x07"
                                           "example\x04test") +
                               "00");
  EXPECT_EQ(encode_chain(Records{cname, cname}), once);
  EXPECT_FALSE(encode_chain(Records{{"a..b.", net::DnsType::kTxt, 1, 0, {}}}));
  EXPECT_FALSE(encode_chain(Records{{"a.", net::DnsType::kCname, 1, 0, {3}}}));
  EXPECT_FALSE(encode_chain(Records{{"a.", net::DnsType::kTxt, 1, 0, std::vector<std::uint8_t>(65536)}}));
}

// RFC 4648 section 7.
std::string base32hex(const std::vector<std::uint8_t>& bytes) {
  std::string out;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 5) {
    int value = 0;
    for (std::size_t i = bit; i < bit + 5; ++i) value = value * 2 + (bytes[i / 8] >> (7 - i % 8) & 1);
    out.push_back("0123456789abcdefghijklmnopqrstuv"[value]);
  }
  return out;
}

// RFC 5155 appendix A.
TEST(Nsec3Hash, IsThatOfTheRfc) {
  const std::vector<std::uint8_t> salt{0xaa, 0xbb, 0xcc, 0xdd};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
      {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
      {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},
      {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"},
  };
  for (const auto& [text, hash] : cases) EXPECT_EQ(base32hex(nsec3_hash(name(text), salt, 12)), hash) << text;
}

TEST(TypeBitmap, HasTheTypesThatStandInIt) {
  const auto nsec = record("a. 1 IN NSEC b. A MX RRSIG NSEC TYPE1234");
  const auto types = read_nsec(nsec.rdata)->types;
  for (const int type : {1, 15, 46, 47, 1234})
    EXPECT_TRUE(type_in_bitmap(types, net::DnsType{static_cast<std::uint16_t>(type)}));
  for (const int type : {0, 2, 16, 48, 1233, 1235, 256, 65535}) {
    EXPECT_FALSE(type_in_bitmap(types, net::DnsType{static_cast<std::uint16_t>(type)})) << type;
  }
  EXPECT_FALSE(type_in_bitmap(types.first(1), net::DnsType::kA));
  EXPECT_FALSE(type_in_bitmap(std::vector<std::uint8_t>{0, 0}, net::DnsType::kA));
  EXPECT_FALSE(type_in_bitmap(std::vector<std::uint8_t>{0, 33}, net::DnsType::kA));
}

}  // namespace
}  // namespace paynamed::names
