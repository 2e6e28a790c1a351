#include "net/origin_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <optional>
#include <vector>

namespace paynamed::net {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct OriginPlacesTest : testing::Test {
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T00:00:00.000Z")};
  asio::io_context io;
  std::optional<OriginPlaces> places;
  std::vector<std::string> order;
  std::list<OriginPlaces::Place> held;
  std::vector<base::Code> failures;

  void SetUp() override { places.emplace(io.get_executor(), clock, 2); }
  // A place is held until end_one().
  void want(const std::string& who, bool background = false, const std::string& origin = "a",
            base::Duration most = base::Duration{60'000}) {
    asio::co_spawn(
        io,
        [this, who, background, origin, most]() -> asio::awaitable<void> {
          auto taking = places->take(origin, background, clock.monotonic() + most);
          auto place = co_await std::move(taking);
          if (!place) {
            failures.push_back(place.error().code());
            co_return;
          }
          order.push_back(who);
          held.push_back(*std::move(place));
        },
        asio::detached);
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void end_one() {
    held.pop_front();
    settle();
  }
};

TEST_F(OriginPlacesTest, OneServerHasItsOwnPlaces) {
  want("a1");
  want("a2");
  want("a3");
  want("b1", false, "b");
  EXPECT_THAT(order, ElementsAre("a1", "a2", "b1"));
  end_one();
  EXPECT_THAT(order, ElementsAre("a1", "a2", "b1", "a3"));
}

TEST_F(OriginPlacesTest, InteractiveOnesGoFirstInTheirOrder) {
  want("1");
  want("2");
  order.clear();
  want("later 1", true);
  want("later 2", true);
  want("now 1");
  want("now 2");
  for (int i = 0; i < 4; ++i) end_one();
  EXPECT_THAT(order, ElementsAre("now 1", "now 2", "later 1", "later 2"));
}

TEST_F(OriginPlacesTest, BackgroundComesAfterEightThatOvertookIt) {
  want("1");
  want("2");
  order.clear();
  want("background", true);
  for (int i = 0; i < 20; ++i) want("now");
  for (int i = 0; i < 10; ++i) end_one();
  ASSERT_EQ(order.size(), 10u);
  EXPECT_EQ(order[8], "background");
}

TEST_F(OriginPlacesTest, WhoWaitsTooLongLeavesAndTakesNoPlace) {
  want("1");
  want("2");
  want("impatient", false, "a", base::Duration{1'000});
  want("patient");
  clock.advance(base::Duration{1'000});
  settle();
  EXPECT_THAT(failures, ElementsAre(base::Code::kDeadlineExceeded));
  end_one();
  EXPECT_THAT(order, ElementsAre("1", "2", "patient"));
}

TEST_F(OriginPlacesTest, ItsEndEndsTheWaits) {
  want("1");
  want("2");
  want("waits");
  places.reset();
  settle();
  EXPECT_THAT(failures, ElementsAre(base::Code::kCancelled));
  held.clear();  // they may be given back afterwards
  EXPECT_THAT(held, IsEmpty());
}

}  // namespace
}  // namespace paynamed::net
