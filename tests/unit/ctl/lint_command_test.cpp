// What the lint shows and ends with.
#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kSpoilt =
    R"({"name":"alice@example.test","value":"bitcoin:?lno=x","all_can_pay":false,)"
    R"("findings":[{"code":"alias","severity":"warning","message":"an alias leads to bob, and some stop at it; )"
    R"(put the record at the name itself"},{"code":"ttl","severity":"note","message":"the TTL is short"}],)"
    R"("wallets":[{"family":"LDK","usable":"yes","why":null},)"
    R"({"family":"Phoenix","usable":"no","why":"an alias stands in the way"},)"
    R"({"family":"Zeus","usable":"unknown","why":"older versions stop at it"}]})";
const std::string kGood =
    R"({"name":"alice@example.test","value":"bitcoin:?lno=x","all_can_pay":true,"findings":[],)"
    R"("wallets":[{"family":"LDK","usable":"yes","why":null}]})";

TEST_F(CommandTest, LintShowsWalletsAndFindingsAndExitsOneUnlessAllCanPay) {
  style.width = 40;
  script.reply(200, kSpoilt);
  EXPECT_EQ(run({"lint", "alice@example.test"}), 1) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/names/alice@example.test/lint"));
  EXPECT_EQ(
      out,
      "WALLET   CAN PAY  WHY NOT\n"
      "LDK      yes\n"
      "Phoenix  no       an alias stands in the way\n"
      "Zeus     unknown  older versions stop at it\n"
      "\n"
      "FINDING  KIND     MEANING\n"
      "alias    warning  an alias leads to bob, and some stop at it; put the record at the name itself\n"
      "ttl      note     the TTL is short\n");
  EXPECT_THAT(err, IsEmpty());
}

TEST_F(CommandTest, LintExitsZeroWhenAllCanPay) {
  script.reply(200, kGood);
  EXPECT_EQ(run({"lint", "alice@example.test"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("LDK"));
  EXPECT_THAT(out, Not(HasSubstr("FINDING")));
}

TEST_F(CommandTest, LintInJsonIsTheAnswerWithTheSameExit) {
  for (const auto& [body, exit] : std::vector<std::pair<std::string, int>>{{kSpoilt, 1}, {kGood, 0}}) {
    script.reply(200, body);
    EXPECT_EQ(run({"lint", "alice@example.test", "--json"}), exit);
    EXPECT_EQ(out, body + "\n");
  }
}

TEST_F(CommandTest, LintPaintsVerdicts) {
  style.colours = true;
  script.reply(200, kSpoilt);
  run({"lint", "alice@example.test"});
  EXPECT_THAT(out, HasSubstr("\x1b[32myes"));
  EXPECT_THAT(out, HasSubstr("\x1b[31mno"));
  EXPECT_THAT(out, HasSubstr("\x1b[33munknown"));
}

TEST_F(CommandTest, LintOfANameThatIsNotProvenSaysSo) {
  script.reply(409, R"({"title":"Conflict","status":409,"detail":"alice is not proven; look at its run"})");
  EXPECT_EQ(run({"lint", "alice@example.test"}), 1);
  EXPECT_THAT(err, HasSubstr("is not proven"));
  EXPECT_THAT(out, IsEmpty());
}

}  // namespace
}  // namespace paynamed::ctl
