// When names are looked at.
#include "monitor/schedule.hpp"

#include <gmock/gmock.h>

#include <map>

namespace paynamed::monitor {
namespace {

using state::NameKey;
constexpr base::Duration kSixHours{6 * 3'600'000};
const base::WallTime kStart = *base::from_rfc3339("2026-11-23T14:51:58.004Z");

// All keys that come up while a clock goes from `from` on by `step`, with when.
std::vector<std::pair<NameKey, base::WallTime>> walk(base::WallTime from, base::Duration how_long,
                                                     base::Duration step, base::Duration interval,
                                                     NameKey newest, std::size_t most = kMostAtOnce) {
  std::vector<std::pair<NameKey, base::WallTime>> seen;
  base::WallTime until = from;
  for (base::WallTime now = from + step; now <= from + how_long; now += step) {
    while (until < now) {
      const DueNames due = due_names(until, now, interval, newest, most);
      EXPECT_GT(due.until, until);
      for (const NameKey key : due.keys) seen.emplace_back(key, now);
      until = due.until;
    }
  }
  return seen;
}

TEST(Schedule, EveryNameComesUpOnceAnInterval) {
  for (const NameKey newest : {1, 2, 3, 7, 8, 9, 1000, 1023, 1024, 1025}) {
    std::map<NameKey, int> times;
    for (const auto& [key, when] : walk(kStart, kSixHours, base::Duration{60'000}, kSixHours, newest))
      ++times[key];
    EXPECT_EQ(times.size(), static_cast<std::size_t>(newest));
    for (const auto& [key, count] : times) EXPECT_EQ(count, 1) << key << " of " << newest;
  }
}

TEST(Schedule, TheMomentIsTheSameInEveryIntervalHoweverManyNamesThereAre) {
  const base::Duration step{1'000};
  std::map<NameKey, base::WallTime> first;
  for (const auto& [key, when] : walk(kStart, kSixHours, step, kSixHours, 20)) first[key] = when;
  for (const auto& [key, when] : walk(kStart + kSixHours, kSixHours, step, kSixHours, 5'000)) {
    const bool is_old = key <= 20;
    EXPECT_TRUE(!is_old || when == first[key] + kSixHours) << key;
  }
}

TEST(Schedule, AMillionNamesMakeNoBurstAndNeedOnePage) {
  constexpr NameKey kMillion = 1'000'000;
  std::vector<bool> seen(kMillion + 1);
  std::size_t count = 0;
  std::size_t most_in_a_second = 0;
  std::size_t largest_page = 0;
  base::WallTime until = kStart;
  for (base::WallTime now = kStart + base::Duration{1'000}; now <= kStart + kSixHours;
       now += base::Duration{1'000}) {
    std::size_t in_this_second = 0;
    while (until < now) {
      const DueNames due = due_names(until, now, kSixHours, kMillion, 500);
      largest_page = std::max(largest_page, due.keys.size());
      for (const NameKey key : due.keys) {
        EXPECT_FALSE(seen[static_cast<std::size_t>(key)]);
        seen[static_cast<std::size_t>(key)] = true;
      }
      in_this_second += due.keys.size();
      until = due.until;
    }
    most_in_a_second = std::max(most_in_a_second, in_this_second);
    count += in_this_second;
  }
  EXPECT_EQ(count, static_cast<std::size_t>(kMillion));
  // 46.3 on average.
  EXPECT_LE(most_in_a_second, 60U);
  EXPECT_LE(largest_page, 500U);
}

TEST(Schedule, NamesOfOneZoneAreFarApart) {
  // A hundred names registered one after the other among ten thousand.
  std::map<std::int64_t, int> by_minute;
  for (const auto& [key, when] : walk(kStart, kSixHours, base::Duration{1'000}, kSixHours, 10'000)) {
    if (key > 5'000 && key <= 5'100) ++by_minute[(when - kStart).count() / 60'000];
  }
  for (const auto& [minute, names] : by_minute) EXPECT_LE(names, 2) << minute;
}

TEST(Schedule, ABigStepIsTakenInPages) {
  std::size_t pages = 0;
  base::WallTime until = kStart;
  std::size_t names = 0;
  while (until < kStart + kSixHours) {
    const DueNames due = due_names(until, kStart + kSixHours, kSixHours, 100'000, 1'000);
    EXPECT_LE(due.keys.size(), 1'001U);
    names += due.keys.size();
    until = due.until;
    ++pages;
  }
  EXPECT_EQ(names, 100'000U);
  EXPECT_GE(pages, 100U);
}

TEST(Schedule, WhatIsLongerAgoThanAnIntervalIsLeftOut) {
  const DueNames due = due_names(kStart - 10 * kSixHours, kStart, kSixHours, 50, 1'000);
  EXPECT_EQ(due.keys.size(), 50U);
  EXPECT_EQ(due.until, kStart);
}

TEST(Schedule, NothingIsDueWithoutNamesOrTime) {
  EXPECT_TRUE(due_names(kStart, kStart + kSixHours, kSixHours, 0, 10).keys.empty());
  EXPECT_TRUE(due_names(kStart, kStart, kSixHours, 10, 10).keys.empty());
  EXPECT_EQ(due_names(kStart, kStart - kSixHours, kSixHours, 10, 10).until, kStart);
}

}  // namespace
}  // namespace paynamed::monitor
