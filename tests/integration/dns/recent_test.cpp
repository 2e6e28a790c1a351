#include "names/recent.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace paynamed::names {
namespace {

struct RecentTest : testing::Test {
  base::ManualClock clock{base::WallTime{std::chrono::seconds{1'700'000'000}}};
  Recent<int> recent{clock, 3};
};

TEST_F(RecentTest, AnAnswerIsKeptForASecond) {
  recent.put("a", 1);
  clock.advance(base::Duration{999});
  EXPECT_EQ(recent.find("a"), 1);
  EXPECT_EQ(recent.find("b"), std::nullopt);
  clock.advance(base::Duration{1});
  EXPECT_EQ(recent.find("a"), std::nullopt);
}

TEST_F(RecentTest, UsingAnAnswerDoesNotMakeItYounger) {
  recent.put("a", 1);
  clock.advance(base::Duration{600});
  EXPECT_EQ(recent.find("a"), 1);
  clock.advance(base::Duration{600});
  EXPECT_EQ(recent.find("a"), std::nullopt);
}

TEST_F(RecentTest, ANewAnswerTakesThePlaceOfTheOld) {
  recent.put("a", 1);
  clock.advance(base::Duration{900});
  recent.put("a", 2);
  clock.advance(base::Duration{900});
  EXPECT_EQ(recent.find("a"), 2);
}

TEST_F(RecentTest, WhatIsKeptIsBounded) {
  for (int i = 0; i < 5; ++i) recent.put(fmt::format("{}", i), i);
  EXPECT_EQ(recent.find("2"), 2);
  EXPECT_EQ(recent.find("3"), std::nullopt) << "no room";
  recent.put("0", 10);
  EXPECT_EQ(recent.find("0"), 10) << "it has its place";
  clock.advance(base::Duration{1'000});
  recent.put("3", 3);
  EXPECT_EQ(recent.find("3"), 3) << "old ones made room";
}

}  // namespace
}  // namespace paynamed::names
