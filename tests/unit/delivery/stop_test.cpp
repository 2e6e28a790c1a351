// The end: what is under way gets its time, and what a crash takes comes again with the same id.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kShop = "https://shop.example.com/hook";

struct Stop : DeliveryFixture {
  state::WebhookRow customs() {
    return make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  }
};

TEST_F(Stop, WithNothingToDoIsAtOnce) {
  start();
  EXPECT_TRUE(stop());
}

TEST_F(Stop, WaitsForWhatIsUnderWay) {
  start();
  const auto shop = customs();
  notifier.hangs[kShop] = true;
  happen(20);
  settle();
  std::optional<bool> rested;
  boost::asio::co_spawn(io, engine->stop(seconds{60}),
                        [&](std::exception_ptr, bool result) { rested = result; });
  settle();
  EXPECT_FALSE(rested);
  notifier.release();
  settle();
  EXPECT_EQ(rested, true);
  EXPECT_THAT(deliveries(shop), SizeIs(8)) << "and begins nothing more";
  EXPECT_THAT(notifier.at(kShop), SizeIs(8));
}

TEST_F(Stop, NoAttemptBeginsOnceItIsToEnd) {
  start();
  const auto shop = customs();
  notifier.hangs[kShop] = true;
  happen(20);
  settle();
  engine->end_attempts();
  settle();
  notifier.release();
  pass(minutes{1});
  EXPECT_THAT(notifier.at(kShop), SizeIs(8));
  EXPECT_THAT(deliveries(shop), SizeIs(8)) << "what came of those is written";
  EXPECT_TRUE(stop());
}

TEST_F(Stop, WhatDoesNotEndIsMadeAgainWithTheSameId) {
  start();
  const auto shop = customs();
  notifier.hangs[kShop] = true;
  const auto ids = happen(3);
  settle();
  EXPECT_FALSE(stop(seconds{1}));
  notifier.release();
  settle();
  EXPECT_THAT(deliveries(shop), IsEmpty()) << "it says nothing any more";
  crash();
  start();
  until([&] { return deliveries(shop).size() == 3; });
  const auto tried = notifier.at(kShop);
  ASSERT_THAT(tried, SizeIs(6));
  std::multiset<std::string> seen;
  for (const auto& attempt : tried) seen.insert(attempt.event);
  for (const auto& id : ids) EXPECT_EQ(seen.count(id), 2U);
}

TEST_F(Stop, WhatACursorOnlyPassedIsNotLookedAtAgain) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"name.*"}; });
  happen(50);
  settle();
  EXPECT_TRUE(stop());
  EXPECT_EQ(row(shop).cursor.seq, 51U);
}

TEST_F(Stop, AfterACrashEverythingArrivesAndNothingTwiceThatWasWritten) {
  start();
  const auto shop = customs();
  happen(100);
  until([&] { return deliveries(shop).size() >= 20; });
  std::set<std::string> written;
  crash();
  for (const auto& row : deliveries(shop)) written.insert(row.event.to_string());
  const auto before = notifier.attempts.size();
  start();
  until([&] { return deliveries(shop).size() == 100; });
  for (std::size_t i = before; i < notifier.attempts.size(); ++i)
    EXPECT_FALSE(written.contains(notifier.attempts[i].event));
}

TEST_F(Stop, ARetryIsNotForgottenByACrash) {
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(2);
  until([&] { return row(shop).waiting == 2; });
  crash();
  notifier.answers.clear();
  start();
  until([&] { return row(shop).waiting == 0; });
  EXPECT_THAT(notifier.taken(kShop), SizeIs(2));
  EXPECT_EQ(notifier.attempts.back().number, 2U);
}

}  // namespace
}  // namespace paynamed::delivery
