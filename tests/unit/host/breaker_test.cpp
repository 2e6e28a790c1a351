#include "host/breaker.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace paynamed::host {
namespace {

using base::Code;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = Breaker::Outcome;
using State = Breaker::State;

struct BreakerTest : ::testing::Test {
  BreakerSettings settings;
  Breaker::Moment now{base::MonotonicTime{std::chrono::hours(5)},
                      *base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  Breaker breaker{settings, "zone"};

  void pass_time(base::Duration time) {
    now.monotonic += time;
    now.wall += time;
  }
  Breaker::Change end(Breaker::Pass pass, Outcome outcome) {
    return breaker.ended(pass, outcome, base::unavailable("nobody answers for alice@example.com"), now);
  }
  // One call from its beginning to its end; false when it was refused.
  bool call(Outcome outcome) {
    const auto pass = breaker.admit(now);
    if (pass) end(*pass, outcome);
    return pass.has_value();
  }
  void open_it() {
    for (int i = 0; i < 10; ++i) call(Outcome::kFailure);
    ASSERT_EQ(breaker.state(now.monotonic), State::kOpen);
  }
};

TEST_F(BreakerTest, ItOpensWhenHalfOfTenFailed) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(call(Outcome::kSuccess));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(call(Outcome::kFailure));
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
  EXPECT_TRUE(call(Outcome::kFailure));
  EXPECT_EQ(breaker.state(now.monotonic), State::kOpen);
  const auto refused = breaker.admit(now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  EXPECT_TRUE(refused.error().deferred());
  EXPECT_EQ(refused.error().retry_after_ms(), 15'000u);
  EXPECT_EQ(refused.error().message(),
            "'zone' is not called since 2026-11-23T12:00:00.000Z because 5 of its last 10 calls failed; it "
            "is tried "
            "again at 2026-11-23T12:00:15.000Z");
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("alice"))) << "another's call is nobody's business";
  EXPECT_EQ(refused.error().detail(), "nobody answers for alice@example.com");
}

TEST_F(BreakerTest, FewCallsAndFewFailuresSayNothing) {
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(call(Outcome::kFailure));
  pass_time(base::Duration{31'000});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(call(i % 5 == 0 ? Outcome::kFailure : Outcome::kSuccess));
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
}

TEST_F(BreakerTest, WhatIsOlderThanTheWindowIsForgotten) {
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(call(Outcome::kFailure)) << "9 in 30 s, however long";
    pass_time(base::Duration{3'400});
  }
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
}

TEST_F(BreakerTest, WhatIsNeitherCountsAsNothing) {
  for (int i = 0; i < 9; ++i) call(Outcome::kFailure);
  for (int i = 0; i < 50; ++i) call(Outcome::kNeither);
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
}

TEST_F(BreakerTest, HalfOpenLetsOneThroughAtATime) {
  open_it();
  pass_time(base::Duration{14'999});
  EXPECT_FALSE(breaker.admit(now));
  pass_time(base::Duration{1});
  EXPECT_EQ(breaker.state(now.monotonic), State::kHalfOpen);
  const auto probe = breaker.admit(now);
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe->probe);
  const auto second = breaker.admit(now);
  ASSERT_FALSE(second);
  EXPECT_GT(second.error().retry_after_ms(), 0u);
  pass_time(base::Duration{60'000});
  EXPECT_FALSE(breaker.admit(now)) << "the probe is still under way";
  ASSERT_TRUE(breaker.refusal(now));
  EXPECT_THAT(breaker.refusal(now)->message(), HasSubstr("it is being tried again"));
  end(*probe, Outcome::kSuccess);
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
  EXPECT_EQ(breaker.explanation(now), "");
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(call(Outcome::kFailure)) << "the failures of before are forgotten";
}

TEST_F(BreakerTest, EachFailedProbeDoublesTheTimeUpToTheMost) {
  open_it();
  base::Duration open{15'000};
  EXPECT_EQ(breaker.refusal(now)->retry_after_ms(), 15'000u);
  for (const int expected : {30'000, 60'000, 120'000, 240'000, 300'000, 300'000}) {
    pass_time(open);
    EXPECT_TRUE(call(Outcome::kFailure));
    open = base::Duration{expected};
    const auto refused = breaker.admit(now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().retry_after_ms(), static_cast<std::uint32_t>(expected));
    EXPECT_THAT(refused.error().message(), HasSubstr("since 2026-11-23T12:00:00.000Z"));
  }
  pass_time(open);
  EXPECT_TRUE(call(Outcome::kSuccess));
  open_it();
  EXPECT_EQ(breaker.admit(now).error().retry_after_ms(), 15'000u) << "it begins anew";
}

TEST_F(BreakerTest, AProbeThatSaysNothingLetsTheNextOneThrough) {
  open_it();
  pass_time(base::Duration{15'000});
  EXPECT_TRUE(call(Outcome::kNeither));
  EXPECT_EQ(breaker.state(now.monotonic), State::kHalfOpen);
  EXPECT_TRUE(call(Outcome::kSuccess));
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
}

TEST_F(BreakerTest, CallsFromBeforeItOpenedDecideNothing) {
  std::vector<Breaker::Pass> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(*breaker.admit(now));
  open_it();
  end(slow[0], Outcome::kSuccess);
  EXPECT_EQ(breaker.state(now.monotonic), State::kOpen);
  pass_time(base::Duration{15'000});
  EXPECT_TRUE(call(Outcome::kSuccess));
  for (std::size_t i = 1; i < slow.size(); ++i) end(slow[i], Outcome::kFailure);
  EXPECT_EQ(breaker.state(now.monotonic), State::kClosed);
}

TEST_F(BreakerTest, SwitchedOffItNeverRefuses) {
  settings.enabled = false;
  Breaker off{settings, "zone"};
  for (int i = 0; i < 100; ++i) {
    const auto pass = off.admit(now);
    ASSERT_TRUE(pass);
    EXPECT_EQ(off.ended(*pass, Outcome::kFailure, base::unavailable("nobody answers"), now),
              Breaker::Change::kNone);
  }
}

TEST_F(BreakerTest, EachChangeIsSaidOnce) {
  std::vector<Breaker::Change> changes;
  const auto one = [&](Outcome outcome) { changes.push_back(end(*breaker.admit(now), outcome)); };
  for (int i = 0; i < 10; ++i) one(Outcome::kFailure);
  EXPECT_THAT(changes, testing::Contains(Breaker::Change::kOpened).Times(1));
  EXPECT_EQ(changes.back(), Breaker::Change::kOpened);
  pass_time(base::Duration{15'000});
  one(Outcome::kFailure);
  EXPECT_EQ(changes.back(), Breaker::Change::kProbeFailed);
  pass_time(base::Duration{30'000});
  one(Outcome::kSuccess);
  EXPECT_EQ(changes.back(), Breaker::Change::kClosed);
}

TEST_F(BreakerTest, WhatWouldBeRefusedIsKnownWithoutACall) {
  EXPECT_FALSE(breaker.refusal(now));
  open_it();
  ASSERT_TRUE(breaker.refusal(now));
  EXPECT_EQ(breaker.refusal(now)->deferred_by(), "zone");
  pass_time(base::Duration{15'000});
  EXPECT_FALSE(breaker.refusal(now)) << "nobody took the probe";
  EXPECT_TRUE(breaker.admit(now)->probe);
}

TEST_F(BreakerTest, OtherSettingsCountFromTheNextCall) {
  open_it();
  settings.enabled = false;
  breaker.use(settings);
  EXPECT_TRUE(call(Outcome::kFailure));
  settings.enabled = true;
  settings.minimum = 2;
  settings.open = base::Duration{1'000};
  breaker.use(settings);
  EXPECT_TRUE(call(Outcome::kFailure));
  EXPECT_TRUE(call(Outcome::kFailure));
  EXPECT_EQ(breaker.admit(now).error().retry_after_ms(), 1'000u);
}

struct OutcomeCase {
  const char* rule;
  const char* method;
  std::vector<Code> codes;
  Outcome outcome;
};

TEST(BreakerOutcomeTest, WhatTheEndOfACallSays) {
  const std::vector<OutcomeCase> cases = {
      {"nobody answers, or nobody knows what came of it",
       "Publish",
       {Code::kUnavailable, Code::kDeadlineExceeded, Code::kUnknown, Code::kInternal},
       Outcome::kFailure},
      {"a peer that says no answers",
       "Publish",
       {Code::kOk, Code::kAborted, Code::kNotFound, Code::kAlreadyExists, Code::kFailedPrecondition,
        Code::kPermissionDenied, Code::kUnauthenticated},
       Outcome::kSuccess},
      {"the plugin may have said it alone, and throttling has its own wait",
       "Publish",
       {Code::kInvalidArgument, Code::kOutOfRange, Code::kUnimplemented, Code::kResourceExhausted,
        Code::kCancelled},
       Outcome::kNeither},
      {"what a plugin can do it knows without its peer", "Describe", {Code::kOk}, Outcome::kNeither},
      {"but not when it asks", "Describe", {Code::kUnavailable}, Outcome::kFailure},
  };
  for (const OutcomeCase& each : cases) {
    for (const Code code : each.codes) {
      EXPECT_EQ(outcome_of(each.method, code), each.outcome) << each.rule << ": " << base::to_string(code);
    }
  }
}

}  // namespace
}  // namespace paynamed::host
