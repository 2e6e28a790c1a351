// Who stops the daemon waits for what nobody else waits for.
#include "process/background_work.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>

namespace paynamed::process {
namespace {

namespace asio = boost::asio;

struct BackgroundWorkTest : ::testing::Test {
  void settle() {
    io.restart();
    io.poll();
  }
  std::shared_ptr<std::optional<bool>> stopping() {
    auto stopped = std::make_shared<std::optional<bool>>();
    asio::co_spawn(io, work.stop(base::Duration{1'000}),
                   [stopped](std::exception_ptr, bool all) { *stopped = all; });
    settle();
    return stopped;
  }
  static asio::awaitable<void> until(base::Broadcast& gate) {
    co_await gate.wait(0, base::Duration{3'600'000});
  }

  asio::io_context io;
  base::ManualClock clock{base::WallTime{base::Duration{1'700'000'000'000}}};
  base::Broadcast gate{clock};
  BackgroundWork work{io, clock};
};

TEST_F(BackgroundWorkTest, NothingIsSoonOver) {
  EXPECT_EQ(*stopping(), true);
}

TEST_F(BackgroundWorkTest, StopWaitsForWhatIsAtWork) {
  work.start(until(gate));
  work.start(until(gate));
  const auto stopped = stopping();
  EXPECT_FALSE(stopped->has_value());
  gate.notify();
  settle();
  EXPECT_EQ(*stopped, true);
}

TEST_F(BackgroundWorkTest, WhatDoesNotEndIsWaitedForInBounds) {
  work.start(until(gate));
  const auto stopped = stopping();
  clock.advance(base::Duration{1'000});
  settle();
  EXPECT_EQ(*stopped, false);
  gate.notify();
  settle();
}

}  // namespace
}  // namespace paynamed::process
