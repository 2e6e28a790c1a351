#include "config/diagnostic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace paynamed::config {
namespace {

TEST(Nearest, IsTheWordThatWasMeantOrNothing) {
  const std::vector<std::string> words = {"zone", "node", "settle", "retire_after"};
  EXPECT_EQ(nearest("zoen", words), "zone");
  EXPECT_EQ(nearest("retireafter", words), "retire_after");
  EXPECT_EQ(nearest("settel", words), "settle");
  EXPECT_EQ(nearest("quarantine", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest("x", {"y"}), "") << "one letter for another says nothing";
  EXPECT_EQ(nearest(std::string(100'000, 'z'), words), "");
  EXPECT_EQ(nearest("zone", {}), "");
}

TEST(Diagnostics, AreSortedByPlaceAndCountedBeyondWhatIsKept) {
  Diagnostics diagnostics;
  diagnostics.error({5, 1, 0}, "c");
  diagnostics.warning({2, 9, 0}, "b");
  diagnostics.error({2, 3, 0}, "a");
  ASSERT_EQ(diagnostics.sorted().size(), 3U);
  EXPECT_EQ(diagnostics.sorted()[0].message, "a");
  EXPECT_EQ(diagnostics.sorted()[2].message, "c");
  EXPECT_EQ(diagnostics.errors(), 2U);
  EXPECT_EQ(diagnostics.warnings(), 1U);
  for (std::size_t i = 0; i < Diagnostics::kMaxKept; ++i) diagnostics.error({1, 1, 0}, "again");
  EXPECT_EQ(diagnostics.sorted().size(), Diagnostics::kMaxKept);
  EXPECT_EQ(diagnostics.errors(), 2U + Diagnostics::kMaxKept);
  EXPECT_THAT(render(diagnostics, "f", "x\n"), testing::EndsWith("f: and 3 more\n"));
}

struct RenderCase {
  std::string rule;
  std::string source;
  Region region;
  std::string expected;
};

class Render : public testing::TestWithParam<RenderCase> {};

TEST_P(Render, ShowsTheLineAndThePlace) {
  Diagnostics diagnostics;
  diagnostics.error(GetParam().region, "wrong", "do better");
  EXPECT_EQ(render(diagnostics, "f.toml", GetParam().source), GetParam().expected);
}

const std::string kLong(200, 'x');

std::string rule_of(const testing::TestParamInfo<RenderCase>& info) {
  return info.param.rule;
}

INSTANTIATE_TEST_SUITE_P(
    All, Render,
    testing::Values(
        RenderCase{"WholeFile", "a = 1\n", {}, "f.toml: error: wrong\n      = do better\n"},
        RenderCase{"Range",
                   "a = 1\nbb = 22\n",
                   {2, 6, 8},
                   "f.toml:2:6: error: wrong\n    2 | bb = 22\n      |      ^~\n      = do better\n"},
        RenderCase{"OnePlace",
                   "a = 1",
                   {1, 5, 0},
                   "f.toml:1:5: error: wrong\n    1 | a = 1\n      |     ^\n      = do better\n"},
        RenderCase{"EndOfLine",
                   "a =\n",
                   {1, 4, 0},
                   "f.toml:1:4: error: wrong\n    1 | a =\n      |    ^\n      = do better\n"},
        RenderCase{
            "Tabs",
            "\ta\t= 12\n",
            {1, 6, 8},
            "f.toml:1:6: error: wrong\n    1 |     a    = 12\n      |            ^~\n      = do better\n"},
        RenderCase{"Utf8",
                   "\u00e4\u20ac\U0001F600 = 12\n",
                   {1, 13, 15},
                   "f.toml:1:13: error: wrong\n    1 | \u00e4\u20ac\U0001F600 = 12\n      |       ^~\n      "
                   "= do better\n"},
        RenderCase{"TerminalControls",
                   "a\x1b[31m \u202e\x9f = 1\n",
                   {1, 1, 2},
                   "f.toml:1:1: error: wrong\n    1 | a?[31m ?? = 1\n      | ^\n      = do better\n"},
        RenderCase{"CarriageReturn",
                   "a = 1\r\nb = 2\r\n",
                   {1, 5, 6},
                   "f.toml:1:5: error: wrong\n    1 | a = 1\n      |     ^\n      = do better\n"},
        RenderCase{"LineThatIsNotThere",
                   "a = 1\n",
                   {9, 5, 6},
                   "f.toml:9:5: error: wrong\n    9 | \n      | ^\n      = do better\n"},
        RenderCase{"LongLine",
                   kLong + "yz" + kLong,
                   {1, 201, 203},
                   "f.toml:1:201: error: wrong\n    1 | ..." + std::string(80, 'x') + "yz" +
                       std::string(58, 'x') + "...\n      | " + std::string(83, ' ') +
                       "^~\n      = do better\n"},
        RenderCase{
            "SecretByItsKey",
            "tsig = { name = \"k\", secret = \"hunter2\" }\n",
            {1, 8, 0},
            "f.toml:1:8: error: wrong\n    1 | tsig = { name = \"k\", secret = [hidden]\n      |        ^\n"
            "      = do better\n"},
        RenderCase{"SecretBeforeThePlace",
                   "x = { token = \"hunter2\", b = 1 }\n",
                   {1, 26, 27},
                   "f.toml:1:26: error: wrong\n    1 | x = { token = [hidden]\n      |               ^\n     "
                   " = do better\n"},
        RenderCase{
            "ReferenceToASecretIsNone",
            "key = { env = \"NAME\" }\n",
            {1, 1, 4},
            "f.toml:1:1: error: wrong\n    1 | key = { env = \"NAME\" }\n      | ^~~\n      = do better\n"}),
    rule_of);

TEST(Render, HidesWhatASecretErrorPointsAtInAllMistakesOfTheLine) {
  Diagnostics diagnostics;
  diagnostics.secret_error({1, 9, 0}, "no secrets here");
  diagnostics.error({1, 1, 2}, "and another");
  diagnostics.error({1, 14, 16}, "and one behind it");
  const std::string source = "a = [1, 'hunter2', 'swordfish']\n";
  EXPECT_THAT(render(diagnostics, "f", source), testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(render(diagnostics, "f", source), testing::Not(testing::HasSubstr("swordfish")));
  EXPECT_THAT(render(diagnostics, "f", source), testing::HasSubstr("    1 | a = [1, [hidden]\n      | ^\n"));
}

TEST(RenderJson, SaysAllThatTheTextSaysButNoSource) {
  Diagnostics diagnostics;
  diagnostics.error({2, 3, 5}, "wrong \"x\"", "right");
  diagnostics.warning({}, "odd");
  const boost::json::value value = boost::json::parse(render_json(diagnostics, "f.toml"));
  EXPECT_EQ(value, boost::json::parse(R"({"file": "f.toml", "errors": 1, "warnings": 1, "diagnostics": [
    {"severity": "warning", "line": 0, "column": 0, "end_column": 0, "message": "odd", "suggestion": ""},
    {"severity": "error", "line": 2, "column": 3, "end_column": 5, "message": "wrong \"x\"", "suggestion": "right"}
  ]})"));
}

}  // namespace
}  // namespace paynamed::config
