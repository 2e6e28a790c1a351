// What is sent again, and how much of it.
#include "delivery/replays.hpp"

#include "webhooks_fixture.hpp"

namespace paynamed::delivery {
namespace {

using base::Code;
using state::DeliveryState;
using state::Position;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

struct ReplaysTest : WebhooksTest {
  void SetUp() override {
    WebhooksTest::SetUp();
    // Event 1 is before the webhook, event 2 is webhook.created.
    ASSERT_TRUE(state::wait_for(
        io,
        store->append("default", {author.event("custom.thing", "alice@example.com", state::custom_data())})));
    id = create()->webhook.id;
    deliver(id, 3, DeliveryState::kDelivered);                // 3, 4, 5
    deliver(id, 2, DeliveryState::kDead, "custom.other");     // 6, 7
    deliver(id, 1, DeliveryState::kWaiting, "custom.other");  // 8
    changed.clear();
  }
  ReplayWish wish() const {
    ReplayWish wanted;
    wanted.tenant = "default";
    wanted.webhook = id;
    return wanted;
  }
  base::Result<std::uint64_t> replay(ReplayWish wanted) {
    return state::wait_for(io, webhooks->replays().replay(std::move(wanted)));
  }
  std::size_t due() { return store->due_deliveries(id, now.wall(), 100)->size(); }
  base::Uuid id;
};

TEST_F(ReplaysTest, WhatIsNarrowedIsCountedAndOnlyADryRunChangesNothing) {
  struct Case {
    const char* what;
    std::function<void(ReplayWish&)> how;
    std::uint64_t count;
  };
  const auto fourth = store->events_after("default", {1, 3}, 1)->events.front().id;
  for (const Case& each : {
           Case{"dead letters", [](auto& w) { w.state = DeliveryState::kDead; }, 2},
           Case{"delivered ones", [](auto& w) { w.state = DeliveryState::kDelivered; }, 3},
           Case{"a waiting one, now", [](auto& w) { w.state = DeliveryState::kWaiting; }, 1},
           Case{"a type", [](auto& w) { w.types = {"custom.other"}; }, 2},
           Case{"a pattern", [](auto& w) { w.types = {"custom.*"}; }, 5},
           Case{"one event", [&](auto& w) { w.event = fourth; }, 1},
           Case{"a range in it",
                [](auto& w) {
                  w.from = Position{1, 4}, w.to = Position{1, 6};
                },
                3},
           Case{"a range from before it",
                [](auto& w) {
                  w.from = Position{1, 1}, w.to = Position{1, 3};
                },
                2},
           Case{"one position before it",
                [](auto& w) {
                  w.from = w.to = Position{1, 1};
                },
                1},
           Case{"a range and a type",
                [](auto& w) {
                  w.from = Position{1, 1}, w.types = {"custom.thing"};
                },
                4},
           Case{"since now", [this](auto& w) { w.since = now.wall(); }, 5},
           Case{"until now", [this](auto& w) { w.until = now.wall(); }, 0},
       }) {
    ReplayWish wanted = wish();
    each.how(wanted);
    wanted.dry_run = true;
    const auto count = replay(wanted);
    ASSERT_TRUE(count) << each.what << ": " << count.error().to_string();
    EXPECT_EQ(*count, each.count) << each.what;
    EXPECT_EQ(due(), 0U) << each.what;
  }
  EXPECT_THAT(changed, IsEmpty());
}

TEST_F(ReplaysTest, ARangeIsSentAgainWithWhatTheWebhookNeverGot) {
  ReplayWish wanted = wish();
  wanted.from = Position{1, 1};
  EXPECT_EQ(replay(wanted).value(), 6U) << "1, 3 to 7; not the news about itself, and not what waits";
  EXPECT_EQ(due(), 6U);
  EXPECT_THAT(changed, SizeIs(1));
  EXPECT_EQ(row(id).dead, 0U);
  EXPECT_EQ(row(id).waiting, 7U);
  EXPECT_EQ(replay(wanted).value(), 0U);
  expect_sound();
}

TEST_F(ReplaysTest, WhatTheFilterKeepsOutStaysOut) {
  WebhookPatch patch;
  patch.tenant = "default";
  patch.id = id;
  patch.types = {"custom.other"};
  ASSERT_TRUE(change(patch));
  ReplayWish wanted = wish();
  wanted.from = wanted.to = Position{1, 1};
  EXPECT_EQ(replay(wanted).error().code(), Code::kNotFound);
}

TEST_F(ReplaysTest, WhatCannotBeMeantIsRefused) {
  struct Case {
    const char* what;
    std::function<void(ReplayWish&)> how;
    Code code;
  };
  for (const Case& each : {
           Case{"another tenant", [](auto& w) { w.tenant = "other"; }, Code::kNotFound},
           Case{"another epoch",
                [](auto& w) {
                  w.from = Position{2, 1};
                },
                Code::kOutOfRange},
           Case{"no type", [](auto& w) { w.types = {"!"}; }, Code::kInvalidArgument},
           Case{"an unknown event", [this](auto& w) { w.event = author.id(); }, Code::kNotFound},
       }) {
    ReplayWish wanted = wish();
    each.how(wanted);
    EXPECT_EQ(replay(wanted).error().code(), each.code) << each.what;
  }
}

TEST_F(ReplaysTest, TooMuchIsNotBegun) {
  std::vector<state::NewEvent> many;
  for (std::uint64_t i = 0; i <= kMostReplayed; ++i)
    many.push_back(author.event("custom.thing", "alice@example.com", state::custom_data()));
  ASSERT_TRUE(state::wait_for(io, store->append("default", std::move(many))));
  state::DeliveryUpdate update;
  update.webhook = id;
  update.cursor = 8 + kMostReplayed + 1;
  ASSERT_TRUE(state::wait_for(io, store->record_deliveries(std::move(update))));
  ReplayWish wanted = wish();
  wanted.from = Position{1, 9};
  const auto refused = replay(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("10001"));
  wanted.to = Position{1, 9 + kMostReplayed - 1};
  EXPECT_EQ(replay(wanted).value(), kMostReplayed);
  wanted = wish();
  wanted.state = DeliveryState::kWaiting;
  EXPECT_THAT(replay(wanted).error().message(), HasSubstr("narrow it"));
}

TEST_F(ReplaysTest, DeadLettersOfAllWebhooksGoTogether) {
  now.advance(1ms);  // its id comes after that of the first
  const auto other = create()->webhook.id;
  deliver(other, 1, DeliveryState::kDead);
  const auto strange = create(WebhooksTest::wish("other"))->webhook.id;
  DeadLetterWish wanted;
  wanted.tenant = "default";
  wanted.dry_run = true;
  const auto replay_all = [&] {
    return state::wait_for(io, webhooks->replays().replay_dead_letters(wanted));
  };
  auto counted = replay_all();
  ASSERT_TRUE(counted);
  ASSERT_THAT(*counted, SizeIs(2));
  EXPECT_EQ((*counted)[0].webhook, id);
  EXPECT_EQ((*counted)[0].deliveries, 2U);
  EXPECT_EQ((*counted)[1].deliveries, 1U);
  EXPECT_EQ(row(id).dead, 2U);
  wanted.dry_run = false;
  wanted.types = {"custom.other"};
  EXPECT_THAT(replay_all().value(), SizeIs(1));
  EXPECT_EQ(row(id).dead, 0U);
  EXPECT_EQ(row(other).dead, 1U);
  wanted.types = {};
  EXPECT_THAT(replay_all().value(), SizeIs(1));
  EXPECT_EQ(row(other).dead, 0U);
  EXPECT_THAT(replay_all().value(), IsEmpty());
  (void)strange;
}

}  // namespace
}  // namespace paynamed::delivery
