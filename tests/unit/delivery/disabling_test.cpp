// Targets that are paused or disabled keep what they missed; those that fail for long are left in peace.
#include <gmock/gmock.h>

#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using state::WebhookState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

constexpr const char* kShop = "https://shop.example.com/hook";

struct Disabling : DeliveryFixture {
  state::WebhookRow customs() {
    return make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  }
  void set_state(const state::WebhookRow& webhook, WebhookState state) {
    change(webhook, [&](auto& wish) {
      wish.state = state;
      wish.reason = state == WebhookState::kActive ? "" : "its owner said so";
    });
  }
};

TEST_F(Disabling, APausedOneMissesNothing) {
  start();
  const auto shop = customs();
  set_state(shop, WebhookState::kPaused);
  auto ids = happen(100);
  pass(hours{1});
  EXPECT_THAT(notifier.attempts, IsEmpty());
  set_state(shop, WebhookState::kActive);
  until([&] { return notifier.taken(kShop).size() == 100; });
  EXPECT_THAT(notifier.taken(kShop), UnorderedElementsAreArray(ids));
  const auto more = happen(1);
  until([&] { return notifier.taken(kShop).size() == 101; });
}

TEST_F(Disabling, PausedInTheMiddleNothingIsSentTwice) {
  start();
  const auto shop = customs();
  notifier.hangs[kShop] = true;
  const auto ids = happen(40);
  settle();
  set_state(shop, WebhookState::kPaused);
  notifier.release();
  settle();
  EXPECT_THAT(notifier.taken(kShop), SizeIs(8)) << "what was under way";
  set_state(shop, WebhookState::kActive);
  until([&] { return deliveries(shop).size() == 40; });
  settle();
  EXPECT_THAT(notifier.taken(kShop), UnorderedElementsAreArray(ids));
}

TEST_F(Disabling, AReceiverThatIsGoneDisablesAtOnce) {
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return gone(); };
  const auto ids = happen(30);
  until([&] { return row(shop).state == WebhookState::kDisabled; });
  settle();
  EXPECT_EQ(row(shop).reason, "the receiver is gone");
  const auto news = events("webhook.disabled");
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_THAT(news[0].data, HasSubstr(R"("code":"gone")"));
  EXPECT_THAT(news[0].data, HasSubstr(R"("host":"shop.example.com")"));
  const auto tried = notifier.attempts.size();
  pass(hours{2});
  EXPECT_EQ(notifier.attempts.size(), tried);
  notifier.answers.clear();
  set_state(shop, WebhookState::kActive);
  until([&] { return notifier.taken(kShop).size() == 30; });
  EXPECT_THAT(notifier.taken(kShop), UnorderedElementsAreArray(ids));
  EXPECT_EQ(row(shop).dead, 0U);
}

TEST_F(Disabling, OneThatIsGoneIsStillSoAfterACrash) {
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return gone(); };
  happen(3);
  until([&] { return row(shop).state == WebhookState::kDisabled; });
  crash();
  notifier.attempts.clear();
  start();
  pass(hours{1});
  EXPECT_THAT(notifier.attempts, IsEmpty());
  notifier.answers.clear();
  set_state(shop, WebhookState::kActive);
  until([&] { return notifier.taken(kShop).size() == 3; });
}

TEST_F(Disabling, OneThatFailsForLongIsDisabled) {
  wanted.disable_after = hours{1};
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(4);
  until([&] { return row(shop).state == WebhookState::kDisabled; });
  settle();
  EXPECT_THAT(row(shop).reason, HasSubstr("nothing was delivered since"));
  EXPECT_THAT(events("webhook.failing"), SizeIs(1)) << "it was said before";
  EXPECT_THAT(events("webhook.disabled"), SizeIs(1));
  EXPECT_EQ(row(shop).waiting, 4U) << "nothing is lost";
  notifier.answers.clear();
  set_state(shop, WebhookState::kActive);
  until([&] { return row(shop).waiting == 0; });
  EXPECT_FALSE(row(shop).failing_since);
}

TEST_F(Disabling, ASuccessInBetweenBeginsTheTimeAnew) {
  wanted.disable_after = hours{1};
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(1);
  until([&] { return row(shop).failing_since.has_value(); });
  pass(minutes{40});
  notifier.answers.clear();
  until([&] { return !row(shop).failing_since; });
  EXPECT_EQ(row(shop).reason, "");
  pass(hours{1});
  EXPECT_EQ(row(shop).state, WebhookState::kActive);
}

TEST_F(Disabling, OneThatFailsForLongIsTriedOnceAtATime) {
  start();
  const auto shop = customs();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(30);
  pass(minutes{2});
  happen(500);
  pass(minutes{30});
  const auto before = notifier.attempts.size();
  pass(minutes{30});
  EXPECT_LE(notifier.attempts.size() - before, 40U);
  EXPECT_GE(notifier.attempts.size() - before, 20U);
  EXPECT_LT(row(shop).waiting, 200U) << "its events wait in the log";
  notifier.answers.clear();
  until([&] { return notifier.taken(kShop).size() == 530; });
}

}  // namespace
}  // namespace paynamed::delivery
