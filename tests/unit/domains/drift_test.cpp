// What counts as drift, and which of it a repair mends.
#include "domains/drift.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::domains {
namespace {

using state::NameState;
using testing::IsEmpty;

constexpr char kDomain[] = "money.test";
const std::string kValue = "bitcoin:?lno=lno1ours";

state::NameRow row(const std::string& user, NameState state = NameState::kLive) {
  state::NameRow name;
  name.name = user + "@" + kDomain;
  name.domain = kDomain;
  name.state = state;
  name.value = kValue;
  return name;
}

std::string owner(const std::string& user) {
  return user + "." + names_suffix(kDomain);
}

OwnerRecords records(const std::vector<std::string>& values, const std::string& comment = {}) {
  OwnerRecords all;
  for (const std::string& value : values) all.txt.push_back({value, 300, comment});
  return all;
}

constexpr char kInstance[] = "zone";
const base::WallTime kBegun{std::chrono::seconds{1'000}};

// In pages of two owners and two names, as large domains come.
Drift compare(
    const std::vector<state::NameRow>& ours, ZoneListing listing,
    const std::function<bool(const std::string&)>& is_taken = [](const auto&) { return false; }) {
  listing.begun = kBegun;
  Comparison comparison{kDomain, listing, kInstance};
  for (std::size_t at = 0; at < ours.size(); at += 2)
    comparison.take({ours.begin() + static_cast<std::ptrdiff_t>(at),
                     ours.begin() + static_cast<std::ptrdiff_t>(std::min(at + 2, ours.size()))});
  while (comparison.take_extras(2, is_taken)) continue;
  return comparison.finish();
}

Drift compare_one(NameState state, const OwnerRecords& there) {
  ZoneListing listing;
  listing.owners[owner("alice")] = there;
  return compare({row("alice", state)}, listing);
}

struct Case {
  const char* rule;
  NameState state;
  OwnerRecords there;
  const char* kind;  // "" for no drift
  bool repairs;
};

class DriftCases : public ::testing::TestWithParam<Case> {};

TEST_P(DriftCases, AreToldApart) {
  const Case& each = GetParam();
  const Drift drift = compare_one(each.state, each.there);
  EXPECT_EQ(drift.changes, each.repairs ? 1U : 0U);
  if (std::string{each.kind}.empty()) {
    EXPECT_THAT(drift.items, IsEmpty());
    return;
  }
  ASSERT_EQ(drift.items.size(), 1U);
  EXPECT_EQ(to_string(drift.items[0].kind), each.kind);
  EXPECT_EQ(drift.items[0].repairs, each.repairs);
}

OwnerRecords alias() {
  OwnerRecords there;
  there.alias = "CNAME";
  return there;
}

INSTANTIATE_TEST_SUITE_P(
    All, DriftCases,
    ::testing::Values(
        Case{"AsItShouldBe", NameState::kLive, records({kValue}), "", false},
        Case{"Missing", NameState::kLive, records({}), "missing", true},
        Case{"Changed", NameState::kLive, records({"other"}), "changed", true},
        Case{"Beside", NameState::kLive, records({kValue, "other"}), "duplicate", true},
        Case{"Twice", NameState::kLive, records({kValue, kValue}), "duplicate", true},
        Case{"AnAliasIsNotRepaired", NameState::kLive, alias(), "alias", false},
        Case{"ADegradedName", NameState::kDegraded, records({}), "missing", true},
        Case{"ADegradedNameThatStandsThere", NameState::kDegraded, records({kValue}), "not_served", false},
        Case{"WhatWasNeverLiveIsNotRepaired", NameState::kPublished, records({}), "missing", false},
        Case{"AReleasedNameIsNone", NameState::kQuarantined, records({"other"}), "extra", false},
        Case{"ARegistrationUnderWayIsNone", NameState::kRegistering, records({"other"}), "", false}),
    [](const auto& one) { return std::string{one.param.rule}; });

TEST(Drift, ExtrasAreKnownByOurMark) {
  ZoneListing listing;
  listing.owners[owner("marked")] = records({"x"}, "managed by paynamed");
  listing.owners[owner("stranger")] = records({"y"}, "somebody");
  listing.owners[owner("taken")] = records({"z"});
  const Drift drift =
      compare({}, listing, [](const std::string& name) { return name == "taken@money.test"; });
  ASSERT_EQ(drift.items.size(), 2U);
  EXPECT_EQ(drift.items[0].kind, DriftKind::kExtraMarked);
  EXPECT_EQ(drift.items[0].name, "marked@money.test");
  EXPECT_EQ(drift.items[1].kind, DriftKind::kExtra);
  EXPECT_EQ(drift.changes, 0U);
}

TEST(Drift, NamesWithAnOpenRunAreLeftOut) {
  state::NameRow busy = row("alice");
  busy.open_run = base::Uuid{};
  const Drift drift = compare({busy}, {});
  EXPECT_THAT(drift.items, IsEmpty());
  EXPECT_EQ(drift.busy, 1U);
  EXPECT_EQ(drift.names, 0U);
}

TEST(Drift, WhatWasDoneWhileTheZoneWasListedIsLeftOut) {
  for (const auto& [since, busy] : {std::pair{-1, 0U}, std::pair{0, 1U}, std::pair{1, 1U}}) {
    state::NameRow fresh = row("alice");
    fresh.updated = kBegun + std::chrono::seconds{since};
    const Drift drift = compare({fresh}, {});
    EXPECT_EQ(drift.busy, busy) << since;
    EXPECT_EQ(drift.changes, 1U - busy) << since;
  }
}

TEST(Drift, ANameThatAnotherInstanceHoldsIsNotJudged) {
  state::NameRow elsewhere = row("alice");
  elsewhere.dns_instance = "zone2";
  EXPECT_EQ(compare({elsewhere}, {}).changes, 0U);
  elsewhere.dns_instance = kInstance;
  EXPECT_EQ(compare({elsewhere}, {}).changes, 1U);
}

TEST(Drift, ALargeDomainIsComparedInLinearTime) {
  // Comparing each with each would be ten thousand million steps.
  constexpr int kMany = 100'000;
  std::vector<state::NameRow> ours;
  ZoneListing listing;
  for (int i = 0; i < kMany; ++i) {
    ours.push_back(row(fmt::format("n{}", i), i % 2 == 0 ? NameState::kDegraded : NameState::kLive));
    listing.owners[owner(fmt::format("n{}", i))] = records({kValue});
    listing.owners[owner(fmt::format("x{}", i))] = records({"stranger"});
  }
  const Drift drift = compare(ours, listing);
  EXPECT_EQ(drift.names, kMany);
  EXPECT_EQ(drift.changes, 0U);
  EXPECT_EQ(drift.items.size(), kMany / 2 + kMany);
}

TEST(Drift, AboveThirtyPercentItNeedsForce) {
  for (const auto& [missing, force] : {std::pair{3, false}, std::pair{4, true}}) {
    std::vector<state::NameRow> ours;
    ZoneListing listing;
    for (int i = 0; i < 10; ++i) {
      ours.push_back(row(fmt::format("n{}", i)));
      if (i >= missing) listing.owners[owner(fmt::format("n{}", i))] = records({kValue});
    }
    EXPECT_EQ(compare(ours, listing).needs_force(), force);
  }
}

TEST(Drift, TheFingerprintIsOfWhatIsRepaired) {
  const Drift missing = compare_one(NameState::kLive, records({}));
  EXPECT_EQ(missing.fingerprint, compare_one(NameState::kLive, records({})).fingerprint);
  EXPECT_NE(missing.fingerprint, compare_one(NameState::kLive, records({"other"})).fingerprint);
  EXPECT_NE(compare_one(NameState::kLive, records({"one"})).fingerprint,
            compare_one(NameState::kLive, records({"other"})).fingerprint);
  ZoneListing with_extra;
  with_extra.owners[owner("stranger")] = records({"y"});
  EXPECT_EQ(missing.fingerprint, compare({row("alice")}, with_extra).fingerprint);
}

}  // namespace
}  // namespace paynamed::domains
