// The breaker of an instance, with plugins that fail.
#include <gmock/gmock.h>

#include "fixture.hpp"

namespace paynamed::host {
namespace {

using namespace std::chrono_literals;
using base::Code;
using ::testing::HasSubstr;

class InstanceBreakerTest : public HostFixture {};

TEST_F(InstanceBreakerTest, APluginThatOnlyFailsIsNotCalledForAWhile) {
  Instance* instance = make("zone", "throws_in_call");
  for (int i = 0; i < 10; ++i) {
    const auto outcome = call(instance, "Read");
    EXPECT_EQ(outcome.result.error().code(), Code::kInternal);
    EXPECT_FALSE(outcome.result.error().deferred());
  }
  const auto calls = instance->info().calls;
  const auto refused = call(instance, "Read");
  EXPECT_EQ(refused.result.error().code(), Code::kUnavailable);
  EXPECT_TRUE(refused.result.error().deferred());
  EXPECT_FALSE(refused.still_open);
  EXPECT_EQ(instance->info().calls, calls) << "the plugin was not called";
  EXPECT_EQ(instance->info().breaker, Breaker::State::kOpen);
  EXPECT_THAT(instance->info().breaker_explanation, HasSubstr("10 of its last 10 calls failed"));
  EXPECT_TRUE(logged("the breaker is open"));
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(paynamed_breaker_state{instance="zone"} 2)"));
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(paynamed_breaker_openings_total{instance="zone"} 1)"));
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(paynamed_breaker_refused_total{instance="zone"} 1)"));
  clock_.advance(15s);
  EXPECT_EQ(call(instance, "Read").result.error().code(), Code::kInternal) << "one is let through";
  EXPECT_TRUE(call(instance, "Read").result.error().deferred());
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(paynamed_breaker_openings_total{instance="zone"} 1)"))
      << "it stayed open";
}

TEST_F(InstanceBreakerTest, CallsWithoutAnAnswerOpenItAndTheProbesAnswerClosesIt) {
  const Sockets sockets;
  Instance* instance = make("answers_when_told", sockets);
  for (int i = 0; i < 10; ++i) {
    auto open = start(instance, "Read", 1s);
    sockets.await_call();
    clock_.advance(1s);
    const auto outcome = get(open);
    EXPECT_EQ(outcome.result.error().code(), Code::kDeadlineExceeded);
    EXPECT_TRUE(outcome.still_open);
  }
  EXPECT_TRUE(call(instance, "Read").result.error().deferred());
  clock_.advance(15s);
  EXPECT_EQ(instance->info().breaker, Breaker::State::kHalfOpen);
  // It answers the late ones, too, which say nothing any more.
  EXPECT_TRUE(call(instance, "Release").result);
  EXPECT_EQ(instance->info().breaker, Breaker::State::kClosed);
  EXPECT_TRUE(logged("the breaker is closed again"));
}

TEST_F(InstanceBreakerTest, InstancesHaveTheirOwn) {
  Instance* bad = make("bad", "throws_in_call");
  Instance* good = make("good", "memory_zone", {{"zone", "example."}});
  for (int i = 0; i < 11; ++i) call(bad, "Read");
  EXPECT_EQ(bad->info().breaker, Breaker::State::kOpen);
  EXPECT_TRUE(call(good, "Describe").result);
}

TEST_F(InstanceBreakerTest, CallsOfOnePeerOfManyGoBesideIt) {
  Instance* instance = make("zone", "throws_in_call");
  CallOptions beside;
  beside.beside_breaker = true;
  for (int i = 0; i < 20; ++i) {
    auto open = spawn(instance->call_bytes("Read", "", beside));
    EXPECT_EQ(get(open).result.error().code(), Code::kInternal);
  }
  EXPECT_EQ(instance->info().breaker, Breaker::State::kClosed);
  for (int i = 0; i < 11; ++i) call(instance, "Read");
  EXPECT_EQ(instance->info().breaker, Breaker::State::kOpen);
  auto open = spawn(instance->call_bytes("Read", "", beside));
  EXPECT_EQ(get(open).result.error().code(), Code::kInternal);
}

TEST_F(InstanceBreakerTest, ItCanBeSwitchedOffWhileItRuns) {
  Instance* instance = make("zone", "throws_in_call");
  for (int i = 0; i < 11; ++i) call(instance, "Read");
  ASSERT_TRUE(instance->refusal());
  BreakerSettings off;
  off.enabled = false;
  host_->use_breakers(off);
  EXPECT_FALSE(instance->refusal());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(call(instance, "Read").result.error().code(), Code::kInternal);
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(paynamed_breaker_state{instance="zone"} 0)"));
}

TEST_F(InstanceBreakerTest, ItCanBeSwitchedOff) {
  HostSettings settings;
  settings.breakers.enabled = false;
  make_host(std::move(settings));
  Instance* instance = make("zone", "throws_in_call");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(call(instance, "Read").result.error().code(), Code::kInternal);
}

}  // namespace
}  // namespace paynamed::host
