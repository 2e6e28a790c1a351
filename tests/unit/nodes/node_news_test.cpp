// Who hears of a node that is lost or back, and how often.
#include "nodes/node_news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/fact.hpp"

namespace paynamed::nodes {
namespace {

using state::Ternary;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NodeNewsTest : public ::testing::Test {
 protected:
  // A look after the ones before, and what it says: "tenant type".
  std::vector<std::string> next(bool reached) {
    state::NodeLook look;
    look.place = {"node", "https://a:1"};
    look.reachable = reached ? Ternary::kYes : Ternary::kNo;
    if (!reached) look.code = "unreachable";
    look.explanation = "a sentence";
    follow(look, before ? &*before : nullptr);
    std::vector<std::string> said;
    for (const state::NodeNews& each : news_of(look, uses, added, random)) {
      said.push_back(each.tenant + " " + each.event.type);
      told.push_back(each.event.data);
      EXPECT_TRUE(state::read_fact(each.event.type, each.event.version, each.event.data));
    }
    before = look;
    return said;
  }

  std::vector<state::NodeUse> uses{{"default", {"node", "https://a:1"}, 1, 1},
                                   {"none", {"node", "https://a:1"}, 0, 1},
                                   {"elsewhere", {"node", ""}, 1, 1}};
  bool added = true;
  std::vector<std::string> told;  // the data of all events
  base::SeededRandom random{1};
  std::optional<state::NodeLook> before;
};

TEST_F(NodeNewsTest, TwoLooksAreNeededAndEachChangeIsSaidOnceToThoseWithNamesThere) {
  EXPECT_THAT(next(true), IsEmpty());
  EXPECT_THAT(next(false), IsEmpty());
  EXPECT_THAT(next(false), ElementsAre("default node.unreachable"));
  EXPECT_THAT(next(false), IsEmpty());
  EXPECT_THAT(next(true), IsEmpty());
  EXPECT_THAT(next(true), ElementsAre("default node.reachable"));
  EXPECT_THAT(next(true), IsEmpty());
}

TEST_F(NodeNewsTest, OfAConfiguredNodeOnlyTheOperatorHearsWhatThePluginSays) {
  added = false;
  uses.push_back({"shop", {"node", "https://a:1"}, 1, 1});
  next(false);
  EXPECT_THAT(next(false), ElementsAre("default node.unreachable", "shop node.unreachable"));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told[0], HasSubstr("a sentence"));
  EXPECT_THAT(told[1], Not(HasSubstr("a sentence")));
  EXPECT_THAT(told[1], HasSubstr("does not answer"));
}

TEST_F(NodeNewsTest, ANodeThatComesAndGoesIsNotSpokenOf) {
  for (int i = 0; i < 10; ++i) EXPECT_THAT(next(i % 2 == 0), IsEmpty());
}

TEST_F(NodeNewsTest, WhoComesWhileItIsLostHearsTooAndAllHearThatItIsBack) {
  next(false);
  next(false);
  uses.push_back({"late", {"node", "https://a:1"}, 1, 1});
  EXPECT_THAT(next(false), ElementsAre("late node.unreachable"));
  uses.clear();
  next(true);
  EXPECT_THAT(next(true), ElementsAre("default node.reachable", "late node.reachable"));
}

TEST_F(NodeNewsTest, WhatIsKnownOfTheNodeStaysWhileItDoesNotAnswer) {
  next(true);
  before->node_id = "02aa";
  before->seen = base::WallTime{base::Duration{5}};
  next(false);
  EXPECT_EQ(before->node_id, "02aa");
  EXPECT_EQ(before->seen, base::WallTime{base::Duration{5}});
}

}  // namespace
}  // namespace paynamed::nodes
