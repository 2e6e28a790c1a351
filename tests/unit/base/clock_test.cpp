#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace paynamed::base {
namespace {
namespace asio = boost::asio;

struct ManualClockTest : testing::Test {
  asio::io_context io;
  ManualClock clock{WallTime{std::chrono::seconds{1'000}}};
  void run() {
    io.restart();
    io.poll();
  }
};

TEST_F(ManualClockTest, TimersFireInOrderAndOnlyWhenDue) {
  std::vector<int> fired;
  const auto late =
      clock.at(clock.monotonic() + Duration{20}, io.get_executor(), [&] { fired.push_back(20); });
  const auto soon =
      clock.at(clock.monotonic() + Duration{10}, io.get_executor(), [&] { fired.push_back(10); });
  EXPECT_EQ(clock.until_next(), Duration{10});
  clock.advance(Duration{9});
  run();
  EXPECT_TRUE(fired.empty());
  clock.advance(Duration{11});
  run();
  EXPECT_EQ(fired, (std::vector{10, 20}));
  EXPECT_EQ(clock.wall(), WallTime{std::chrono::milliseconds{1'000'020}});
}

TEST_F(ManualClockTest, ADroppedTimerNeverFires) {
  bool fired = false;
  clock.at(clock.monotonic() + Duration{10}, io.get_executor(), [&] { fired = true; }).reset();
  clock.advance(Duration{20});
  run();
  EXPECT_FALSE(fired);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(ManualClockTest, SleepEndsWhenTheTimeComes) {
  std::optional<bool> came;
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { came = co_await sleep_for(clock, Duration{50}); }, asio::detached);
  run();
  EXPECT_FALSE(came);
  clock.advance(Duration{50});
  run();
  EXPECT_EQ(came, true);
}

TEST_F(ManualClockTest, SleepEndsWhenCancelled) {
  std::optional<bool> came;
  asio::cancellation_signal signal;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        came = co_await sleep_for(clock, Duration{50});
      },
      asio::bind_cancellation_slot(signal.slot(), asio::detached));
  run();
  signal.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(came, false);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(SystemClockTest, SleepsAndCancels) {
  asio::io_context io;
  SystemClock clock;
  std::vector<bool> came;
  asio::cancellation_signal signal;
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { came.push_back(co_await sleep_for(clock, Duration{1})); },
      asio::detached);
  io.run();
  io.restart();
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        came.push_back(co_await sleep_for(clock, Duration{3'600'000}));
      },
      asio::bind_cancellation_slot(signal.slot(), asio::detached));
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.run();  // returns at once: nothing waits an hour any more
  EXPECT_EQ(came, (std::vector{true, false}));
}

// Sleeps for ever as far as a test is concerned; what it held is freed when its frame is.
asio::awaitable<void> sleeper(Clock& clock, std::shared_ptr<int> held) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await sleep_for(clock, Duration{3'600'000});
  *held = 1;
}

// A coroutine on a plain executor, one on a strand and a plain timer; what they hold is what is returned.
std::weak_ptr<int> wait_for_long(asio::io_context& io, Clock& clock, std::unique_ptr<Clock::Timer>& handle) {
  auto held = std::make_shared<int>(0);
  asio::co_spawn(io, sleeper(clock, held), asio::detached);
  asio::co_spawn(asio::make_strand(io), sleeper(clock, held), asio::detached);
  handle = clock.at(clock.monotonic() + Duration{3'600'000}, io.get_executor(), [held] { *held = 2; });
  io.poll();
  return held;
}

TEST(SystemClockTest, AContextThatEndsTakesItsSleepersWithIt) {
  SystemClock clock;
  std::unique_ptr<Clock::Timer> handle;
  std::weak_ptr<int> held;
  {
    asio::io_context io;
    held = wait_for_long(io, clock, handle);
    EXPECT_FALSE(held.expired());
  }
  EXPECT_TRUE(held.expired());
}

TEST(ManualClockEnd, AContextThatEndsTakesItsSleepersWithIt) {
  ManualClock clock{WallTime{}};
  asio::io_context other;
  bool fired = false;
  const auto others = clock.at(clock.monotonic() + Duration{1}, other.get_executor(), [&] { fired = true; });
  std::unique_ptr<Clock::Timer> handle;
  std::weak_ptr<int> held;
  {
    asio::io_context io;
    held = wait_for_long(io, clock, handle);
    EXPECT_FALSE(held.expired());
  }
  EXPECT_TRUE(held.expired());
  EXPECT_EQ(clock.pending(), 1U);
  clock.advance(Duration{7'200'000});
  other.poll();
  EXPECT_TRUE(fired);
}

TEST(ManualClockEnd, AClockThatEndsLetsItsSleepersGo) {
  std::unique_ptr<Clock::Timer> handle;
  std::weak_ptr<int> held;
  asio::io_context io;
  {
    ManualClock clock{WallTime{}};
    held = wait_for_long(io, clock, handle);
  }
  io.restart();
  io.poll();  // coroutines unwind on their executors
  EXPECT_TRUE(held.expired());
}

TEST(SystemClockTest, TimersAreMadeFiredAndDroppedOnManyThreads) {
  constexpr int kEach = 2'000;
  std::atomic<int> fired{0};
  {
    SystemClock clock;
    asio::io_context io;
    auto work = std::make_optional(asio::make_work_guard(io));
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
    std::vector<std::unique_ptr<Clock::Timer>> kept;
    for (int i = 0; i < kEach; ++i) {
      const auto soon = clock.monotonic() + std::chrono::microseconds{i % 50};
      kept.push_back(clock.at(soon, io.get_executor(), [&] { ++fired; }));
      // Dropped when it is about to fire.
      std::unique_ptr<Clock::Timer> dropped = clock.at(soon, io.get_executor(), [] {});
      asio::co_spawn(io, sleep_for(clock, Duration{i % 2}), asio::detached);
    }
    work.reset();
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(fired, kEach);
}

}  // namespace
}  // namespace paynamed::base
