// When a delivery is tried again.
#include "delivery/schedule.hpp"

#include <gtest/gtest.h>

namespace paynamed::delivery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Schedule, IsThatOfStandardWebhooks) {
  const Schedule expected{seconds{0}, seconds{5}, minutes{5}, minutes{30}, hours{2},
                          hours{5},   hours{10},  hours{14},  hours{20},   hours{24}};
  EXPECT_EQ(standard_schedule(), expected);
}

TEST(Schedule, JitterIsAFifthEitherWay) {
  base::SeededRandom random{1};
  base::Duration least = hours{1};
  base::Duration most{0};
  for (int i = 0; i < 1'000; ++i) {
    const base::Duration wait = with_jitter(seconds{100}, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, seconds{80});
  EXPECT_LT(least, seconds{82});
  EXPECT_LE(most, seconds{120});
  EXPECT_GT(most, seconds{118});
  EXPECT_EQ(with_jitter(seconds{0}, random), seconds{0});
}

TEST(Schedule, AReceiversWishIsBounded) {
  struct Case {
    const char* name;
    base::Duration wish, wait, expected;
  };
  for (const Case& each : {
           Case{"shorter than the schedule", seconds{1}, seconds{5}, seconds{5}},
           Case{"within an hour", minutes{50}, seconds{5}, minutes{50}},
           Case{"more than an hour", hours{2}, seconds{5}, hours{1}},
           Case{"twice a long wait", hours{9}, hours{5}, hours{9}},
           Case{"more than twice a long wait", hours{100}, hours{5}, hours{10}},
       }) {
    EXPECT_EQ(bounded(each.wish, each.wait), each.expected) << each.name;
  }
}

TEST(Schedule, TheNextTry) {
  const Schedule schedule{seconds{0}, seconds{10}, hours{1}};
  struct Case {
    const char* name;
    std::uint32_t tries;
    Wish wish;
    std::optional<std::pair<base::Duration, base::Duration>> within;
  };
  for (const Case& each : {
           Case{"the second", 1, {}, {{seconds{8}, seconds{12}}}},
           Case{"the third", 2, {}, {{minutes{48}, minutes{72}}}},
           Case{"there is no fourth", 3, {}, {}},
           Case{"a wish", 1, {minutes{3}, false}, {{minutes{3}, minutes{3}}}},
           Case{"throttled", 1, {seconds{0}, true}, {{seconds{60}, seconds{60}}}},
           Case{"throttled, with a wish", 1, {minutes{2}, true}, {{minutes{2}, minutes{2}}}},
           Case{"a wish does not add a try", 3, {minutes{3}, true}, {}},
       }) {
    base::SeededRandom random{1};
    for (int i = 0; i < 50; ++i) {
      const auto wait = wait_after(schedule, each.tries, each.wish, random);
      ASSERT_EQ(wait.has_value(), each.within.has_value()) << each.name;
      if (!wait) continue;
      EXPECT_GE(*wait, each.within->first) << each.name;
      EXPECT_LE(*wait, each.within->second) << each.name;
    }
  }
}

}  // namespace
}  // namespace paynamed::delivery
