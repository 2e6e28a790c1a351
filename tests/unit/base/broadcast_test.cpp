#include "base/broadcast.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace paynamed::base {
namespace {
namespace asio = boost::asio;

struct BroadcastTest : testing::Test {
  asio::io_context io;
  ManualClock clock{WallTime{}};
  std::optional<Broadcast> broadcast{std::in_place, clock};
  std::optional<bool> woken;

  void start_waiting(std::uint64_t seen) {
    asio::co_spawn(
        io, [this, seen]() -> asio::awaitable<void> { woken = co_await broadcast->wait(seen, Duration{100}); },
        asio::detached);
    run();
  }
  void run() {
    io.restart();
    io.poll();
  }
};

TEST_F(BroadcastTest, WakesWaitersOnce) {
  start_waiting(0);
  EXPECT_FALSE(woken);
  broadcast->notify();
  run();
  EXPECT_EQ(woken, true);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(BroadcastTest, AChangeBeforeTheWaitIsNotMissed) {
  const auto seen = broadcast->count();
  broadcast->notify();
  start_waiting(seen);
  EXPECT_EQ(woken, true);
}

TEST_F(BroadcastTest, GivesUpWhenTheTimeIsOver) {
  start_waiting(0);
  clock.advance(Duration{100});
  run();
  EXPECT_EQ(woken, false);
}

TEST_F(BroadcastTest, ItsEndWakesEverybody) {
  start_waiting(0);
  broadcast.reset();
  run();
  EXPECT_EQ(woken, true);
}

}  // namespace
}  // namespace paynamed::base
