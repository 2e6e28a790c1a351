// How often a target may be tried.
#include "delivery/pace.hpp"

#include <gtest/gtest.h>

namespace paynamed::delivery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Attempts that begin in `span` when there is always one to make.
int begun_in(Pace& pace, base::MonotonicTime& now, std::chrono::nanoseconds span) {
  int begun = 0;
  for (const base::MonotonicTime end = now + span; now < end;) {
    const base::MonotonicTime next = pace.next(now);
    if (next > now) {
      now = next;
      continue;
    }
    pace.began(now);
    if (++begun > 100'000) break;
  }
  return begun;
}

TEST(Pace, HasNoLimitByItself) {
  Pace pace;
  const base::MonotonicTime now{seconds{1'000}};
  for (int i = 0; i < 1'000; ++i) pace.began(now);
  EXPECT_LE(pace.next(now), now);
}

TEST(Pace, KeepsWhatIsAllowedInAMinute) {
  for (const std::uint32_t allowed : {1U, 60U, 600U}) {
    Pace pace;
    pace.limit(allowed);
    base::MonotonicTime now{seconds{1'000}};
    begun_in(pace, now, minutes{1});
    EXPECT_EQ(begun_in(pace, now, minutes{5}), static_cast<int>(5 * allowed)) << allowed;
  }
}

TEST(Pace, ASecondsWorthMayComeAtOnce) {
  Pace pace;
  pace.limit(600);
  base::MonotonicTime now{seconds{1'000}};
  int at_once = 0;
  for (; pace.next(now) <= now; ++at_once) pace.began(now);
  EXPECT_EQ(at_once, 10);
}

TEST(Pace, ThrottledItHalvesAndComesBack) {
  Pace pace;
  pace.limit(600);
  base::MonotonicTime now{seconds{1'000}};
  begun_in(pace, now, minutes{2});
  pace.throttled(now);
  EXPECT_NEAR(pace.rate(now), 300, 10);
  for (int i = 0; i < 7; ++i) pace.throttled(now);
  EXPECT_NEAR(pace.rate(now), 300, 10) << "answers of one moment count once";
  now += seconds{61};
  EXPECT_EQ(pace.rate(now), 600);
  EXPECT_LE(pace.next(now), now);
}

TEST(Pace, WithoutALimitHalfOfWhatItWas) {
  Pace pace;
  base::MonotonicTime now{seconds{1'000}};
  for (int i = 0; i < 100; ++i) pace.began(now);
  pace.throttled(now);
  EXPECT_EQ(pace.rate(now), 50);
  now += minutes{1};
  EXPECT_EQ(pace.rate(now), 100);
  now += minutes{10};
  EXPECT_EQ(pace.rate(now), 0);
}

TEST(Pace, NeverStopsAltogether) {
  Pace pace;
  base::MonotonicTime now{seconds{1'000}};
  for (int i = 0; i < 20; ++i) {
    pace.throttled(now);
    now += seconds{11};
  }
  EXPECT_GE(pace.rate(now), 1);
}

}  // namespace
}  // namespace paynamed::delivery
