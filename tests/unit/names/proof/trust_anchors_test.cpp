// Trust anchors from files as unbound takes them.
#include "names/proof/trust_anchors.hpp"

#include <unistd.h>

#include <fstream>

#include "names/proof/signature.hpp"
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

constexpr const char* kDs = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";

TEST(TrustAnchorFile, HoldsDsAndDnskeyInZoneFileFormat) {
  const std::string ds = std::string{". IN DS 20326 8 2 "} + kDs;
  struct Case {
    const char* what;
    std::string text;
    std::size_t anchors;  // 0: refused
  };
  const std::vector<Case> cases{
      {"one DS", ds, 1},
      {"one DS and a line end", ds + "\n", 1},
      {"with a TTL and a comment", ". 172800 IN DS 20326 8 2 " + std::string{kDs} + " ; KSK-2017\n; more\n\n",
       1},
      {"over several lines",
       ". IN DS 20326 8 2 (\n " + std::string{kDs}.substr(0, 32) + "\n " + std::string{kDs}.substr(32) +
           " )\n",
       1},
      {"with directives", "$TTL 3600\n$ORIGIN .\n" + ds + "\n", 1},
      {"two", ds + "\n" + "test. IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n", 2},
      {"nothing", "", 0},
      {"only comments", "; nothing\n", 0},
      {"another type", ". IN A 192.0.2.1\n", 0},
      {"another class", ". CH DS 20326 8 2 " + std::string{kDs} + "\n", 0},
      {"no zone file", "<?xml version=\"1.0\"?>\n", 0},
      {"a broken digest", ". IN DS 20326 8 2 XYZ\n", 0},
  };
  for (const Case& c : cases) {
    const auto anchors = parse_trust_anchors(c.text);
    ASSERT_EQ(anchors.has_value(), c.anchors > 0) << c.what << (anchors ? "" : anchors.error().message());
    if (anchors) {
      EXPECT_EQ(anchors->size(), c.anchors) << c.what;
      EXPECT_EQ(anchors->front().zone, ".");
      EXPECT_EQ(anchors->front().rdata, iana_root_anchors().front().rdata) << c.what;
    } else {
      EXPECT_EQ(anchors.error().code(), base::Code::kInvalidArgument) << c.what;
    }
  }
}

TEST(TrustAnchorFile, IsReadOrTheReasonTold) {
  EXPECT_EQ(read_trust_anchors("")->size(), 2U);
  const auto none = read_trust_anchors("/nowhere/root.key");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), base::Code::kFailedPrecondition);
  const std::string path = testing::TempDir() + "/anchors-" + std::to_string(getpid());
  std::ofstream{path} << "; no anchor\n";
  EXPECT_THAT(read_trust_anchors(path).error().message(), testing::HasSubstr(path));
  const SignedZone root{"."};
  const auto key = root.key().dnskey();
  std::ofstream{path} << ". IN DS 20326 8 2 " << kDs << "\n";
  const auto read = read_trust_anchors(path);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->size(), 1U);
  unlink(path.c_str());
}

// The keys that Debian's dns-root-data has are the ones whose digests are built in.
TEST(TrustAnchorFile, OfDebianHoldsTheKeysOfTheBuiltInDigests) {
  const std::string path = "/usr/share/dns/root.key";
  if (access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "dns-root-data is not installed";
  const auto keys = read_trust_anchors(path);
  ASSERT_TRUE(keys) << keys.error().message();
  for (const TrustAnchor& anchor : *keys) {
    if (anchor.type != net::DnsType::kDnskey) continue;
    const auto digest = ds_digest(2, WireName{}, anchor.rdata);
    const std::uint16_t tag = key_tag_of(anchor.rdata);
    bool found = false;
    for (const TrustAnchor& built_in : iana_root_anchors()) {
      const auto ds = read_ds(built_in.rdata);
      found = found || (ds->key_tag == tag && std::equal(digest->begin(), digest->end(), ds->digest.begin()));
    }
    EXPECT_TRUE(found) << tag;
  }
}

}  // namespace
}  // namespace paynamed::names
