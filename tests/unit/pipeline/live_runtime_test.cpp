#include "pipeline/live_runtime.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace paynamed::pipeline {
namespace {

namespace asio = boost::asio;
using base::Result;

std::shared_ptr<const Runtime> generation(std::uint64_t number) {
  auto runtime = std::make_shared<Runtime>();
  runtime->generation = number;
  return runtime;
}

struct LiveRuntimeTest : testing::Test {
  asio::io_context io;
  base::ManualClock clock{base::WallTime{}};
  std::optional<LiveRuntime> live{std::in_place, generation(1), clock};
  bool agrees = true;
  int asked = 0;

  template <class T>
  std::shared_ptr<std::optional<T>> begin(asio::awaitable<T> work) {
    auto out = std::make_shared<std::optional<T>>();
    asio::co_spawn(io, std::move(work), [out](std::exception_ptr, T value) { *out = std::move(value); });
    turn();
    return out;
  }
  std::shared_ptr<std::optional<std::shared_ptr<const Runtime>>> lease() { return begin(live->lease()); }
  std::shared_ptr<std::optional<Result<void>>> replace(std::uint64_t number) {
    std::function<Result<void>()> agree = [this]() -> Result<void> {
      ++asked;
      if (!agrees) return base::fail(base::failed_precondition("no"));
      return {};
    };
    return begin(live->replace(generation(number), std::move(agree), base::Duration{5'000}));
  }
  void turn() {
    io.restart();
    io.poll();
  }
};

TEST_F(LiveRuntimeTest, IsReplacedWhenItIsAgreed) {
  const auto done = replace(2);
  ASSERT_TRUE(*done);
  EXPECT_TRUE(**done);
  EXPECT_EQ(live->current()->generation, 2U);
}

TEST_F(LiveRuntimeTest, StaysWhenItIsNotAgreed) {
  agrees = false;
  const auto done = replace(2);
  ASSERT_TRUE(*done);
  EXPECT_EQ((**done).error().message(), "no");
  EXPECT_EQ(live->current()->generation, 1U);
  EXPECT_TRUE(*lease()) << "the door is open again";
}

TEST_F(LiveRuntimeTest, IsReplacedWhenNoLeaseIsHeld) {
  auto held = lease();
  ASSERT_TRUE(*held);
  const auto done = replace(2);
  const auto late = lease();
  EXPECT_FALSE(*done);
  EXPECT_EQ(asked, 0) << "what is being accepted could still change the answer";
  EXPECT_FALSE(*late) << "a new lease would keep the replacement waiting";
  EXPECT_EQ(live->current()->generation, 1U) << "who only reads is not kept waiting";
  held->reset();
  turn();
  ASSERT_TRUE(*done);
  EXPECT_TRUE(**done);
  ASSERT_TRUE(*late);
  EXPECT_EQ((**late)->generation, 2U);
}

TEST_F(LiveRuntimeTest, GivesUpWhenALeaseIsNotGivenBack) {
  auto held = lease();
  const auto done = replace(2);
  const auto late = lease();
  clock.advance(base::Duration{5'000});
  turn();
  ASSERT_TRUE(*done);
  EXPECT_EQ((**done).error().code(), base::Code::kDeadlineExceeded);
  ASSERT_TRUE(*late);
  EXPECT_EQ((**late)->generation, 1U);
}

TEST_F(LiveRuntimeTest, ALeaseOutlivesIt) {
  auto held = lease();
  live.reset();
  EXPECT_EQ((**held)->generation, 1U);
  held->reset();
}

}  // namespace
}  // namespace paynamed::pipeline
