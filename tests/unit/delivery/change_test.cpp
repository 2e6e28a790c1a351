// What its owner changes while a target is at work.
#include <gmock/gmock.h>

#include <utility>

#include "delivery/webhook_events.hpp"
#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using state::WebhookState;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kShop = "https://shop.example.com/hook";
constexpr const char* kOther = "https://other.example.com/hook";

struct Changes : DeliveryFixture {
  state::WebhookRow of_types(std::vector<std::string> types) {
    return make(kShop, [&](auto& webhook) { webhook.settings.types = std::move(types); });
  }
  // Written at once, in this order; the engine is not told.
  void change_and_happen(state::WebhookChange wish, const std::string& type) {
    int written = 0;
    boost::asio::co_spawn(io, store->change_webhook(std::move(wish)), [&](std::exception_ptr, auto result) {
      EXPECT_TRUE(result);
      ++written;
    });
    boost::asio::co_spawn(io, store->append("default", {author.event(type, "s", state::custom_data())}),
                          [&](std::exception_ptr, auto result) {
                            EXPECT_TRUE(result);
                            ++written;
                          });
    until([&] { return written == 2; }, "a change and an event");
  }
};

TEST_F(Changes, AnEventBehindAWiderFilterIsJudgedByIt) {
  start();
  const auto shop = of_types({"name.*"});
  auto wish = change_of(shop);
  wish.settings->types = {"custom.*"};
  change_and_happen(std::move(wish), "custom.thing");
  settle();
  engine->changed(shop.id);
  until([&] { return notifier.taken(kShop).size() == 1; });
}

TEST_F(Changes, OfALaggingTargetToo) {
  start();
  const auto shop = of_types({"custom.thing"});
  notifier.hangs[kShop] = true;
  happen(700);
  settle();
  auto wish = change_of(shop);
  wish.settings->types = {"custom.thing", "custom.other"};
  change_and_happen(std::move(wish), "custom.other");
  notifier.release();
  until([&] { return notifier.taken(kShop).size() == 701; });
  EXPECT_THAT(notifier.at(kShop), SizeIs(701));
}

TEST_F(Changes, AfterACrashAWiderFilterFindsNothingOfBeforeIt) {
  start();
  const auto shop = of_types({"name.*"});
  happen(50);
  settle();
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->types = {"custom.*"};
  });
  crash();
  start();
  pass(minutes{1});
  EXPECT_THAT(notifier.attempts, IsEmpty());
  happen(1);
  until([&] { return notifier.taken(kShop).size() == 1; });
}

TEST_F(Changes, AlsoOneThatNamesNames) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.names = {"alice@example.com"}; });
  happen(50);
  settle();
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->names.clear();
  });
  crash();
  start();
  pass(minutes{1});
  EXPECT_THAT(notifier.attempts, IsEmpty());
}

TEST_F(Changes, OneMadeBeforeTheStartIsThereOnce) {
  build();
  const auto shop = of_types({"custom.*"});
  notifier.hangs[kShop] = true;
  happen(1);
  settle();
  EXPECT_THAT(notifier.attempts, IsEmpty()) << "nothing is begun before the start";
  start();
  notifier.release();
  until([&] { return deliveries(shop).size() == 1; });
  settle();
  EXPECT_THAT(notifier.attempts, SizeIs(1));
}

TEST_F(Changes, ALateGoneOfAnOldAddressDisablesNothing) {
  start();
  const auto shop = of_types({"custom.*"});
  notifier.hangs[kShop] = true;
  notifier.answers[kShop] = [](const auto&) { return gone(); };
  const auto ids = happen(1);
  settle();
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->address = kOther;
  });
  notifier.release();
  until([&] { return notifier.taken(kOther).size() == 1; });
  settle();
  EXPECT_EQ(row(shop).state, WebhookState::kActive);
  EXPECT_THAT(events("webhook.disabled"), IsEmpty());
  EXPECT_THAT(notifier.taken(kOther), ElementsAreArray(ids));
}

TEST_F(Changes, ALateGoneOfBeforeItWasEnabledDisablesNothing) {
  start();
  const auto shop = of_types({"custom.*"});
  notifier.hangs[kShop] = true;
  notifier.answers[kShop] = [](const auto&) { return gone(); };
  happen(1);
  settle();
  for (const WebhookState state : {WebhookState::kPaused, WebhookState::kActive})
    change(shop, [&](auto& wish) { wish.state = state; });
  notifier.hangs.clear();
  notifier.answers.clear();
  notifier.answers[kShop] = [first = true](const auto&) mutable {
    return std::exchange(first, false) ? gone() : delivered();
  };
  notifier.release();
  until([&] { return notifier.taken(kShop).size() == 1; });
  settle();
  EXPECT_EQ(row(shop).state, WebhookState::kActive);
  EXPECT_THAT(events("webhook.disabled"), IsEmpty());
}

// A description is no other receiver.
TEST_F(Changes, ItIsRememberedThatItFails) {
  wanted.schedule.assign(10, minutes{2});
  wanted.schedule.front() = minutes{0};
  start();
  const auto shop = of_types({"custom.*"});
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(1);
  until([&] { return row(shop).failing_since.has_value(); });
  const auto since = row(shop).failing_since;
  pass(minutes{20});
  EXPECT_THAT(events("webhook.failing"), SizeIs(1));
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->description = "the shop";
  });
  happen(1);
  pass(hours{3});
  EXPECT_EQ(row(shop).failing_since, since);
  EXPECT_THAT(events("webhook.failing"), SizeIs(1)) << "it is said once";
}

TEST_F(Changes, AnotherAddressBeginsAnew) {
  wanted.disable_after = hours{2};
  start();
  const auto shop = of_types({"custom.*"});
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  notifier.answers[kOther] = [](const auto&) { return refused(); };
  happen(1);
  pass(hours{1} + minutes{58});
  ASSERT_EQ(row(shop).state, WebhookState::kActive);
  change(shop, [&](auto& wish) {
    wish = change_of(shop);
    wish.settings->address = kOther;
  });
  happen(1);
  pass(minutes{30});
  EXPECT_EQ(row(shop).state, WebhookState::kActive) << "it fails for half an hour only";
}

}  // namespace
}  // namespace paynamed::delivery
