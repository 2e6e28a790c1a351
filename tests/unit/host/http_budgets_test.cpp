// Budgets by a clock that stands until a test moves it.
#include "host/http_budgets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <optional>
#include <vector>

namespace paynamed::host {
namespace {

namespace asio = boost::asio;
using base::Code;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr base::Duration kHour{3'600'000};

struct HttpBudgetsTest : testing::Test {
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T00:00:00.000Z")};
  observe::Metrics metrics;
  asio::io_context io;
  std::optional<HttpBudgets> budgets;
  std::vector<std::string> order;
  std::map<std::string, base::Status> refused;

  void SetUp() override { budgets.emplace(io.get_executor(), clock, metrics); }
  void TearDown() override {
    budgets.reset();
    settle();
  }
  static BudgetShare share(const std::string& key, double per_second, double burst, double cost = 1,
                           double reserve = 0) {
    return {key, per_second, burst, cost, reserve};
  }
  void want(const std::string& who, std::vector<BudgetShare> shares, bool background = false,
            base::Duration most = kHour, asio::cancellation_slot slot = {},
            const std::string& module = "cloud") {
    asio::co_spawn(
        io,
        [this, who, shares = std::move(shares), background, module,
         end = clock.monotonic() + most]() -> asio::awaitable<void> {
          co_await asio::this_coro::throw_if_cancelled(false);
          auto spending = budgets->spend(module, shares, background, end);
          const base::Status status = co_await std::move(spending);
          if (status.ok()) {
            order.push_back(who);
          } else {
            refused.emplace(who, status);
          }
        },
        asio::bind_cancellation_slot(slot, asio::detached));
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  // In steps, as time passes.
  void pass(base::Duration time, base::Duration step = base::Duration{100}) {
    for (base::Duration gone{0}; gone < time; gone += step) {
      clock.advance(step);
      settle();
    }
  }
};

TEST_F(HttpBudgetsTest, ABurstGoesAtOnceAndTheRestAtTheRate) {
  for (int i = 0; i < 5; ++i) want(std::to_string(i), {share("a", 1, 3)});
  EXPECT_THAT(order, ElementsAre("0", "1", "2"));
  clock.advance(base::Duration{999});
  settle();
  EXPECT_EQ(order.size(), 3u);
  clock.advance(base::Duration{1});
  settle();
  EXPECT_THAT(order, ElementsAre("0", "1", "2", "3"));
  clock.advance(base::Duration{1'000});
  settle();
  EXPECT_EQ(order.size(), 5u);
}

TEST_F(HttpBudgetsTest, TheRateIsUsedWhollyAndNeverMore) {
  for (int i = 0; i < 1'000; ++i) want(std::to_string(i), {share("a", 4, 20)}, i % 2 == 0);
  EXPECT_EQ(order.size(), 20u);
  for (int second = 1; second <= 60; ++second) {
    pass(base::Duration{1'000}, base::Duration{50});
    EXPECT_EQ(order.size(), 20u + 4u * static_cast<std::size_t>(second));
  }
}

TEST_F(HttpBudgetsTest, KeysAndModulesHaveTheirOwn) {
  want("1", {share("a", 1, 1)});
  want("2", {share("b", 1, 1)});
  want("3", {share("a", 1, 1)}, false, kHour, {}, "route53");
  want("4", {share("a", 1, 1)});
  EXPECT_THAT(order, ElementsAre("1", "2", "3"));
}

TEST_F(HttpBudgetsTest, MoreThanTheBurstWaitsForAFullBucketAndLeavesItInDebt) {
  want("1", {share("a", 1, 5, 2)});
  want("large", {share("a", 1, 5, 8)});
  want("after", {share("a", 1, 5)});
  EXPECT_THAT(order, ElementsAre("1"));
  pass(base::Duration{2'000});
  EXPECT_THAT(order, ElementsAre("1", "large")) << "the bucket is full after 2 s";
  pass(base::Duration{3'900});
  EXPECT_EQ(order.size(), 2u) << "3 of debt and 1 for itself";
  pass(base::Duration{100});
  EXPECT_THAT(order, ElementsAre("1", "large", "after"));
}

TEST_F(HttpBudgetsTest, WhatIsLargeIsNotOvertakenForEver) {
  want("first", {share("a", 1, 5, 5)});
  want("large", {share("a", 1, 5, 5)});
  for (int i = 0; i < 30; ++i) {
    want("small", {share("a", 1, 5)});
    pass(base::Duration{1'000});
    if (i == 4) {
      EXPECT_THAT(order, ElementsAre("first", "large"));
    }
  }
}

TEST_F(HttpBudgetsTest, SeveralAreTakenTogetherOrNotAtAll) {
  want("1", {share("zone", 1, 1)});
  want("both", {share("account", 1, 1), share("zone", 1, 1)});
  want("account", {share("account", 1, 1)});
  EXPECT_THAT(order, ElementsAre("1", "account")) << "what waits for the zone spends nothing of the account";
  pass(base::Duration{1'000});
  EXPECT_THAT(order, ElementsAre("1", "account", "both"));
}

TEST_F(HttpBudgetsTest, ASlowBudgetDoesNotHoldTheOneThatIsShared) {
  for (int i = 0; i < 10; ++i) want("slow", {share("account", 10, 10), share("slow zone", 0.1, 1)});
  for (int i = 0; i < 10; ++i) {
    want("quick " + std::to_string(i), {share("account", 10, 10), share("zone " + std::to_string(i), 1, 1)});
  }
  EXPECT_EQ(order.size(), 10u);
  pass(base::Duration{200});
  EXPECT_EQ(order.size(), 11u) << "the account's rate is used";
}

TEST_F(HttpBudgetsTest, WhoNeedsTwoIsNotPassedOverForEver) {
  want("empty both", {share("a", 1, 10, 10), share("b", 1, 10, 10)});
  want("large", {share("a", 1, 10, 10), share("b", 1, 10, 10)});
  for (int i = 0; i < 400 && order.size() < 1'000; ++i) {
    want("a", {share("a", 1, 10)});
    want("b", {share("b", 1, 10)});
    pass(base::Duration{500}, base::Duration{500});
    if (std::ranges::find(order, "large") != order.end()) break;
  }
  EXPECT_THAT(order, ::testing::Contains("large"));
}

TEST_F(HttpBudgetsTest, InteractiveOnesOvertakeAndBackgroundIsNotStarved) {
  want("first", {share("a", 1, 1)});
  order.clear();
  want("later 1", {share("a", 1, 1)}, true);
  want("later 2", {share("a", 1, 1)}, true);
  for (int i = 0; i < 40; ++i) want("now", {share("a", 1, 1)});
  pass(base::Duration{20'000});
  ASSERT_EQ(order.size(), 20u);
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(order[i], i == 8 ? "later 1" : i == 17 ? "later 2" : "now") << i;
  }
}

TEST_F(HttpBudgetsTest, BackgroundLeavesAReserveThatInteractiveOnesTakeAtOnce) {
  for (int i = 0; i < 20; ++i) want("bulk", {share("a", 1, 10, 1, 4)}, true);
  EXPECT_EQ(order.size(), 6u);
  for (int i = 0; i < 5; ++i) want("now " + std::to_string(i), {share("a", 1, 10, 1, 4)});
  EXPECT_EQ(order.size(), 10u) << "four of them at once";
  order.clear();
  pass(base::Duration{1'000});
  EXPECT_THAT(order, ElementsAre("now 4"));
  order.clear();
  pass(base::Duration{4'900});
  EXPECT_THAT(order, IsEmpty()) << "the reserve fills first";
  pass(base::Duration{5'100});
  EXPECT_EQ(order.size(), 6u) << "then background has the whole rate";
}

TEST_F(HttpBudgetsTest, WhatWasOvertakenOftenDoesNotLeaveTheReserve) {
  want("first", {share("a", 1, 10, 10)});
  order.clear();
  want("bulk", {share("a", 1, 10, 1, 9)}, true);
  for (int i = 0; i < 20; ++i) want("now", {share("a", 1, 10, 1, 9)});
  pass(base::Duration{12'000});
  ASSERT_EQ(order.size(), 12u);
  EXPECT_EQ(std::ranges::find(order, "bulk") - order.begin(), 8);
}

TEST_F(HttpBudgetsTest, NobodyIsRefusedForAReserveThatHeMayGetAt) {
  want("first", {share("a", 1, 10, 5)});
  want("bulk", {share("a", 1, 10, 1, 9)}, true, base::Duration{3'000});
  EXPECT_FALSE(refused.contains("bulk"));
  pass(base::Duration{3'000});
  EXPECT_TRUE(refused.contains("bulk")) << "nobody overtook it";
}

TEST_F(HttpBudgetsTest, AWaitThatCannotEndInTimeIsRefusedAtOnce) {
  want("first", {share("a", 0.5, 1)});
  want("1", {share("a", 0.5, 1)}, false, base::Duration{2'000});
  want("2", {share("a", 0.5, 1)}, false, base::Duration{3'900});
  EXPECT_THAT(order, ElementsAre("first"));
  ASSERT_TRUE(refused.contains("2"));
  EXPECT_EQ(refused["2"].code(), Code::kResourceExhausted);
  EXPECT_EQ(refused["2"].retry_after_ms(), 4'000u);
  EXPECT_THAT(refused["2"].message(), HasSubstr("\"a\" of cloud"));
  EXPECT_FALSE(refused.contains("1"));
  pass(base::Duration{2'000});
  EXPECT_THAT(order, ElementsAre("first", "1")) << "exactly in time";
}

TEST_F(HttpBudgetsTest, OneThatIsOvertakenUntilItsEndIsRefusedThen) {
  want("first", {share("a", 1, 1)});
  want("later", {share("a", 1, 1)}, true, base::Duration{2'500});
  for (int i = 0; i < 3; ++i) want("now", {share("a", 1, 1)});
  pass(base::Duration{2'500});
  EXPECT_TRUE(refused.contains("later"));
  pass(base::Duration{1'000});
  EXPECT_EQ(order.size(), 4u) << "who left takes no token";
}

TEST_F(HttpBudgetsTest, AHeldBudgetGivesNothingAndALongerHoldStays) {
  budgets->hold("cloud", "a", base::Duration{5'000});
  budgets->hold("cloud", "a", base::Duration{1'000});
  want("1", {share("a", 10, 10)});
  want("in a hurry", {share("a", 10, 10)}, false, base::Duration{4'000});
  want("elsewhere", {share("b", 10, 10)});
  EXPECT_THAT(order, ElementsAre("elsewhere"));
  ASSERT_TRUE(refused.contains("in a hurry"));
  EXPECT_EQ(refused["in a hurry"].retry_after_ms(), 5'000u);
  pass(base::Duration{4'900});
  EXPECT_EQ(order.size(), 1u);
  pass(base::Duration{100});
  EXPECT_THAT(order, ElementsAre("elsewhere", "1"));
}

TEST_F(HttpBudgetsTest, AHoldRefusesThoseWhoWaitAndCannotHaveATurnAnyMore) {
  want("first", {share("a", 1, 1)});
  want("short", {share("a", 1, 1)}, false, base::Duration{3'000});
  want("long", {share("a", 1, 1)});
  budgets->hold("cloud", "a", base::Duration{10'000});
  settle();
  EXPECT_TRUE(refused.contains("short"));
  EXPECT_FALSE(refused.contains("long"));
}

TEST_F(HttpBudgetsTest, TheNewestRateAndBurstCount) {
  want("1", {share("a", 1, 100, 90)});
  want("2", {share("a", 1, 5, 5)});
  want("3", {share("a", 1, 5, 1)});
  EXPECT_THAT(order, ElementsAre("1", "2")) << "10 were left, of which 5 stay";
  want("4", {share("a", 100, 5, 1)});
  pass(base::Duration{20}, base::Duration{10});
  EXPECT_THAT(order, ElementsAre("1", "2", "3", "4"));
}

TEST_F(HttpBudgetsTest, WhatWasNotUsedComesBack) {
  want("1", {share("a", 0.001, 1)});
  want("2", {share("a", 0.001, 1)});
  budgets->give_back("cloud", {share("a", 0.001, 1)});
  settle();
  EXPECT_THAT(order, ElementsAre("1", "2"));
  budgets->give_back("cloud", {share("a", 0.001, 1)});
  budgets->give_back("cloud", {share("a", 0.001, 1)});
  want("3", {share("a", 0.001, 1)});
  want("4", {share("a", 0.001, 1)});
  EXPECT_EQ(order.size(), 3u) << "never above the burst";
}

TEST_F(HttpBudgetsTest, WhoIsCancelledLeavesTheQueue) {
  want("first", {share("a", 1, 1)});
  asio::cancellation_signal signal;
  want("leaves", {share("a", 1, 1)}, false, kHour, signal.slot());
  want("stays", {share("a", 1, 1)});
  signal.emit(asio::cancellation_type::terminal);
  settle();
  ASSERT_TRUE(refused.contains("leaves"));
  EXPECT_EQ(refused["leaves"].code(), Code::kCancelled);
  pass(base::Duration{1'000});
  EXPECT_THAT(order, ElementsAre("first", "stays"));
}

TEST_F(HttpBudgetsTest, ItsEndEndsTheWaits) {
  want("first", {share("a", 1, 1)});
  want("waits", {share("a", 1, 1)});
  budgets.reset();
  settle();
  EXPECT_EQ(refused["waits"].code(), Code::kCancelled);
}

TEST_F(HttpBudgetsTest, KeysAreBoundedAndFullOnesForgotten) {
  for (std::size_t i = 0; i < HttpBudgets::kMostKeys; ++i) want("x", {share(std::to_string(i), 1, 1)});
  want("too many", {share("new", 1, 1)});
  EXPECT_EQ(refused["too many"].code(), Code::kResourceExhausted);
  want("other module", {share("new", 1, 1)}, false, kHour, {}, "route53");
  EXPECT_FALSE(refused.contains("other module"));
  pass(base::Duration{1'000});
  budgets->hold("cloud", "0", kHour);
  order.clear();
  want("fits", {share("new", 1, 1)});
  EXPECT_THAT(order, ElementsAre("fits"));
  want("held", {share("0", 1, 1)}, false, base::Duration{1'000});
  EXPECT_TRUE(refused.contains("held")) << "a hold is not forgotten";
}

TEST_F(HttpBudgetsTest, OperatorsSeeThem) {
  want("1", {share("zone/a", 0.1, 4)});
  want("2", {share("zone/a", 0.1, 4, 4)});
  want("3", {share("zone/a", 0.1, 4)}, false, base::Duration{1'000});
  budgets->hold("cloud", "zone/a", base::Duration{20'000});
  const std::string text = metrics.text();
  const std::string labels = R"({key="zone/a",module="cloud"} )";
  EXPECT_THAT(text, HasSubstr("paynamed_http_budget_tokens" + labels + "3"));
  EXPECT_THAT(text, HasSubstr("paynamed_http_budget_waiting" + labels + "1"));
  EXPECT_THAT(text, HasSubstr("paynamed_http_budget_held_seconds" + labels + "20"));
  EXPECT_THAT(text, HasSubstr("paynamed_http_budget_refused_total" + labels + "1"));
}

}  // namespace
}  // namespace paynamed::host
