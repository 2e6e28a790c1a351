// Who may make an attempt when many want to.
#include "delivery/attempt_places.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace paynamed::delivery {
namespace {

// Nobody looks into the targets.
struct Someone {
  explicit Someone(base::Random& random)
      : id(base::Uuid::v7({}, random)), target(identity, reinterpret_cast<Target*>(identity.get())) {}
  std::shared_ptr<int> identity = std::make_shared<int>();
  base::Uuid id;
  std::shared_ptr<Target> target;
};

struct Places : testing::Test {
  base::SeededRandom random{1};
  AttemptPlaces places;
  bool take(const Someone& who, std::size_t held, std::size_t most) {
    return places.take(who.id, who.target, held, most);
  }
};

TEST_F(Places, NobodyTakesMoreThanWouldBeLeft) {
  const Someone one(random);
  std::size_t held = 0;
  while (take(one, held, 16)) ++held;
  EXPECT_EQ(held, 8U);
  EXPECT_TRUE(take(Someone(random), 0, 16));
}

TEST_F(Places, WhoHasNoneMayTakeTheLast) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(take(Someone(random), 0, 3));
  EXPECT_FALSE(take(Someone(random), 0, 3));
  places.give_back();
  EXPECT_TRUE(take(Someone(random), 0, 3));
}

TEST_F(Places, ThoseThatWaitAreTriedInTurnAndOnce) {
  const Someone first(random);
  const Someone second(random);
  for (const auto* who : {&first, &second, &first}) EXPECT_FALSE(take(*who, 0, 0));
  EXPECT_EQ(places.waiting(), 2U);
  EXPECT_EQ(places.next_waiting(), first.target);
  EXPECT_EQ(places.next_waiting(), second.target);
  EXPECT_EQ(places.next_waiting(), nullptr);
}

TEST_F(Places, ANewOneAtTheAddressOfAnOldOneWaitsToo) {
  const Someone old(random);
  EXPECT_FALSE(take(old, 0, 0));
  EXPECT_FALSE(places.take(base::Uuid::v7({}, random), old.target, 0, 0));
  EXPECT_EQ(places.waiting(), 2U);
}

}  // namespace
}  // namespace paynamed::delivery
