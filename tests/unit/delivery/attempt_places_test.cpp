// Who may make an attempt when many want to.
#include "delivery/attempt_places.hpp"

#include <gtest/gtest.h>

namespace paynamed::delivery {
namespace {

// Nobody looks into them.
std::shared_ptr<Target> someone(const std::shared_ptr<int>& identity) {
  return {identity, reinterpret_cast<Target*>(identity.get())};
}

TEST(AttemptPlaces, NobodyTakesMoreThanWouldBeLeft) {
  AttemptPlaces places;
  const auto one = someone(std::make_shared<int>());
  std::size_t held = 0;
  while (places.take(one, held, 16)) ++held;
  EXPECT_EQ(held, 8U);
  const auto other = someone(std::make_shared<int>());
  EXPECT_TRUE(places.take(other, 0, 16));
}

TEST(AttemptPlaces, WhoHasNoneMayTakeTheLast) {
  AttemptPlaces places;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(places.take(someone(std::make_shared<int>()), 0, 3));
  EXPECT_FALSE(places.take(someone(std::make_shared<int>()), 0, 3));
  places.give_back();
  EXPECT_TRUE(places.take(someone(std::make_shared<int>()), 0, 3));
}

TEST(AttemptPlaces, ThoseThatWaitAreTriedInTurnAndOnce) {
  AttemptPlaces places;
  const auto first = someone(std::make_shared<int>());
  const auto second = someone(std::make_shared<int>());
  for (const auto& who : {first, second, first}) EXPECT_FALSE(places.take(who, 0, 0));
  EXPECT_EQ(places.waiting(), 2U);
  EXPECT_EQ(places.next_waiting(), first);
  EXPECT_EQ(places.next_waiting(), second);
  EXPECT_EQ(places.next_waiting(), nullptr);
}

}  // namespace
}  // namespace paynamed::delivery
