// A coroutine on another executor, and what a cancellation of the one who waits for it does.
#include "base/run_on.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/clock.hpp"

namespace paynamed::base {
namespace {

namespace asio = boost::asio;

constexpr Duration kSleep{60'000};

class RunOn : public testing::Test {
 protected:
  static asio::awaitable<std::string> sleep(Clock& clock) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const bool slept = co_await sleep_for(clock, kSleep);
    co_return slept ? "slept" : "cancelled";
  }
  static asio::awaitable<std::string> sleep_elsewhere(asio::any_io_executor elsewhere, Clock& clock) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto sleeping = sleep(clock);
    std::string got = co_await run_on(elsewhere, std::move(sleeping));
    co_return got;
  }
  void begin() {
    auto ended = [this](std::exception_ptr, std::string got) { result = std::move(got); };
    asio::co_spawn(io, sleep_elsewhere(strand, clock),
                   asio::bind_cancellation_slot(stop.slot(), std::move(ended)));
    io.poll();
    io.restart();
  }

  ManualClock clock{WallTime{}};
  asio::io_context io;
  asio::strand<asio::io_context::executor_type> strand = asio::make_strand(io);
  asio::cancellation_signal stop;
  std::optional<std::string> result;
};

TEST_F(RunOn, GivesWhatTheOtherGives) {
  begin();
  EXPECT_FALSE(result);
  clock.advance(kSleep);
  io.poll();
  EXPECT_EQ(result, "slept");
}

TEST_F(RunOn, ACancellationReachesIt) {
  begin();
  stop.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(result, "cancelled");
}

// The coroutine ends before its executor comes to the cancellation.
TEST_F(RunOn, ACancellationThatComesTooLateTouchesNothing) {
  begin();
  clock.advance(kSleep);
  stop.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(result, "slept");
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.poll();
}

TEST_F(RunOn, WhatIsThrownIsThrownToWhoWaits) {
  const auto fails = []() -> asio::awaitable<int> {
    throw std::runtime_error("no");
    co_return 1;
  };
  const auto waits = [&]() -> asio::awaitable<std::string> {
    auto failing = fails();
    try {
      co_await run_on(strand, std::move(failing));
    } catch (const std::runtime_error& error) {
      co_return error.what();
    }
    co_return "nothing";
  };
  asio::co_spawn(io, waits(), [&](std::exception_ptr, std::string got) { result = std::move(got); });
  io.run();
  EXPECT_EQ(result, "no");
}

// The context of who waits runs on until the other, in a context of its own, has ended.
TEST_F(RunOn, IsWorkOfTheContextThatWaits) {
  asio::thread_pool pool{1};
  const auto where = []() -> asio::awaitable<std::thread::id> { co_return std::this_thread::get_id(); };
  std::thread::id ran;
  std::thread::id resumed;
  const auto waits = [&]() -> asio::awaitable<void> {
    auto asking = where();
    ran = co_await run_on(pool.get_executor(), std::move(asking));
    resumed = std::this_thread::get_id();
  };
  asio::co_spawn(io, waits(), asio::detached);
  io.run();
  EXPECT_NE(ran, std::this_thread::get_id());
  EXPECT_EQ(resumed, std::this_thread::get_id());
}

}  // namespace
}  // namespace paynamed::base
