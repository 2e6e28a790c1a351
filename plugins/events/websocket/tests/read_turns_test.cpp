// Who reads old events next, and how many do at once.
#include "read_turns.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace paynamed::websocket {
namespace {

struct ReadTurnsTest : ::testing::Test {
  void ask(const std::string& tenant, int client, const std::string& name, bool wanted = true) {
    turns.begin(tenant, &clients[client], [this, name, wanted] {
      if (wanted) begun.push_back(name);
      return wanted;
    });
  }
  ReadTurns turns{2};
  int clients[3] = {};
  std::vector<std::string> begun;
};

TEST_F(ReadTurnsTest, OnlySoManyAreUnderWay) {
  for (const char* name : {"1", "2", "3", "4"}) ask("a", 0, name);
  EXPECT_EQ(begun, (std::vector<std::string>{"1", "2"}));
  turns.ended();
  EXPECT_EQ(begun.size(), 3U);
  turns.ended();
  turns.ended();
  turns.ended();
  EXPECT_EQ(begun, (std::vector<std::string>{"1", "2", "3", "4"}));
  ask("a", 0, "5");
  EXPECT_EQ(begun.size(), 5U);
}

TEST_F(ReadTurnsTest, TenantsTakeTurnsAndTheirClientsDo) {
  ask("a", 0, "busy 1");
  ask("a", 0, "busy 2");
  for (const char* name : {"a0 1", "a0 2", "a0 3"}) ask("a", 0, name);
  ask("a", 1, "a1 1");
  ask("b", 2, "b 1");
  ask("b", 2, "b 2");
  for (int i = 0; i < 6; ++i) turns.ended();
  EXPECT_EQ(begun,
            (std::vector<std::string>{"busy 1", "busy 2", "a0 1", "b 1", "a1 1", "b 2", "a0 2", "a0 3"}));
}

TEST_F(ReadTurnsTest, WhoseClientHasGoneCostsNoTurn) {
  ask("a", 0, "1");
  ask("a", 0, "2");
  ask("a", 0, "gone", false);
  ask("a", 0, "3");
  turns.ended();
  EXPECT_EQ(begun, (std::vector<std::string>{"1", "2", "3"}));
}

}  // namespace
}  // namespace paynamed::websocket
