// pn.events/1 over a real log: pages, positions, the long poll.
#include "delivery/event_service.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <thread>

#include "../state/state_fixture.hpp"
#include "paynamed/plugin/v1/events.pb.h"

namespace paynamed::delivery {
namespace {

namespace v1 = paynamed::plugin::v1;

struct EventServiceTest : state::StoreTest {
  void SetUp() override {
    open();
    feed = std::make_unique<events::EventFeed>(*store, events::EventFeed::Settings{});
    EventServiceParts parts{waiting.get_executor(), *feed, {}};
    parts.knows_tenant = [](const std::string& tenant) { return tenant == "default" || tenant == "empty"; };
    service = event_service(std::move(parts));
  }
  void TearDown() override {
    store->close();
    guard.reset();
    if (thread.joinable()) thread.join();
  }

  void write(int count) {
    for (int i = 0; i < count; ++i) {
      std::vector<state::NewEvent> one{
          author.event("custom.tested", "alice@example.com", state::custom_data())};
      ASSERT_TRUE(state::wait_for(io, store->append("default", std::move(one))));
    }
  }

  std::future<base::Result<std::string>> call(const std::string& method, const std::string& request,
                                              std::stop_token ended = {}) {
    host::ServiceCall asked;
    asked.ended = std::move(ended);
    asked.method = method;
    asked.request = request;
    auto promise = std::make_shared<std::promise<base::Result<std::string>>>();
    auto future = promise->get_future();
    service(std::move(asked),
            [promise](base::Result<std::string> answer) { promise->set_value(std::move(answer)); });
    return future;
  }
  static v1::ReadEventsRequest request(std::uint32_t epoch, std::uint64_t seq,
                                       const std::string& tenant = "default") {
    v1::ReadEventsRequest request;
    request.set_tenant(tenant);
    request.mutable_after()->set_epoch(epoch);
    request.mutable_after()->set_seq(seq);
    return request;
  }
  base::Result<v1::ReadEventsReply> read(const v1::ReadEventsRequest& asked) {
    auto bytes = call("Read", asked.SerializeAsString()).get();
    if (!bytes) return base::fail(bytes.error());
    v1::ReadEventsReply reply;
    EXPECT_TRUE(reply.ParseFromString(*bytes));
    return reply;
  }

  boost::asio::io_context waiting;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{waiting.get_executor()};
  std::unique_ptr<events::EventFeed> feed;
  host::Service service;
  std::jthread thread{[this] { waiting.run(); }};
};

TEST_F(EventServiceTest, EventsFollowAPositionInOrder) {
  write(5);
  for (const auto& [epoch, seq, first, count] : {std::tuple{0U, 0U, 1U, 5}, std::tuple{1U, 0U, 1U, 5},
                                                 std::tuple{1U, 3U, 4U, 2}, std::tuple{1U, 5U, 0U, 0}}) {
    const auto page = read(request(epoch, seq));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->recovered());
    ASSERT_EQ(page->events_size(), count) << seq;
    EXPECT_EQ(page->next().seq(), 5U);
    EXPECT_EQ(page->next().epoch(), 1U);
    EXPECT_EQ(page->head().seq(), 5U);
    for (int i = 0; i < count; ++i) EXPECT_EQ(page->events(i).seq(), first + static_cast<unsigned>(i));
  }
}

TEST_F(EventServiceTest, AnEventIsTheTextThatAllGet) {
  write(1);
  const auto page = read(request(0, 0));
  const auto direct = feed->read("default", {}, 1);
  ASSERT_TRUE(page && direct);
  EXPECT_EQ(page->events(0).text(), direct->events[0]->text);
  EXPECT_EQ(page->events(0).type(), "custom.tested");
  EXPECT_EQ(page->events(0).name(), "alice@example.com");
}

TEST_F(EventServiceTest, APageHasAtMostWhatIsAskedFor) {
  write(5);
  auto asked = request(1, 0);
  asked.set_max_events(2);
  const auto page = read(asked);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events_size(), 2);
  EXPECT_EQ(page->next().seq(), 2U);
  EXPECT_EQ(page->head().seq(), 5U);
}

TEST_F(EventServiceTest, APositionOfAnotherLogGivesNothingButTheEnd) {
  write(3);
  for (const auto& [epoch, seq] : {std::pair{2U, 1U}, std::pair{1U, 4U}}) {
    const auto page = read(request(epoch, seq));
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->recovered());
    EXPECT_EQ(page->events_size(), 0);
    EXPECT_EQ(page->head().seq(), 3U);
    EXPECT_EQ(page->head().epoch(), 1U);
  }
}

TEST_F(EventServiceTest, AReadWaitsForTheNextEvent) {
  write(1);
  auto asked = request(1, 1);
  asked.set_wait_ms(60'000);
  auto answer = call("Read", asked.SerializeAsString());
  write(1);
  const auto bytes = answer.get();
  ASSERT_TRUE(bytes);
  v1::ReadEventsReply page;
  ASSERT_TRUE(page.ParseFromString(*bytes));
  ASSERT_EQ(page.events_size(), 1);
  EXPECT_EQ(page.events(0).seq(), 2U);
}

TEST_F(EventServiceTest, AReadThatWaitsEndsWithTheStore) {
  auto asked = request(1, 0, "empty");
  asked.set_wait_ms(60'000);
  auto answer = call("Read", asked.SerializeAsString());
  store->close();
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

// An instance that ends has as many reads open as it follows tenants: they must not wait for a minute.
TEST_F(EventServiceTest, AReadThatNobodyNeedsAnyMoreEnds) {
  write(1);
  std::stop_source instance;
  for (const bool before : {false, true}) {
    auto asked = request(1, 1);
    asked.set_wait_ms(60'000);
    if (!before) instance = {};
    auto answer = call("Read", asked.SerializeAsString(), instance.get_token());
    instance.request_stop();
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready) << before;
    EXPECT_EQ(answer.get().error().code(), base::Code::kCancelled) << before;
  }
}

TEST_F(EventServiceTest, TheHeadIsWhereTheLogEnds) {
  write(2);
  v1::EventsHeadRequest asked;
  asked.set_tenant("default");
  const auto bytes = call("Head", asked.SerializeAsString()).get();
  ASSERT_TRUE(bytes);
  v1::EventsHeadReply reply;
  ASSERT_TRUE(reply.ParseFromString(*bytes));
  EXPECT_EQ(reply.head().seq(), 2U);
}

TEST_F(EventServiceTest, WhatIsWrongIsToldWithItsCode) {
  EXPECT_EQ(read(request(1, 0, "nobody")).error().code(), base::Code::kNotFound);
  EXPECT_EQ(read(request(0, 7)).error().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(call("Read", "\xff").get().error().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(call("Write", "").get().error().code(), base::Code::kUnimplemented);
}

}  // namespace
}  // namespace paynamed::delivery
