#include "ctl/timeline.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

const Style kPlain{false, false, 0};
const Style kTerminal{false, true, 60};

json::object run(const std::string& state, const std::string& steps) {
  return json::parse(R"({"id":"r1","verb":"register","name":"alice@example.test","state":")" + state +
                     R"(","reason":null,"accepted":"2026-11-23T12:00:00.000Z","steps":[)" + steps + "]}")
      .as_object();
}

std::string step(const std::string& kind, const std::string& state, const std::string& message = {},
                 const std::string& finished = "null") {
  const bool begun = state != "pending";
  return R"({"id":")" + kind + R"(-id","kind":")" + kind + R"(","state":")" + state + R"(","started":)" +
         (begun ? "\"2026-11-23T12:00:00.000Z\"" : "null") + R"(,"finished":)" + finished + R"(,"message":)" +
         (message.empty() ? "null" : "\"" + message + "\"") + "}";
}

base::WallTime at(int seconds) {
  return *base::from_rfc3339("2026-11-23T12:00:00.000Z") + std::chrono::seconds{seconds};
}

TEST(Timeline, EveryStateHasItsMark) {
  struct Case {
    std::string run_state;
    std::string step_state;
    std::string mark;
  };
  for (const Case& c : std::vector<Case>{{"running", "pending", "·"},
                                         {"running", "running", "…"},
                                         {"running", "waiting", "…"},
                                         {"running", "done", "✓"},
                                         {"running", "skipped", "-"},
                                         {"running", "failed", "✗"},
                                         {"compensating", "undoing", "↩"},
                                         {"compensated", "undone", "↩"},
                                         {"paused", "waiting", "⏸"},
                                         {"paused", "failed", "⏸"},
                                         {"paused", "done", "✓"},
                                         {"running", "something new", "?"}}) {
    const auto lines = timeline_lines(run(c.run_state, step("dns.publish", c.step_state)), at(1), kPlain);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with(c.mark + " TXT record published")) << lines[0];
  }
}

TEST(Timeline, ALineHasWordsTimeAndMessage) {
  const auto lines =
      timeline_lines(run("running", step("domain.check", "done", {}, R"("2026-11-23T12:00:00.240Z")") + "," +
                                        step("dns.await", "waiting", "1 of 2 servers has it: 192.0.2.1") +
                                        "," + step("event.emit", "pending")),
                     at(12), kPlain);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "✓ domain secure            0.2 s");
  EXPECT_EQ(lines[1], "… on every server          12.0 s   1 of 2 servers has it: 192.0.2.1");
  EXPECT_EQ(lines[2], "· event");
}

TEST(Timeline, LinesFitTheTerminalAndCarryNoControlCharacters) {
  const auto lines =
      timeline_lines(run("running", step("dns.await", "waiting", "\\u001b[2J" + std::string(200, 'x'))),
                     at(1), Style{false, true, 40});
  EXPECT_LT(columns_of(lines[0]), 40U);
  EXPECT_EQ(lines[0].find('\x1b'), std::string::npos);
}

TEST(Timeline, AnswersOfAnotherShapeDoNotHarm) {
  for (const auto* text :
       {"{}", R"({"steps":7})", R"({"steps":[1,null,{}]})", R"({"steps":[{"state":[],"started":"x"}]})"}) {
    const json::object object = json::parse(text).as_object();
    EXPECT_FALSE(timeline_text(object, at(0), kPlain).empty());
    Follower follower{kPlain};
    follower.update(object, at(0));
  }
}

TEST(Follower, WritesALineOnlyWhenAStepHasNews) {
  Follower follower{kPlain};
  EXPECT_EQ(follower.update(
                run("running", step("domain.check", "running") + "," + step("dns.await", "pending")), at(0)),
            "");
  const std::string checked = step("domain.check", "done", {}, R"("2026-11-23T12:00:00.240Z")");
  EXPECT_EQ(follower.update(run("running", checked + "," + step("dns.await", "waiting", "0 of 2")), at(1)),
            "✓ domain secure            0.2 s\n… on every server          1.0 s    0 of 2\n");
  EXPECT_EQ(follower.update(run("running", checked + "," + step("dns.await", "waiting", "0 of 2")), at(2)),
            "");
  EXPECT_EQ(follower.update(run("running", checked + "," + step("dns.await", "waiting", "1 of 2")), at(3)),
            "… on every server          3.0 s    1 of 2\n");
  EXPECT_EQ(follower.update(run("paused", checked + "," + step("dns.await", "waiting", "1 of 2")), at(4)),
            "⏸ on every server          4.0 s    1 of 2\n");
}

TEST(Follower, RedrawsATerminalInPlace) {
  Follower follower{kTerminal};
  const auto two = [](const std::string& first) {
    return run("running", step("domain.check", first) + "," + step("dns.await", "pending"));
  };
  const std::string drawn = follower.update(two("running"), at(0));
  EXPECT_EQ(drawn.find('\x1b'), std::string::npos);
  EXPECT_EQ(follower.update(two("running"), at(0)), "") << "nothing has changed";
  EXPECT_TRUE(follower.update(two("done"), at(1)).starts_with("\x1b[2A\x1b[J"));
}

TEST(IsSettled, IsWhenNothingComesByItself) {
  for (const auto* over : {"completed", "compensated", "paused"})
    EXPECT_TRUE(is_settled(run(over, ""))) << over;
  for (const auto* open : {"running", "compensating"}) EXPECT_FALSE(is_settled(run(open, ""))) << open;
}

}  // namespace
}  // namespace paynamed::ctl
