#include "listing.hpp"

#include <gtest/gtest.h>

#include <paynamed/error.hpp>

namespace paynamed::powerdns {
namespace {

RRset rrset(const std::string& name, std::vector<std::string> contents) {
  RRset made;
  made.name = name;
  made.type = "TXT";
  made.contents = std::move(contents);
  return made;
}

using Seen = std::vector<std::pair<std::string, std::string>>;

bool all(const ListedRecord&) {
  return true;
}

Seen all_pages(const std::vector<RRset>& rrsets, std::uint32_t limit) {
  const ListedZone zone = listed(rrsets);
  Seen seen;
  std::string page;
  do {
    const ListedPage given = page_of(zone, page, limit, all);
    EXPECT_LE(given.records.size(), limit);
    for (const auto& each : given.records) seen.emplace_back(each->name, each->content);
    page = given.next;
  } while (!page.empty() && seen.size() < 100);
  return seen;
}

TEST(Listing, GivesEachRecordOnceWhateverThePage) {
  const std::vector<RRset> zone = {rrset("c.", {"4"}), rrset("b.", {"3", "1", "2"}), rrset("a.", {"0"})};
  const Seen expected = {{"a.", "0"}, {"b.", "1"}, {"b.", "2"}, {"b.", "3"}, {"c.", "4"}};
  for (std::uint32_t limit = 1; limit <= 6; ++limit) EXPECT_EQ(all_pages(zone, limit), expected) << limit;
  EXPECT_EQ(all_pages({}, 3), Seen{});
}

TEST(Listing, ChangesInBetweenDisturbOnlyThemselves) {
  const ListedZone before = listed({rrset("b.", {"1"}), rrset("c.", {"2"}), rrset("d.", {"3"})});
  const ListedPage first = page_of(before, "", 2, all);
  // b. is gone, a. is new; d. is still next.
  const ListedZone after = listed({rrset("a.", {"0"}), rrset("c.", {"2"}), rrset("d.", {"3"})});
  const ListedPage second = page_of(after, first.next, 2, all);
  ASSERT_EQ(second.records.size(), 1U);
  EXPECT_EQ(second.records.front()->name, "d.");
}

TEST(Listing, WhatIsNotTakenCountsNowhere) {
  const ListedZone zone = listed({rrset("a.", {"0", "x", "1"}), rrset("b.", {"x"}), rrset("c.", {"2"})});
  const auto take = [](const ListedRecord& each) { return each.content != "x"; };
  Seen seen;
  std::string page;
  do {
    const ListedPage given = page_of(zone, page, 1, take);
    for (const auto& each : given.records) seen.emplace_back(each->name, each->content);
    page = given.next;
  } while (!page.empty());
  EXPECT_EQ(seen, (Seen{{"a.", "0"}, {"a.", "1"}, {"c.", "2"}}));
}

TEST(Listing, RefusesAPageThatNobodyGave) {
  for (const char* page : {"x", "1", " a.", "99999999999999999999999 a.", "-1 a."}) {
    EXPECT_THROW(page_of({}, page, 2, all), Error) << page;
  }
}

}  // namespace
}  // namespace paynamed::powerdns
