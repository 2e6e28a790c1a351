// Whose turn it is to look at the DNS.
#include "pipeline/actions/turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

namespace paynamed::pipeline {
namespace {
namespace asio = boost::asio;

struct TurnsTest : testing::Test {
  asio::io_context io;
  std::shared_ptr<Turns> turns = std::make_shared<Turns>(2);
  std::vector<std::optional<Turns::Turn>> held;

  // Takes one as number `at` and keeps it.
  asio::awaitable<void> keep(std::string domain, std::size_t at) {
    auto turn = co_await turns->take(std::move(domain));
    held[at].emplace(std::move(turn));
  }
  void start(const std::string& domain) {
    const std::size_t at = held.size();
    held.emplace_back();
    asio::co_spawn(io, keep(domain, at), asio::detached);
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void give_back(std::size_t at) {
    held[at].reset();
    settle();
  }
};

TEST_F(TurnsTest, SoManyOfADomainAndTheNextInOrder) {
  for (int i = 0; i < 4; ++i) start("a.test");
  EXPECT_TRUE(held[0] && held[1] && !held[2] && !held[3]);
  EXPECT_EQ(turns->waiting(), 2U);
  give_back(1);
  EXPECT_TRUE(held[2] && !held[3]);
  give_back(0);
  EXPECT_TRUE(held[3]);
  for (const std::size_t at : {2U, 3U}) give_back(at);
  EXPECT_EQ(turns->taken(), 0U);
}

TEST_F(TurnsTest, DomainsDoNotWaitForEachOther) {
  for (int i = 0; i < 3; ++i) start("a.test");
  start("b.test");
  EXPECT_TRUE(!held[2] && held[3]);
  give_back(0);
}

TEST_F(TurnsTest, OneThatIsCancelledLeavesItsPlaceInTheQueue) {
  for (int i = 0; i < 2; ++i) start("a.test");
  asio::cancellation_signal cancel;
  bool ended = false;
  auto waits = [](std::shared_ptr<Turns> of) -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto turn = co_await of->take("a.test");
  };
  asio::co_spawn(io, waits(turns),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) { ended = true; }));
  settle();
  start("a.test");
  cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(held[2]);
  give_back(0);
  EXPECT_TRUE(held[2]) << "the turn goes to the next who wants it";
  for (const std::size_t at : {1U, 2U}) give_back(at);
  EXPECT_EQ(turns->taken(), 0U);
}

}  // namespace
}  // namespace paynamed::pipeline
