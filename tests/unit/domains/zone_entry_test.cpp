// What is said of records that stand in a zone, one row a kind of record.
#include "domains/zone_entry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/domains/hand_made.hpp"

namespace paynamed::domains {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr char kDomain[] = "money.test";
const base::WallTime kNow = *base::from_rfc3339("2026-11-23T12:00:00.000Z");

EntryRules rules(bool test_domain = false) {
  EntryRules all;
  all.publication.test_domain = test_domain;
  all.publication.min_ttl = std::chrono::seconds{1};
  all.publication.max_ttl = std::chrono::hours{24 * 7};
  all.now = kNow;
  return all;
}

OwnerRecords records_of(const std::vector<std::string>& values, std::uint32_t ttl = 300) {
  OwnerRecords records;
  for (const std::string& value : values) records.txt.push_back({value, ttl, {}});
  return records;
}

std::string owner_of(const std::string& label) {
  return (label.empty() ? "" : label + ".") + names_suffix(kDomain);
}

class HandMadeTest : public ::testing::TestWithParam<HandMade> {};

TEST_P(HandMadeTest, IsWhatItIs) {
  const HandMade& made = GetParam();
  OwnerRecords records = records_of(made.values, made.ttl);
  records.alias = made.alias;
  const ZoneEntry entry =
      judge_entry(kDomain, owner_of(made.label), std::move(records), std::nullopt, rules());
  EXPECT_EQ(to_string(entry.kind), made.kind) << entry.rule << ": " << entry.sentence;
  EXPECT_EQ(entry.rule, made.rule) << entry.sentence;
  EXPECT_EQ(!entry.adoptable.empty(), made.adoptable) << entry.adoptable;
  EXPECT_EQ(entry.takes_over, made.take_over);
  if (made.kind == "valid") {
    EXPECT_EQ(entry.adoptable, made.values.front());
  } else {
    EXPECT_THAT(entry.sentence, Not(IsEmpty()));
  }
}

std::string case_name(const ::testing::TestParamInfo<HandMade>& one) {
  std::string name = one.param.label.empty() ? "suffix" : one.param.label;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return fmt::format("{}_{}", one.index, name);
}
INSTANTIATE_TEST_SUITE_P(Zone, HandMadeTest, ::testing::ValuesIn(hand_made(0, kNow)), case_name);

TEST(ZoneEntry, OfANameOfOursIsEqualOrDifferent) {
  const std::string value = "bitcoin:?lno=" + offer_number(1);
  const OurName ours{true, value};
  const auto judge = [&](OwnerRecords records) {
    return judge_entry(kDomain, owner_of("alice"), std::move(records), ours, rules());
  };
  EXPECT_EQ(judge(records_of({value})).kind, EntryKind::kOurs);
  EXPECT_EQ(judge(records_of({"bitcoin:?lno=" + offer_number(2)})).rule, "other_value");
  EXPECT_EQ(judge(records_of({value, "decoy"})).rule, "several_records");
  OwnerRecords alias;
  alias.alias = "CNAME";
  EXPECT_EQ(judge(std::move(alias)).rule, "alias");
  EXPECT_THAT(judge(records_of({value, "decoy"})).adoptable, IsEmpty());
}

TEST(ZoneEntry, OfAnotherTenantsNameShowsNothing) {
  const ZoneEntry entry =
      judge_entry(kDomain, owner_of("alice"), records_of({"bitcoin:?lno=x"}), OurName{false, "y"}, rules());
  EXPECT_EQ(entry.kind, EntryKind::kOtherTenants);
  EXPECT_THAT(entry.records, IsEmpty());
  EXPECT_THAT(entry.adoptable, IsEmpty());
}

TEST(ZoneEntry, InstructionsForTestNetworksAreFineOnATestDomain) {
  const std::string regtest = names::offer_text({{2, names::kRegtestHex}, {22, names::kPointHex}});
  EXPECT_EQ(judge_entry(kDomain, owner_of("alice"), records_of({"bitcoin:?lno=" + regtest}), std::nullopt,
                        rules(true))
                .kind,
            EntryKind::kValid);
}

TEST(ZoneEntry, FingerprintsNameTheRecordsInAnyOrder) {
  EXPECT_EQ(fingerprint_of({"a", "b"}), fingerprint_of({"b", "a"}));
  EXPECT_NE(fingerprint_of({"a", "b"}), fingerprint_of({"ab"}));
  EXPECT_NE(fingerprint_of({"a"}), fingerprint_of({"a", "a"}));
  EXPECT_EQ(fingerprint_of({}).size(), 64U);
}

}  // namespace
}  // namespace paynamed::domains
