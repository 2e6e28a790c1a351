#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
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
  const auto late = clock.at(clock.monotonic() + Duration{20}, io.get_executor(), [&] { fired.push_back(20); });
  const auto soon = clock.at(clock.monotonic() + Duration{10}, io.get_executor(), [&] { fired.push_back(10); });
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

}  // namespace
}  // namespace paynamed::base
