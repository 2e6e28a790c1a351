#include "pipeline/lanes.hpp"

#include <gmock/gmock.h>

#include <map>
#include <vector>

namespace paynamed::pipeline {
namespace {

using testing::ElementsAre;

struct LanesTest : testing::Test {
  Lanes lanes{16};

  static base::Uuid id(std::uint8_t number) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[15] = number;
    return base::Uuid{bytes};
  }
  // How many of this lane get a slot, one after the other.
  int taken(const std::string& name, int wanted) {
    int got = 0;
    for (int i = 0; i < wanted; ++i) got += lanes.take(lanes.named(name), id(0)) ? 1 : 0;
    return got;
  }
};

TEST_F(LanesTest, ALaneAloneGetsHalf) {
  EXPECT_EQ(taken("a", 100), 8);
  EXPECT_EQ(lanes.at_work(), 8U);
}

TEST_F(LanesTest, HoweverManyAreStuckANewOneFindsSome) {
  EXPECT_EQ(taken("a", 100), 8);
  EXPECT_EQ(taken("b", 100), 4);
  EXPECT_EQ(taken("c", 100), 2);
  EXPECT_EQ(taken("d", 100), 1);
  EXPECT_EQ(taken("e", 100), 1);
  EXPECT_EQ(lanes.at_work(), 16U);
}

// A zone that does not answer holds the runs of all nodes, of which a tenant may have many.
TEST_F(LanesTest, ManyLanesOfAGroupLeaveAQuarterToOthers) {
  const auto of_group = [&](const std::string& name, const std::string& group, Lanes::Kind kind) {
    int got = 0;
    while (lanes.take(lanes.named(name, group), id(0), kind)) ++got;
    return got;
  };
  EXPECT_EQ(of_group("node 0", "dead", Lanes::Kind::kInteractive), 8) << "one alone gets half, as ever";
  int more = 0;
  for (int i = 1; i < 50; ++i)
    more += of_group("node " + std::to_string(i), "dead", Lanes::Kind::kInteractive);
  EXPECT_EQ(more, 4);
  EXPECT_EQ(of_group("node 0", "alive", Lanes::Kind::kInteractive), 2);
  EXPECT_EQ(of_group("node 0", "other", Lanes::Kind::kInteractive), 1);
  // One of the dead domain's ends: its slot is for whoever had fewer.
  lanes.give_back(lanes.named("node 0", "dead"));
  EXPECT_EQ(of_group("node 99", "dead", Lanes::Kind::kInteractive), 0);
  EXPECT_EQ(of_group("node 0", "third", Lanes::Kind::kInteractive), 1);
}

TEST_F(LanesTest, ManyLanesOfAGroupInBulkLeaveMore) {
  int got = 0;
  for (int i = 0; i < 50; ++i) {
    while (lanes.take(lanes.named("node " + std::to_string(i), "dead"), id(0), Lanes::Kind::kBulk)) ++got;
  }
  EXPECT_EQ(got, 9) << "three quarters of the twelve that bulk may use";
  EXPECT_TRUE(lanes.take(lanes.named("node 0", "alive"), id(0)));
}

TEST_F(LanesTest, AFewSlotsAreEnoughForAllToComeToTheirEnd) {
  for (const std::size_t slots : {1U, 2U, 3U}) {
    Lanes few{slots};
    const std::vector<std::string> names{"a", "b"};
    int begun = 0;
    std::deque<Lanes::Lane*> at_work;
    for (std::uint8_t i = 0; i < 20; ++i) {
      Lanes::Lane& lane = few.named(names[i % 2]);
      if (few.take(lane, id(i))) at_work.push_back(&lane);
    }
    while (!at_work.empty()) {
      ++begun;
      few.give_back(*at_work.front());
      at_work.pop_front();
      while (const auto next = few.next()) {
        const std::uint8_t number = next->bytes()[15];
        at_work.push_back(&few.named(names[number % 2]));
      }
      ASSERT_LE(few.at_work(), slots);
    }
    EXPECT_EQ(begun, 20) << slots;
  }
}

TEST_F(LanesTest, WhatIsBegunGoesBeforeWhatIsNot) {
  using Kind = Lanes::Kind;
  using Progress = Lanes::Progress;
  for (const Kind kind : {Kind::kInteractive, Kind::kBulk}) {
    Lanes two{2};
    Lanes::Lane& lane = two.named("a");
    ASSERT_TRUE(two.take(lane, id(1), kind));
    for (const std::uint8_t run : std::vector<std::uint8_t>{2, 3})
      EXPECT_FALSE(two.take(lane, id(run), kind));
    for (const std::uint8_t run : std::vector<std::uint8_t>{4, 5}) {
      EXPECT_FALSE(two.take(lane, id(run), kind, Progress::kBegun));
    }
    std::vector<int> order;
    for (int i = 0; i < 4; ++i) {
      two.give_back(lane, kind);
      const auto next = two.next();
      ASSERT_TRUE(next);
      order.push_back(next->bytes()[15]);
    }
    EXPECT_THAT(order, ElementsAre(4, 5, 2, 3));
    two.give_back(lane, kind);
    EXPECT_TRUE(two.take(lane, id(6), kind, Progress::kBegun));
  }
}

TEST_F(LanesTest, ThoseWhoWaitKeepTheirOrderAndLanesTakeTurns) {
  Lanes one{1};
  Lanes::Lane& a = one.named("a");
  Lanes::Lane& b = one.named("b");
  ASSERT_TRUE(one.take(a, id(1)));
  for (const std::uint8_t run : std::vector<std::uint8_t>{2, 3, 4}) EXPECT_FALSE(one.take(a, id(run)));
  for (const std::uint8_t run : std::vector<std::uint8_t>{12, 13}) EXPECT_FALSE(one.take(b, id(run)));
  std::vector<int> order;
  Lanes::Lane* at_work = &a;
  for (;;) {
    one.give_back(*at_work);
    const auto next = one.next();
    if (!next) break;
    order.push_back(next->bytes()[15]);
    at_work = order.back() > 10 ? &b : &a;
    EXPECT_FALSE(one.next());
  }
  EXPECT_THAT(order, ElementsAre(2, 12, 3, 13, 4));
}

TEST_F(LanesTest, WhoComesNewWaitsBehindThoseWhoWait) {
  EXPECT_EQ(taken("a", 9), 8);
  Lanes::Lane& a = lanes.named("a");
  EXPECT_FALSE(lanes.take(a, id(2)));
  lanes.give_back(a);
  EXPECT_FALSE(lanes.take(a, id(3)));
  EXPECT_EQ(lanes.next(), id(0));
  EXPECT_FALSE(lanes.next());
}

TEST_F(LanesTest, AfterAClearNobodyWaits) {
  EXPECT_EQ(taken("a", 9), 8);
  lanes.clear();
  lanes.give_back(lanes.named("a"));
  EXPECT_FALSE(lanes.next());
  EXPECT_TRUE(lanes.take(lanes.named("a"), id(1)));
}

// How many bulk runs of this lane get a slot, one after the other.
int bulk_taken(Lanes& lanes, const std::string& name, int wanted) {
  int got = 0;
  for (int i = 0; i < wanted; ++i) {
    got += lanes.take(lanes.named(name), LanesTest::id(100), Lanes::Kind::kBulk) ? 1 : 0;
  }
  return got;
}

TEST_F(LanesTest, BulkLeavesAQuarterToOthersHoweverManyLanes) {
  int got = 0;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) got += bulk_taken(lanes, name, 100);
  EXPECT_EQ(got, 12);
  EXPECT_EQ(taken("z", 100), 2) << "of 4 that are left";
}

TEST_F(LanesTest, AnInteractiveRunFindsASlotInALaneFullOfBulk) {
  EXPECT_EQ(bulk_taken(lanes, "a", 100), 6);
  EXPECT_TRUE(lanes.take(lanes.named("a"), id(1)));
}

TEST_F(LanesTest, WaitingInteractiveRunsGoBeforeWaitingBulk) {
  using Kind = Lanes::Kind;
  Lanes one{1};
  Lanes::Lane& a = one.named("a");
  Lanes::Lane& b = one.named("b");
  ASSERT_TRUE(one.take(a, id(11), Kind::kBulk));
  EXPECT_FALSE(one.take(a, id(12), Kind::kBulk));
  EXPECT_FALSE(one.take(b, id(13), Kind::kBulk));
  EXPECT_FALSE(one.take(b, id(1)));
  EXPECT_FALSE(one.take(a, id(2)));
  const std::map<int, Lanes::Lane*> lane_of{{11, &a}, {12, &a}, {13, &b}, {1, &b}, {2, &a}};
  std::vector<int> order{11};
  for (;;) {
    one.give_back(*lane_of.at(order.back()), order.back() > 10 ? Kind::kBulk : Kind::kInteractive);
    const auto next = one.next();
    if (!next) break;
    order.push_back(next->bytes()[15]);
  }
  EXPECT_THAT(order, ElementsAre(11, 1, 2, 12, 13));
}

TEST_F(LanesTest, ANewBulkRunDoesNotPassAnInteractiveOneThatWaits) {
  EXPECT_EQ(taken("a", 9), 8);
  Lanes::Lane& a = lanes.named("a");
  lanes.give_back(a);
  EXPECT_FALSE(lanes.take(a, id(2), Lanes::Kind::kBulk));
  EXPECT_EQ(lanes.next(), id(0));
}

TEST_F(LanesTest, BulkWithAFewSlotsComesToItsEndToo) {
  for (const std::size_t slots : {1U, 2U, 4U, 5U}) {
    Lanes few{slots};
    Lanes::Lane& lane = few.named("a");
    int begun = 0;
    for (std::uint8_t i = 0; i < 10; ++i) begun += few.take(lane, id(i), Lanes::Kind::kBulk) ? 1 : 0;
    int at_work = begun;
    while (at_work > 0) {
      few.give_back(lane, Lanes::Kind::kBulk);
      --at_work;
      while (few.next()) {
        ++begun;
        ++at_work;
      }
    }
    EXPECT_EQ(begun, 10) << slots;
  }
}

}  // namespace
}  // namespace paynamed::pipeline
