#include "ctl/terminal.hpp"

#include <gtest/gtest.h>

namespace paynamed::ctl {
namespace {

TEST(Printable, LetsNothingSteerTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a?[2Jb??");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "?31m")
      << "U+009B begins a control sequence too";
  EXPECT_EQ(printable("₿alice é"), "₿alice é");
}

TEST(Cut, CountsCodePointsAndShowsThatSomethingIsMissing) {
  EXPECT_EQ(cut("alice", 5), "alice");
  EXPECT_EQ(cut("alice", 4), "ali…");
  EXPECT_EQ(cut("₿₿₿₿", 3), "₿₿…");
  EXPECT_EQ(cut("alice", 1), "…");
  EXPECT_EQ(cut("alice", 0), "");
}

TEST(Table, AlignsColumnsWithoutTrailingSpaces) {
  Table table{{"NAME", "STATE"}};
  table.add({{"alice@example.com"}, {"live"}});
  table.add({{"₿b@example.com"}, {"quarantined"}});
  table.add({{"c"}});
  EXPECT_EQ(table.render(Style{false, false, 0}),
            "NAME               STATE\n"
            "alice@example.com  live\n"
            "₿b@example.com     quarantined\n"
            "c\n");
}

TEST(Table, CutsItsLastColumnAtTheTerminalsEdge) {
  Table table{{"A", "MESSAGE"}};
  table.add({{"x"}, {"a message that is much too long"}});
  EXPECT_EQ(table.render(Style{false, false, 20}),
            "A  MESSAGE\n"
            "x  a message that i…\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table{{"STATE", "B"}};
  table.add({{"ok", Colour::kGreen}, {"b"}});
  EXPECT_EQ(table.render(Style{true, true, 0}),
            "\x1b[2mSTATE\x1b[0m  \x1b[2mB\x1b[0m\n\x1b[32mok\x1b[0m     b\n");
}

}  // namespace
}  // namespace paynamed::ctl
