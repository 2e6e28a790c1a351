// Events find their way to the targets that want them, once each, again when they fail, side by side.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <numeric>

#include "delivery/webhook_events.hpp"
#include "tests/unit/delivery/delivery_fixture.hpp"

namespace paynamed::delivery {
namespace {

using state::DeliveryState;
using state::WebhookState;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

constexpr const char* kShop = "https://shop.example.com/hook";
constexpr const char* kOther = "https://other.example.com/hook";

struct Deliveries : DeliveryFixture {
  std::size_t over(const state::WebhookRow& webhook) {
    return static_cast<std::size_t>(std::ranges::count_if(
        deliveries(webhook), [](const auto& row) { return row.state != DeliveryState::kWaiting; }));
  }
};

TEST_F(Deliveries, EachEventArrivesOnceAndLeavesARow) {
  start();
  const auto shop = make(kShop);
  const auto ids = happen(30);
  until([&] { return over(shop) == 30; });
  EXPECT_THAT(notifier.taken(kShop), UnorderedElementsAreArray(ids));
  const auto rows = deliveries(shop);
  for (const auto& row : rows) {
    EXPECT_EQ(row.state, DeliveryState::kDelivered);
    EXPECT_EQ(row.attempts, 1U);
  }
  EXPECT_EQ(row(shop).cursor.seq, rows.back().seq);
  EXPECT_EQ(row(shop).delivered, time.wall());
  const auto tried = attempts(shop, rows.front().seq);
  ASSERT_THAT(tried, SizeIs(1));
  EXPECT_EQ(tried[0].status, 204U);
}

TEST_F(Deliveries, AFilterLetsThroughWhatItNames) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"name.*"}; });
  const auto other = make(kOther, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  const auto ids = happen(3);
  until([&] { return over(other) == 3; });
  EXPECT_THAT(notifier.at(kShop), IsEmpty());
  EXPECT_THAT(notifier.taken(kOther), UnorderedElementsAreArray(ids));
}

TEST_F(Deliveries, WhatIsAboutATargetIsNotForIt) {
  start();
  const auto shop = make(kShop);
  const auto other = make(kOther);
  until([&] { return over(shop) == 1; }, "webhook.created of the other");
  settle();
  ASSERT_THAT(notifier.at(kShop), SizeIs(1));
  EXPECT_EQ(notifier.at(kShop)[0].type, "webhook.created");
  EXPECT_THAT(notifier.at(kOther), IsEmpty());
}

TEST_F(Deliveries, ANewOneMayBeginInThePast) {
  const auto ids = happen(700);
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.cursor = {1, 0}; });
  EXPECT_EQ(row(shop).cursor.seq, 701U) << "made to begin now";
  state::NewWebhook wish;
  wish.webhook.id = author.id();
  wish.webhook.tenant = "default";
  wish.webhook.instance = "hooks";
  wish.webhook.settings.address = kOther;
  wish.webhook.settings.types = {"custom.*"};
  wish.from_now = false;
  wish.webhook.cursor = {1, 100};
  wish.event = webhook_event("webhook.created", wish.webhook, {}, time.wall(), random);
  bool made = false;
  boost::asio::co_spawn(io, store->create_webhook(wish), [&](std::exception_ptr, auto result) {
    EXPECT_TRUE(result);
    made = true;
  });
  until([&] { return made; });
  engine->changed(wish.webhook.id);
  until([&] { return notifier.taken(kOther).size() == 600; });
  EXPECT_EQ(notifier.at(kOther).size(), 600U);
}

TEST_F(Deliveries, FailuresAreTriedAgainByTheScheduleUntilTheyAreDead) {
  wanted.schedule = {seconds{0}, seconds{10}, minutes{10}};
  start();
  const auto shop = make(kShop);
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  const auto ids = happen(1, "s", "custom.thing");
  const base::WallTime begun = time.wall();
  until([&] { return over(shop) == 1; });
  const auto tried = notifier.at(kShop);
  ASSERT_THAT(tried, SizeIs(3));
  EXPECT_GE(tried[1].time - begun, seconds{8});
  EXPECT_LE(tried[1].time - begun, seconds{13});
  EXPECT_GE(tried[2].time - tried[1].time, minutes{8});
  EXPECT_LE(tried[2].time - tried[1].time, minutes{12} + seconds{1});
  EXPECT_EQ(tried[2].number, 3U);
  EXPECT_EQ(tried[2].event, ids[0]);
  const auto rows = deliveries(shop);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].state, DeliveryState::kDead);
  EXPECT_EQ(rows[0].reason, "the receiver answered 500");
  EXPECT_THAT(attempts(shop, rows[0].seq), SizeIs(3));
  EXPECT_EQ(row(shop).dead, 1U);
  settle();
  EXPECT_THAT(events("webhook.dead_letter"), SizeIs(1));
}

TEST_F(Deliveries, ADeadLetterIsSaidOnceUntilSomethingIsDelivered) {
  wanted.schedule = {seconds{0}};
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(5);
  until([&] { return over(shop) == 5; });
  EXPECT_THAT(events("webhook.dead_letter"), SizeIs(1));
  notifier.answers.clear();
  happen(1);
  until([&] { return over(shop) == 6; });
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(2);
  until([&] { return over(shop) == 8; });
  EXPECT_THAT(events("webhook.dead_letter"), SizeIs(2));
}

TEST_F(Deliveries, ATargetsOwnScheduleCounts) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.schedule = {seconds{30}, seconds{0}}; });
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(1);
  const base::WallTime begun = time.wall();
  until([&] { return over(shop) == 1; });
  ASSERT_THAT(notifier.at(kShop), SizeIs(2));
  EXPECT_GE(notifier.at(kShop)[0].time - begun, seconds{24}) << "also before the first";
}

TEST_F(Deliveries, WhatNeverWorksIsDeadAtOnce) {
  start();
  const auto shop = make(kShop);
  notifier.answers[kShop] = [](const auto&) {
    return failure(base::permission_denied("this address must not be called"));
  };
  happen(1);
  until([&] { return over(shop) == 1; });
  EXPECT_THAT(notifier.at(kShop), SizeIs(1));
  EXPECT_EQ(deliveries(shop)[0].state, DeliveryState::kDead);
}

TEST_F(Deliveries, WhatAnOperatorHasToMendCountsNoAttempt) {
  start();
  const auto shop = make(kShop);
  notifier.answers[kShop] = [](const auto&) {
    return failure(base::failed_precondition("the secret cannot be read"));
  };
  happen(2);
  pass(minutes{2});
  EXPECT_THAT(deliveries(shop), IsEmpty());
  EXPECT_EQ(engine->waiting_for_operator().at("hooks"), 1U);
  EXPECT_LT(notifier.attempts.size(), 10U) << "with growing pauses";
  notifier.answers.clear();
  until([&] { return over(shop) == 2; });
  EXPECT_EQ(deliveries(shop)[0].attempts, 1U);
  EXPECT_THAT(engine->waiting_for_operator(), IsEmpty());
}

TEST_F(Deliveries, WhatWasNotBegunCountsNothingAndIsTriedSoon) {
  for (const base::Status& status :
       {base::resource_exhausted("there is no place"), base::cancelled("it was cancelled"),
        base::unavailable("it was not begun").with_deferral("hooks")}) {
    SCOPED_TRACE(status.to_string());
    if (!engine) start();
    const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
    notifier.answers[kShop] = [&](const auto&) { return failure(status); };
    happen(1);
    settle();
    EXPECT_THAT(engine->waiting_for_operator(), IsEmpty());
    EXPECT_EQ(row(shop).failing_since, std::nullopt);
    pass(seconds{3});
    notifier.answers.clear();
    const auto begun = time.wall();
    until([&] { return over(shop) >= 1; });
    EXPECT_LE(time.wall() - begun, seconds{5});
    EXPECT_EQ(deliveries(shop)[0].attempts, 1U);
  }
}

TEST_F(Deliveries, AThrottledOneWaitsAMinute) {
  start();
  const auto shop = make(kShop);
  bool first = true;
  notifier.answers[kShop] = [&](const auto&) {
    return std::exchange(first, false) ? throttled() : delivered();
  };
  happen(1);
  until([&] { return over(shop) == 1; });
  const auto tried = notifier.at(kShop);
  ASSERT_THAT(tried, SizeIs(2));
  EXPECT_GE(tried[1].time - tried[0].time, seconds{60});
}

TEST_F(Deliveries, AReceiversWishIsKept) {
  start();
  const auto shop = make(kShop);
  bool first = true;
  notifier.answers[kShop] = [&](const auto&) {
    if (!std::exchange(first, false)) return delivered();
    auto reply = refused();
    reply->set_retry_after_ms(600'000);
    return reply;
  };
  happen(1);
  until([&] { return over(shop) == 1; });
  const auto tried = notifier.at(kShop);
  EXPECT_GE(tried.at(1).time - tried.at(0).time, minutes{10});
}

TEST_F(Deliveries, SoManyAtOnceAndNoMore) {
  wanted.concurrency = 3;
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  const auto other = make(kOther, [](auto& webhook) {
    webhook.settings.types = {"custom.*"};
    webhook.settings.concurrency = 5;
  });
  notifier.hangs = {{kShop, true}, {kOther, true}};
  happen(20);
  settle();
  EXPECT_THAT(notifier.at(kShop), SizeIs(3));
  EXPECT_THAT(notifier.at(kOther), SizeIs(5));
  notifier.release();
  until([&] { return over(other) == 20 && over(shop) == 20; });
  EXPECT_EQ(notifier.most_at_once[kShop], 3U);
  EXPECT_EQ(notifier.most_at_once[kOther], 5U);
}

TEST_F(Deliveries, OneThatHangsCostsTheOthersNothing) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  const auto other = make(kOther, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  notifier.hangs[kShop] = true;
  const base::WallTime begun = time.wall();
  const auto ids = happen(500);
  until([&] { return over(other) == 500; });
  EXPECT_EQ(time.wall(), begun) << "without waiting for anything";
  EXPECT_THAT(notifier.at(kShop), SizeIs(8));
  EXPECT_THAT(deliveries(shop), IsEmpty());
}

TEST_F(Deliveries, ARetryThatHangsHidesNoOther) {
  start();
  const auto shop = make(kShop, [](auto& webhook) {
    webhook.settings.types = {"custom.*"};
    webhook.settings.schedule = {seconds{0}, seconds{10}, seconds{60}};
  });
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  const auto ids = happen(1);
  settle();
  pass(seconds{5});
  const auto second = happen(1, "t");
  settle();
  notifier.answers.clear();
  // The first retry hangs, and the second is due some seconds later.
  notifier.hangs[kShop] = true;
  pass(seconds{25});
  std::vector<std::string> retried;
  for (const auto& attempt : notifier.at(kShop)) {
    if (attempt.number == 2) retried.push_back(attempt.event);
  }
  EXPECT_THAT(retried, UnorderedElementsAreArray({ids[0], second[0]}));
}

TEST_F(Deliveries, NoOneTakesAllPlaces) {
  wanted.attempts_at_once = 4;
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  const auto other = make(kOther, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  notifier.hangs[kShop] = true;
  happen(50);
  until([&] { return over(other) == 50; });
  EXPECT_LE(notifier.at(kShop).size(), 2U);
}

TEST_F(Deliveries, ARateIsKept) {
  start();
  const auto shop = make(kShop, [](auto& webhook) {
    webhook.settings.per_minute = 60;
    webhook.settings.types = {"custom.*"};
  });
  happen(20);
  until([&] { return over(shop) == 20; });
  const auto tried = notifier.at(kShop);
  for (std::size_t i = 1; i < tried.size(); ++i)
    EXPECT_GE(tried[i].time - tried[i - 1].time, base::Duration{999}) << i;
}

TEST_F(Deliveries, WhatIsReplayedIsTriedAtOnce) {
  wanted.schedule = {seconds{0}};
  start();
  const auto shop = make(kShop);
  notifier.answers[kShop] = [](const auto&) { return refused(); };
  happen(3, "s", "custom.thing");
  until([&] { return over(shop) >= 3; });
  notifier.answers.clear();
  state::DeliveryFilter filter;
  filter.webhook = shop.id;
  filter.state = DeliveryState::kDead;
  const base::WallTime now = time.wall();
  bool done = false;
  boost::asio::co_spawn(io, store->replay_deliveries("default", filter, {}, now),
                        [&](std::exception_ptr, auto) { done = true; });
  until([&] { return done; });
  engine->changed(shop.id);
  until([&] { return row(shop).dead == 0 && row(shop).waiting == 0; });
  EXPECT_THAT(notifier.taken(kShop), SizeIs(testing::Ge(3)));
  EXPECT_EQ(deliveries(shop)[0].attempts, 2U);
  EXPECT_EQ(time.wall(), now);
}

TEST_F(Deliveries, WhatItsOwnerChangesCountsFromNowOn) {
  start();
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  change(shop, [&](auto& wish) {
    wish.settings = shop.settings;
    wish.settings->address = kOther;
    wish.secrets = {{{state::WebhookSecret::Kind::kHmac, "s2", "", time.wall(), {}},
                     {state::WebhookSecret::Kind::kHmac, "s1", "", time.wall(), time.wall() + minutes{1}}}};
  });
  happen(1);
  until([&] { return over(shop) == 1; });
  EXPECT_THAT(notifier.at(kShop), IsEmpty());
  EXPECT_THAT(notifier.at(kOther).at(0).keys,
              ElementsAre(state::secret_handle(shop, "s2"), state::secret_handle(shop, "s1")));
  pass(minutes{2});
  happen(1);
  until([&] { return over(shop) == 2; });
  EXPECT_THAT(notifier.at(kOther).at(1).keys, ElementsAre(state::secret_handle(shop, "s2")));
}

TEST_F(Deliveries, ADeletedOneGetsNothingMore) {
  start();
  const auto shop = make(kShop);
  notifier.hangs[kShop] = true;
  happen(10);
  settle();
  auto event = webhook_event("webhook.deleted", shop, {}, time.wall(), random);
  bool done = false;
  boost::asio::co_spawn(io, store->delete_webhook("default", shop.id, std::move(event)),
                        [&](std::exception_ptr, auto) { done = true; });
  until([&] { return done; });
  engine->changed(shop.id);
  settle();
  notifier.release();
  pass(minutes{1});
  EXPECT_THAT(notifier.at(kShop), SizeIs(8));
}

TEST_F(Deliveries, ManyIdleOnesAreNotEvenAsked) {
  start();
  for (int i = 0; i < 100; ++i)
    make(fmt::format("https://idle{}.example.com/", i),
         [](auto& webhook) { webhook.settings.types = {"name.*"}; });
  const auto shop = make(kShop, [](auto& webhook) { webhook.settings.types = {"custom.*"}; });
  happen(100);
  until([&] { return over(shop) == 100; });
  EXPECT_EQ(notifier.attempts.size(), 100U);
}

}  // namespace
}  // namespace paynamed::delivery
