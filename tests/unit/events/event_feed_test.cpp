// The feed: the same events as the store has, whoever reads, from wherever, and encoded once.
#include "events/event_feed.hpp"

#include <gtest/gtest.h>

#include "../state/state_fixture.hpp"

namespace paynamed::events {
namespace {

using state::Position;

struct EventFeedTest : state::StoreTest {
  void SetUp() override { open(); }

  void write(int count, const std::string& tenant = "default") {
    for (int i = 0; i < count; ++i) {
      std::vector<state::NewEvent> events{author.event("plugin.noticed", "example.com", "{}")};
      ASSERT_TRUE(state::wait_for(io, store->append(tenant, std::move(events))));
    }
  }
  static std::vector<std::uint64_t> seqs(const EventFeed::Page& page) {
    std::vector<std::uint64_t> out;
    for (const SharedEvent& event : page.events) out.push_back(event->seq);
    return out;
  }
};

TEST_F(EventFeedTest, GivesWhatFollowsAPositionWhateverItKeeps) {
  write(20);
  for (const std::size_t kept : {1U, 3U, 10U, 100U}) {
    EventFeed feed(*store, {kept, 1U << 20});
    // Twice: from the store, then from what is kept.
    for (int round = 0; round < 2; ++round) {
      for (std::uint64_t after = 0; after <= 20; ++after) {
        std::vector<std::uint64_t> seen;
        Position at{1, after};
        for (;;) {
          const auto page = feed.read("default", at, 7);
          ASSERT_TRUE(page);
          EXPECT_EQ(page->head.seq, 20U);
          for (const auto seq : seqs(*page)) seen.push_back(seq);
          if (page->events.empty()) break;
          EXPECT_LE(page->events.size(), 7U);
          at = page->next;
        }
        std::vector<std::uint64_t> expected;
        for (std::uint64_t seq = after + 1; seq <= 20; ++seq) expected.push_back(seq);
        EXPECT_EQ(seen, expected) << kept << " kept, after " << after;
      }
    }
  }
}

TEST_F(EventFeedTest, EncodesAnEventOnceForAllWhoAreAtTheEnd) {
  EventFeed feed(*store, {100, 1U << 20});
  write(1);
  const auto start = feed.read("default", {1, 1}, 10);
  ASSERT_TRUE(start);
  write(3);
  const auto first = feed.read("default", {1, 1}, 10);
  const auto second = feed.read("default", {1, 2}, 10);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(seqs(*first), (std::vector<std::uint64_t>{2, 3, 4}));
  EXPECT_EQ(seqs(*second), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(first->events[1], second->events[0]);
}

TEST_F(EventFeedTest, KeepsNoMoreBytesThanItMay) {
  EventFeed feed(*store, {100, 2000});
  write(1);
  ASSERT_TRUE(feed.read("default", {1, 1}, 10));
  write(40);
  // Far more than is kept, and the reader is in the middle of it.
  Position at{1, 1};
  std::uint64_t next = 2;
  while (next <= 41) {
    const auto page = feed.read("default", at, 5);
    ASSERT_TRUE(page);
    ASSERT_FALSE(page->events.empty());
    for (const auto seq : seqs(*page)) EXPECT_EQ(seq, next++);
    at = page->next;
  }
}

TEST_F(EventFeedTest, RefusesPositionsOfAnotherLog) {
  write(3);
  EventFeed feed(*store, {100, 1U << 20});
  for (int round = 0; round < 2; ++round) {
    for (const Position position : {Position{1, 4}, Position{2, 1}, Position{1, UINT64_MAX}}) {
      const auto page = feed.read("default", position, 10);
      ASSERT_FALSE(page);
      EXPECT_EQ(page.error().code(), base::Code::kOutOfRange);
    }
    ASSERT_TRUE(feed.read("default", {1, 3}, 10));
    // The start is a position of every epoch.
    const auto page = feed.read("default", {9, 0}, 10);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->events.size(), 3U);
  }
}

TEST_F(EventFeedTest, KeepsTenantsApart) {
  write(2, "default");
  write(3, "shop");
  EventFeed feed(*store, {100, 1U << 20});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(feed.read("default", {1, 0}, 10)->events.size(), 2U);
    EXPECT_EQ(feed.read("shop", {1, 0}, 10)->events.size(), 3U);
    EXPECT_EQ(feed.read("nobody", {1, 0}, 10)->events.size(), 0U);
  }
  EXPECT_EQ(feed.head("shop")->seq, 3U);
}

TEST_F(EventFeedTest, FollowingEndsWithTheFirstNewEvent) {
  write(1);
  EventFeed feed(*store, {100, 1U << 20});
  std::optional<EventFeed::Page> got;
  boost::asio::co_spawn(io, feed.follow("default", {1, 1}, 10, std::chrono::hours{1}),
                        [&](std::exception_ptr error, base::Result<EventFeed::Page> page) {
                          ASSERT_FALSE(error);
                          ASSERT_TRUE(page);
                          got = *std::move(page);
                        });
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        std::vector<state::NewEvent> events{author.event("plugin.noticed", "example.com", "{}")};
        const auto written = co_await store->append("default", std::move(events));
        EXPECT_TRUE(written);
      },
      [](std::exception_ptr error) { EXPECT_FALSE(error); });
  io.restart();
  io.run();
  ASSERT_TRUE(got);
  EXPECT_EQ(seqs(*got), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(got->next, (Position{1, 2}));
}

TEST_F(EventFeedTest, FollowingEndsWithNothingWhenTheTimeIsOver) {
  write(1);
  EventFeed feed(*store, {100, 1U << 20});
  const auto page = state::wait_for(io, feed.follow("default", {1, 1}, 10, std::chrono::milliseconds{20}));
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->next, (Position{1, 1}));
}

}  // namespace
}  // namespace paynamed::events
