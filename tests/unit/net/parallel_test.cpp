#include "net/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace paynamed {
namespace {

namespace asio = boost::asio;

asio::awaitable<int> answer(int value) {
  co_await asio::post(asio::use_awaitable);
  co_return value;
}

asio::awaitable<int> fail(int value) {
  co_await asio::post(asio::use_awaitable);
  throw std::runtime_error(std::to_string(value));
}

asio::awaitable<std::vector<int>> count_to(int last) {
  std::vector<asio::awaitable<int>> work;
  for (int value = 0; value < last; ++value) work.push_back(answer(value));
  co_return co_await net::in_parallel(std::move(work));
}

TEST(InParallel, NothingToDoIsDone) {
  asio::io_context io;
  auto done = asio::co_spawn(io, count_to(0), asio::use_future);
  io.run();
  EXPECT_TRUE(done.get().empty());
}

TEST(InParallel, ResultsComeInTheOrderOfTheWork) {
  asio::io_context io;
  auto done = asio::co_spawn(io, count_to(5), asio::use_future);
  io.run();
  EXPECT_EQ(done.get(), (std::vector<int>{0, 1, 2, 3, 4}));
}

// The last of the work ends on another thread while this one still turns from having started it.
TEST(InParallel, WorkMayEndBeforeAllOfItIsStarted) {
  asio::thread_pool pool(4);
  for (int round = 0; round < 5'000; ++round) {
    const int last = 1 + round % 3;
    const std::vector<int> values = asio::co_spawn(pool, count_to(last), asio::use_future).get();
    ASSERT_EQ(values.size(), static_cast<std::size_t>(last));
    EXPECT_EQ(values.back(), last - 1);
  }
  pool.join();
}

TEST(InParallel, TheCallerGoesOnAtItsOwnPlace) {
  asio::thread_pool pool(4);
  auto strand = asio::make_strand(pool);
  auto done = asio::co_spawn(
      strand,
      [strand]() -> asio::awaitable<bool> {
        for (int round = 0; round < 200; ++round) {
          co_await count_to(3);
          if (!strand.running_in_this_thread()) co_return false;
        }
        co_return true;
      },
      asio::use_future);
  EXPECT_TRUE(done.get());
  pool.join();
}

TEST(InParallel, WorkOfACallerOnAStrandRunsOnThatStrand) {
  asio::thread_pool pool(4);
  auto strand = asio::make_strand(pool);
  int shared = 0;  // guarded by the strand
  const auto add = [&]() -> asio::awaitable<int> {
    for (int i = 0; i < 1'000; ++i) {
      ++shared;
      if (i % 100 == 0) co_await asio::post(asio::use_awaitable);
    }
    co_return shared;
  };
  const auto all = [&]() -> asio::awaitable<std::vector<int>> {
    std::vector<asio::awaitable<int>> work;
    for (int i = 0; i < 8; ++i) work.push_back(add());
    co_return co_await net::in_parallel(std::move(work));
  };
  asio::co_spawn(strand, all(), asio::use_future).get();
  EXPECT_EQ(shared, 8'000);
  pool.join();
}

TEST(InParallel, AFailureIsRethrownAfterAllHaveEnded) {
  asio::thread_pool pool(4);
  std::atomic<int> ended = 0;
  const auto work_of = [&](int value) -> asio::awaitable<int> {
    co_await asio::post(asio::use_awaitable);
    ++ended;
    if (value == 1 || value == 2) co_await fail(value);
    co_return value;
  };
  const auto all = [&]() -> asio::awaitable<std::vector<int>> {
    std::vector<asio::awaitable<int>> work;
    for (int value = 0; value < 5; ++value) work.push_back(work_of(value));
    co_return co_await net::in_parallel(std::move(work));
  };
  auto done = asio::co_spawn(pool, all(), asio::use_future);
  EXPECT_THROW(done.get(), std::runtime_error);
  EXPECT_EQ(ended, 5);
  pool.join();
}

TEST(InParallel, CancellingTheCallerCancelsAll) {
  asio::io_context io;
  asio::cancellation_signal cancel;
  int cancelled = 0;
  const auto sleep = [&]() -> asio::awaitable<int> {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) ++cancelled;
    co_return 0;
  };
  const auto all = [&]() -> asio::awaitable<std::vector<int>> {
    std::vector<asio::awaitable<int>> work;
    for (int i = 0; i < 3; ++i) work.push_back(sleep());
    co_return co_await net::in_parallel(std::move(work));
  };
  asio::co_spawn(io, all(), asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  io.poll();
  cancel.emit(asio::cancellation_type::terminal);
  io.run_for(std::chrono::seconds(20));
  EXPECT_EQ(cancelled, 3);
  EXPECT_TRUE(io.stopped());
}

}  // namespace
}  // namespace paynamed
