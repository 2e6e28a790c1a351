// Records made from a wildcard count only when the proof says that nothing closer exists.
#include "tests/unit/names/proof/proof_case.hpp"

namespace paynamed::names {
namespace {

using fakes::label_after;
using fakes::label_before;
using fakes::nsec3_label;

const std::string kBase = "user._bitcoin-payment.example.test.";
const std::string kWildcard = "*." + kBase + " 300 IN TXT \"bitcoin:?lno=any\"";

Records expanded(const SignedTree& t) {
  return t.above() + t.zone.expand(kWildcard, kAlice);
}

// An NSEC3 record around the hash of `name`, or as it is given.
std::string nsec3(const std::string& from, const std::string& to, const std::string& parameters = "1 0 0 -") {
  return from + ".example.test. 300 IN NSEC3 " + parameters + " " + to + " TXT RRSIG";
}
std::string nsec3_around(const std::string& name, const std::string& parameters = "1 0 0 -",
                         std::uint16_t iterations = 0) {
  const std::string hash = nsec3_label(name, iterations);
  return nsec3(label_before(hash), label_after(hash), parameters);
}

TEST(ProofWildcard, NeedsAnNsecOverTheNextCloserName) {
  const SignedTree tree;
  const auto with = [](const std::string& nsec) {
    return [nsec](const SignedTree& t) { return expanded(t) + t.zone.sign(nsec); };
  };
  const std::string missing = "says that alice." + kBase + " does not exist";
  expect_verdicts(
      tree,
      {
          {"between two names", with("al." + kBase + " 300 IN NSEC bob." + kBase + " TXT RRSIG NSEC"), ""},
          {"from the wildcard itself", with("*." + kBase + " 300 IN NSEC bob." + kBase + " TXT RRSIG NSEC"),
           ""},
          {"the last record of the zone", with("al." + kBase + " 300 IN NSEC example.test. TXT RRSIG NSEC"),
           ""},
          {"the only record of the zone",
           with("example.test. 300 IN NSEC example.test. SOA NS TXT RRSIG NSEC DNSKEY"), ""},
          {"none", expanded, missing},
          {"around another name", with("bob." + kBase + " 300 IN NSEC carol." + kBase + " TXT"), missing},
          {"that begins at the name", with(std::string{kAlice} + " 300 IN NSEC bob." + kBase + " TXT"),
           missing},
          {"that ends at the name", with("al." + kBase + " 300 IN NSEC " + kAlice + " TXT"), missing},
          {"that ends below the name", with("al." + kBase + " 300 IN NSEC x." + kAlice + " TXT"), missing},
          {"that goes backwards", with("bob." + kBase + " 300 IN NSEC al." + kBase + " TXT"), missing},
          {"that ends in another zone", with("al." + kBase + " 300 IN NSEC bob.test. TXT"), missing},
          {"from above a delegation",
           with("user._bitcoin-payment.example.test. 300 IN NSEC zzz.example.test. NS DS"), missing},
          {"from a DNAME", with("user._bitcoin-payment.example.test. 300 IN NSEC zzz.example.test. DNAME"),
           missing},
          {"of the parent zone",
           [](const SignedTree& t) {
             return expanded(t) + t.tld.sign("example.test. 300 IN NSEC zzz.test. TXT");
           },
           missing},
          {"made from a wildcard itself",
           [](const SignedTree& t) {
             return expanded(t) +
                    t.zone.expand("*." + kBase + " 300 IN NSEC bob." + kBase + " TXT", "al." + kBase);
           },
           "for a wildcard, which that type never is"},
          {"unsigned",
           [](const SignedTree& t) {
             return expanded(t) + Records{record("al." + kBase + " 300 IN NSEC bob." + kBase + " TXT")};
           },
           "is not signed"},
      });
}

TEST(ProofWildcard, NeedsAnNsec3OverTheHashOfTheNextCloserName) {
  const SignedTree tree;
  const auto with = [](const std::string& record_line) {
    return [record_line](const SignedTree& t) { return expanded(t) + t.zone.sign(record_line); };
  };
  const std::string hash = nsec3_label(kAlice);
  const std::string lowest(32, '0');
  const std::string highest(32, 'v');
  const std::string missing = "says that alice." + kBase + " does not exist";
  const std::string upper_hash = [&] {
    std::string text = label_before(hash);
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }();
  expect_verdicts(
      tree,
      {
          {"just around it", with(nsec3_around(kAlice)), ""},
          {"with an owner in upper case", with(nsec3(upper_hash, label_after(hash))), ""},
          {"wide around it", with(nsec3(lowest, highest)), ""},
          {"the last of the zone, the hash behind it", with(nsec3(label_before(hash), lowest)), ""},
          {"the last of the zone, the hash before the first", with(nsec3(highest, label_after(hash))), ""},
          {"the only one of the zone", with(nsec3(lowest, lowest)), ""},
          {"the last of the zone, the hash not in it", with(nsec3(label_after(hash), label_before(hash))),
           missing},
          {"that begins at the hash", with(nsec3(hash, highest)), missing},
          {"that ends at the hash", with(nsec3(lowest, hash)), missing},
          {"over another name", with(nsec3_around("bob." + kBase)), missing},
          {"over the name itself instead of the next closer one",
           [](const SignedTree& t) {
             return t.above() + t.zone.expand("*.example.test. 300 IN TXT \"bitcoin:\"", kAlice) +
                    t.zone.sign(nsec3_around(kAlice));
           },
           "says that _bitcoin-payment.example.test. does not exist"},
          {"over the next closer name of a wildcard far above",
           [](const SignedTree& t) {
             return t.above() + t.zone.expand("*.example.test. 300 IN TXT \"bitcoin:\"", kAlice) +
                    t.zone.sign(nsec3_around("_bitcoin-payment.example.test."));
           },
           ""},
          {"with opt-out", with(nsec3_around(kAlice, "1 1 0 -")), "opt-out"},
          {"with a flag that nobody knows", with(nsec3_around(kAlice, "1 2 0 -")), missing},
          {"with a hash that nobody knows", with(nsec3_around(kAlice, "2 0 0 -")), missing},
          {"with as many iterations as are taken", with(nsec3_around(kAlice, "1 0 150 -", 150)), ""},
          {"with more", with(nsec3_around(kAlice, "1 0 151 -", 151)), "have 151 iterations"},
          {"whose hash has another length",
           with(label_before(hash) + ".example.test. 300 IN NSEC3 1 0 0 - " +
                label_after(hash).substr(0, 24) + " TXT"),
           missing},
          {"at another depth", with("x." + nsec3_around(kAlice)), missing},
          {"of the parent zone",
           [](const SignedTree& t) {
             const std::string name = nsec3_label(kAlice);
             return expanded(t) + t.tld.sign(label_before(name) + ".test. 300 IN NSEC3 1 0 0 - " +
                                             label_after(name) + " TXT");
           },
           missing},
          {"beside an extra one with opt-out",
           [](const SignedTree& t) {
             return expanded(t) + t.zone.sign(nsec3_around(kAlice)) +
                    t.zone.sign(nsec3_around("x.test.", "1 1 0 -"));
           },
           ""},
      });
}

TEST(ProofWildcard, IsTold) {
  const SignedTree tree;
  Signing shorter;
  shorter.expiration = 1'760'000'000;
  const auto proof =
      verify(tree.root, expanded(tree) + tree.zone.sign(nsec3_around("x.test.", "1 1 0 -")) +
                            tree.zone.sign("al." + kBase + " 60 IN NSEC bob." + kBase + " TXT", shorter));
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_TRUE(proof->wildcard);
  EXPECT_TRUE(proof->nsec3_opt_out);
  EXPECT_EQ(proof->values, std::vector<std::string>{"bitcoin:?lno=any"});
  // The record that denies is a part of the proof: its time and its TTL count.
  EXPECT_EQ(proof->expires, at_second(1'760'000'000));
  EXPECT_EQ(proof->max_cache_ttl.count(), 60);
}

TEST(ProofWildcard, AskedForByItsOwnNameIsAnOrdinaryRecord) {
  const SignedTree tree;
  const auto proof = verify(tree.root, tree.above() + tree.zone.sign(kWildcard), "*." + kBase);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_FALSE(proof->wildcard);
}

TEST(ProofWildcard, StaysInItsZoneAndBelowItsOwner) {
  const SignedTree tree;
  const auto labels = [](std::uint8_t count) {
    return [count](const SignedTree& t) {
      Signing how;
      how.labels = count;
      return t.above() + t.zone.sign(kAliceTxt, how);
    };
  };
  expect_verdicts(tree,
                  {
                      {"one label more than the name", labels(6), "counts more labels than the name has"},
                      {"a wildcard of the parent zone", labels(1), "for a wildcard above the zone"},
                      {"a wildcard that was not signed", labels(4), "is wrong"},
                  });
}

}  // namespace
}  // namespace paynamed::names
