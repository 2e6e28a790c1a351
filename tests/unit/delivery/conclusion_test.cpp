// What follows for a delivery from an attempt at it.
#include "delivery/conclusion.hpp"

#include <gtest/gtest.h>

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using Kind = Verdict::Kind;

TEST(Conclusion, OfEachVerdict) {
  const Schedule schedule{base::Duration{0}, base::Duration{10'000}};
  struct Case {
    const char* name;
    Kind kind;
    std::uint32_t tries_before;
    DeliveryState state;
    std::uint32_t tries;
    bool has_next;
  };
  for (const Case& each : {
           Case{"delivered", Kind::kDelivered, 0, DeliveryState::kDelivered, 1, false},
           Case{"failed", Kind::kFailed, 0, DeliveryState::kWaiting, 1, true},
           Case{"failed for the last time", Kind::kFailed, 1, DeliveryState::kDead, 2, false},
           Case{"hopeless", Kind::kHopeless, 0, DeliveryState::kDead, 1, false},
           Case{"gone", Kind::kGone, 1, DeliveryState::kWaiting, 1, true},
       }) {
    base::SeededRandom random{1};
    Times times;
    times.begun = base::WallTime{base::Duration{1'000}};
    times.now = base::WallTime{base::Duration{1'500}};
    times.latency = base::Duration{500};
    state::DeliveryRow before;
    before.seq = 3;
    before.attempts = 7;
    before.tries = each.tries_before;
    Verdict verdict;
    verdict.kind = each.kind;
    verdict.status = 500;
    verdict.reason = "why";
    const auto done = conclude(before, verdict, schedule, times, random);
    EXPECT_EQ(done.delivery.state, each.state) << each.name;
    EXPECT_EQ(done.delivery.tries, each.tries) << each.name;
    EXPECT_EQ(done.delivery.attempts, 8U) << each.name;
    EXPECT_EQ(done.delivery.next.has_value(), each.has_next) << each.name;
    EXPECT_EQ(done.delivery.updated, times.now);
    ASSERT_TRUE(done.attempt);
    EXPECT_EQ(done.attempt->number, 8U);
    EXPECT_EQ(done.attempt->time, times.begun);
    EXPECT_EQ(done.attempt->latency, base::Duration{500});
    EXPECT_EQ(done.attempt->delivered, each.kind == Kind::kDelivered);
  }
}

}  // namespace
}  // namespace paynamed::delivery
