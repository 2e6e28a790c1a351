// What is asked and shown about a move.
#include <gmock/gmock.h>

#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string move_in(const std::string& phase, const std::string& more = "") {
  return R"({"domain":"a.test","from":"zone","to":"zone2","phase":")" + phase +
         R"(","names":{"done":1,"total":2},"next":"do this")" + more + "}";
}

TEST_F(CommandTest, ADryRunShowsThePlan) {
  const std::string plan =
      R"({"domain":"a.test","from":"zone","to":"zone2","names":{"total":2},"to_names":["ns.b.test."],)"
      R"("sets_compared":3,"drain_seconds":60,"drain_because":"the NS set at the parent",)";
  script.reply(200, plan + R"("can_start":true,"problems":[]})");
  EXPECT_EQ(
      run({"domains", "move", "a.test", "--to", "zone2", "--dry-run", "--accept", "www.a.test/A,unlisted"}),
      0)
      << err;
  EXPECT_THAT(script.lines(), ElementsAre(HasSubstr("POST /v1/domains/a.test/moves")));
  EXPECT_THAT(out, HasSubstr("2 names of a.test would move from 'zone' to 'zone2'\n"));
  EXPECT_THAT(out, HasSubstr("NS to be        ns.b.test.\n"));
  EXPECT_THAT(out, HasSubstr("it waits 60 s: the NS set at the parent\n"));
  script.reply(200, plan + R"("can_start":false,"problems":["www differs"]})");
  EXPECT_EQ(run({"domains", "move", "a.test", "--to", "zone2", "--dry-run"}), 1);
  EXPECT_THAT(out, HasSubstr("to mend         www differs\n"));
}

TEST_F(CommandTest, AMoveIsFollowedToItsEnd) {
  script.reply(202, move_in("planned"));
  script.reply(200, move_in("copying"));
  script.reply(200, move_in("finished"));
  EXPECT_EQ(run({"domains", "move", "a.test", "--to", "zone2", "--follow"}), 0) << err;
  EXPECT_EQ(out, "copying     1/2 names  do this\nfinished    1/2 names  do this\n");
}

TEST_F(CommandTest, APausedMoveSaysWhatToMend) {
  script.reply(200, move_in("copying", R"(,"paused":"mend it","problems":["alice"])"));
  EXPECT_EQ(run({"domains", "move", "a.test"}), 4) << err;
  EXPECT_THAT(out, HasSubstr("to mend         alice\n"));
}

TEST_F(CommandTest, WithJsonAMoveEndsWithTheSame) {
  const std::string plan = R"({"domain":"a.test","names":{"total":2},)";
  script.reply(200, plan + R"("can_start":true})");
  EXPECT_EQ(run({"--json", "domains", "move", "a.test", "--to", "zone2", "--dry-run"}), 0) << err;
  script.reply(200, plan + R"("can_start":false})");
  EXPECT_EQ(run({"--json", "domains", "move", "a.test", "--to", "zone2", "--dry-run"}), 1);
  EXPECT_THAT(out, HasSubstr("\"can_start\":false"));
  script.reply(200, move_in("copying", R"(,"paused":"mend it")"));
  EXPECT_EQ(run({"--json", "domains", "move", "a.test"}), 4);
}

TEST_F(CommandTest, AMoveThatIsFollowedHasToEndAsItWasMeant) {
  script.reply(202, move_in("copying"));
  script.reply(200, move_in("undone"));
  EXPECT_EQ(run({"domains", "move", "a.test", "--to", "zone2", "--follow"}), 4);
  script.reply(202, move_in("undoing"));
  script.reply(200, move_in("undone"));
  EXPECT_EQ(run({"domains", "move", "a.test", "--undo", "--follow"}), 0) << err;
}

TEST_F(CommandTest, DecisionsAboutAMoveExcludeEachOther) {
  script.reply(202, move_in("copying"));
  EXPECT_EQ(run({"domains", "move", "a.test", "--resume"}), 0) << err;
  script.reply(202, move_in("undoing"));
  EXPECT_EQ(run({"domains", "move", "a.test", "--undo"}), 0) << err;
  EXPECT_EQ(run({"domains", "move", "a.test", "--undo", "--resume"}), 2);
  EXPECT_EQ(run({"domains", "move", "a.test", "--dry-run"}), 2);
  EXPECT_EQ(run({"domains", "move"}), 2);
}

}  // namespace
}  // namespace paynamed::ctl
