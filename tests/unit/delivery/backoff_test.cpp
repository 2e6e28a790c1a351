// Pauses that double.
#include "delivery/backoff.hpp"

#include <gtest/gtest.h>

namespace paynamed::delivery {
namespace {

using std::chrono::seconds;

TEST(Backoff, DoublesUpToItsMost) {
  Backoff backoff{seconds{1}, seconds{4}};
  base::SeededRandom random{1};
  base::MonotonicTime now{seconds{100}};
  EXPECT_FALSE(backoff.is_on());
  for (const int expected : {1, 2, 4, 4}) {
    backoff.begin(now, random);
    const auto until = backoff.until(now);
    ASSERT_TRUE(until);
    EXPECT_GE(*until - now, std::chrono::milliseconds{800 * expected});
    EXPECT_LE(*until - now, std::chrono::milliseconds{1'200 * expected});
    now = *until;
    EXPECT_FALSE(backoff.until(now));
    EXPECT_TRUE(backoff.is_on()) << "until it is cleared";
  }
  backoff.clear();
  EXPECT_FALSE(backoff.is_on());
  backoff.begin(now, random);
  EXPECT_LE(*backoff.until(now) - now, seconds{2});
}

TEST(Backoff, WhatEndsInAPauseMakesItNoLonger) {
  Backoff backoff{seconds{1}, seconds{60}};
  base::SeededRandom random{1};
  const base::MonotonicTime now{seconds{100}};
  for (int i = 0; i < 8; ++i) backoff.begin(now, random);
  EXPECT_LE(*backoff.until(now) - now, seconds{2});
}

TEST(Backoff, KeepsAWishWithinItsMost) {
  base::SeededRandom random{1};
  const base::MonotonicTime now{seconds{100}};
  Backoff backoff{seconds{1}, seconds{60}};
  backoff.begin(now, random, seconds{30});
  EXPECT_EQ(*backoff.until(now) - now, seconds{30});
  Backoff other{seconds{1}, seconds{60}};
  other.begin(now, random, std::chrono::hours{30});
  EXPECT_EQ(*other.until(now) - now, seconds{60});
}

}  // namespace
}  // namespace paynamed::delivery
