// Where its owner wants it, no event of a subject is sent while an earlier one of it waits.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kShop = "https://shop.example.com/hook";

struct Order : DeliveryFixture {
  state::WebhookRow ordered() {
    return make(kShop, [](auto& webhook) {
      webhook.settings.ordered = true;
      webhook.settings.types = {"custom.*"};
    });
  }
  // Fails each event so many times.
  void fail_each(int times) {
    notifier.answers[kShop] = [this, times](const plugin::v1::DeliverRequest& request) {
      return ++failed[request.event_id()] <= times ? refused() : delivered();
    };
  }
  bool all_over(const state::WebhookRow& webhook, std::size_t events) {
    const auto rows = deliveries(webhook);
    return rows.size() == events &&
           std::ranges::none_of(rows, [](const auto& row) { return row.state == DeliveryState::kWaiting; });
  }
  // Those of `taken` that are among `ids`, in the order in which they came.
  std::vector<std::string> taken_of(const std::vector<std::string>& ids) {
    std::vector<std::string> some;
    for (const auto& id : notifier.taken(kShop)) {
      if (std::ranges::find(ids, id) != ids.end()) some.push_back(id);
    }
    return some;
  }
  std::map<std::string, int> failed;
};

TEST_F(Order, IsKeptWithoutFailures) {
  start();
  const auto shop = ordered();
  notifier.hangs[kShop] = true;
  const auto a = happen(20, "a");
  const auto b = happen(20, "b");
  settle();
  EXPECT_THAT(notifier.at(kShop), SizeIs(2)) << "subjects are side by side";
  notifier.release();
  until([&] { return all_over(shop, 40); });
  EXPECT_THAT(taken_of(a), ElementsAreArray(a));
  EXPECT_THAT(taken_of(b), ElementsAreArray(b));
}

TEST_F(Order, IsKeptWithFailures) {
  start();
  const auto shop = ordered();
  fail_each(1);
  const auto a = happen(6, "a");
  const auto b = happen(6, "b");
  until([&] { return all_over(shop, 12); });
  EXPECT_THAT(taken_of(a), ElementsAreArray(a));
  EXPECT_THAT(taken_of(b), ElementsAreArray(b));
  EXPECT_EQ(row(shop).waiting, 0U);
}

TEST_F(Order, NothingPassesOneThatWaits) {
  start();
  const auto shop = ordered();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(5, "a");
  settle();
  EXPECT_THAT(notifier.at(kShop), SizeIs(1));
  EXPECT_EQ(row(shop).waiting, 5U) << "the others are behind it";
  notifier.answers.clear();
  const auto b = happen(1, "b");
  until([&] { return notifier.taken(kShop).size() == 1; });
  EXPECT_EQ(notifier.taken(kShop)[0], b[0]) << "another subject is not behind it";
}

TEST_F(Order, SurvivesACrash) {
  start();
  const auto shop = ordered();
  fail_each(1);
  const auto a = happen(8, "a");
  until([&] { return notifier.taken(kShop).size() == 3; });
  crash();
  start();
  until([&] { return all_over(shop, 8); });
  const auto taken = taken_of(a);
  // What was under way may come twice, but never behind a later one.
  std::vector<std::string> once;
  for (const auto& id : taken) {
    if (once.empty() || once.back() != id) once.push_back(id);
  }
  EXPECT_THAT(once, ElementsAreArray(a));
}

TEST_F(Order, ADeadOneLetsTheNextPass) {
  wanted.schedule = {seconds{0}, seconds{1}};
  start();
  const auto shop = ordered();
  std::string poison;
  notifier.answers[kShop] = [&](const plugin::v1::DeliverRequest& request) {
    if (poison.empty()) poison = request.event_id();
    return request.event_id() == poison ? refused() : delivered();
  };
  const auto a = happen(4, "a");
  until([&] { return all_over(shop, 4); });
  EXPECT_EQ(row(shop).dead, 1U);
  EXPECT_THAT(taken_of(a), ElementsAreArray(std::vector(a.begin() + 1, a.end())));
}

TEST_F(Order, WhatIsReplayedIsInOrderToo) {
  wanted.schedule = {seconds{0}};
  start();
  const auto shop = ordered();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  const auto a = happen(6, "a");
  until([&] { return all_over(shop, 6); });
  notifier.answers.clear();
  state::DeliveryFilter filter;
  filter.webhook = shop.id;
  bool done = false;
  boost::asio::co_spawn(io, store->replay_deliveries("default", filter, {}, time.wall()),
                        [&](std::exception_ptr, auto) { done = true; });
  until([&] { return done; });
  engine->changed(shop.id);
  until([&] { return row(shop).waiting == 0; });
  EXPECT_THAT(taken_of(a), ElementsAreArray(a));
}

TEST_F(Order, GivenUpItLetsAllPass) {
  start();
  const auto shop = ordered();
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(5, "a");
  settle();
  notifier.answers.clear();
  change(shop, [&](auto& wish) {
    wish.settings = shop.settings;
    wish.settings->ordered = false;
  });
  until([&] { return all_over(shop, 5); });
}

}  // namespace
}  // namespace paynamed::delivery
