// Command lines against a daemon that answers from a list.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/ctl/command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kAccepted =
    R"({"run":"r1","name":"alice@example.test","state":"running","reason":null,"warnings":["w1"]})";

std::string run_json(const std::string& state, const std::string& step_state,
                     const std::string& reason = {}) {
  return R"({"id":"r1","verb":"register","name":"alice@example.test","state":")" + state + R"(","reason":)" +
         (reason.empty() ? "null" : "\"" + reason + "\"") +
         R"(,"steps":[{"id":"publish","kind":"dns.publish","state":")" + step_state +
         R"(","started":"2026-11-23T12:00:00.000Z","finished":"2026-11-23T12:00:00.500Z","message":"ns1 has it"}]})";
}

TEST_F(CommandTest, RegisterFollowDrawsTheTimelineAndSaysWhatTheNameIs) {
  script.reply(202, kAccepted);
  script.reply(200, run_json("running", "running"));
  script.reply(200, run_json("completed", "done"));
  script.reply(200, R"({"name":"alice@example.test","state":"live"})");
  EXPECT_EQ(run({"register", "alice@example.test", "--owner", "o1", "--follow"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("POST /v1/names", "GET /v1/runs/r1", "GET /v1/runs/r1",
                                          "GET /v1/names/alice@example.test"));
  EXPECT_EQ(script.calls[0].body, R"({"name":"alice@example.test","owner":"o1"})");
  EXPECT_THAT(out, HasSubstr("✓ TXT record published     0.5 s    ns1 has it\n"));
  EXPECT_THAT(out, ::testing::EndsWith("alice@example.test is live\n"));
  EXPECT_THAT(err, HasSubstr("note: w1"));
  EXPECT_EQ(pauses.size(), 1U);
}

TEST_F(CommandTest, ARunThatEndsOtherwiseExits4) {
  struct Case {
    std::string state;
    std::string says;
  };
  for (const Case& c : std::vector<Case>{{"paused", "paynamectl runs resume r1"},
                                         {"compensated", "undone: the zone is not secure"}}) {
    script.reply(202, kAccepted);
    script.reply(200, run_json(c.state, "failed", "the zone is not secure"));
    EXPECT_EQ(run({"register", "alice@example.test", "-f"}), 4);
    EXPECT_THAT(out, HasSubstr(c.says));
  }
}

TEST_F(CommandTest, WaitAsksTheDaemonToWait) {
  script.reply(201, R"({"run":"r1","name":"alice@example.test","state":"completed","warnings":[]})");
  script.reply(200, R"({"name":"alice@example.test","state":"live"})");
  EXPECT_EQ(run({"register", "alice@example.test", "--wait", "10"}), 0) << err;
  EXPECT_THAT(script.calls[0].headers, ElementsAre(std::pair<std::string, std::string>{"Prefer", "wait=10"}));
  EXPECT_GT(script.calls[0].timeout, std::chrono::seconds{10});
  EXPECT_EQ(out, "alice@example.test is live\n");
}

TEST_F(CommandTest, BulkIsSaid) {
  script.reply(202, kAccepted);
  EXPECT_EQ(run({"register", "alice@example.test", "--bulk"}), 0) << err;
  EXPECT_EQ(script.calls[0].body, R"({"name":"alice@example.test","priority":"bulk"})");
}

TEST_F(CommandTest, SourcesAreOneOfThree) {
  struct Case {
    std::vector<std::string> options;
    std::string body;
  };
  for (const Case& c :
       std::vector<Case>{{{"--offer", "lno1x"}, R"({"offer":"lno1x"})"},
                         {{"--uri", "bitcoin:?lno=x"}, R"({"uri":"bitcoin:?lno=x"})"},
                         {{"--node"}, R"({"node":true})"},
                         {{"--node", "n1"}, R"({"node":"n1"})"},
                         {{"--node", "--instance", "node2"}, R"({"node":true,"instance":"node2"})"}}) {
    script.reply(202, kAccepted);
    std::vector<std::string> arguments{"source", "alice@example.test"};
    arguments.insert(arguments.end(), c.options.begin(), c.options.end());
    EXPECT_EQ(run(arguments), 0) << err;
    EXPECT_THAT(script.lines(), ElementsAre("PUT /v1/names/alice@example.test/source"));
    EXPECT_EQ(script.calls[0].body, c.body);
  }
  EXPECT_EQ(run({"source", "alice@example.test"}), 2);
  EXPECT_EQ(run({"source", "alice@example.test", "--offer", "x", "--uri", "y"}), 2);
  EXPECT_EQ(run({"source", "alice@example.test", "--offer", "x", "--instance", "node2"}), 2);
  EXPECT_THAT(script.calls, IsEmpty());
}

TEST_F(CommandTest, ANameWithoutADomainIsCompletedWhenThereIsNoDoubt) {
  script.reply(200, R"({"items":[{"name":"example.test"}]})");
  script.reply(202, kAccepted);
  EXPECT_EQ(run({"rm", "alice"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/domains", "DELETE /v1/names/alice@example.test"));

  script.reply(202, kAccepted);
  EXPECT_EQ(run({"rotate", "alice", "--domain", "example.org"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("POST /v1/names/alice@example.org/rotate"));

  script.reply(202, kAccepted);
  EXPECT_EQ(run({"repair", "alice@example.org"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("POST /v1/names/alice@example.org/repair"));

  for (const auto* domains :
       {R"({"items":[]})", R"({"items":[{"name":"a.test"},{"name":"b.test"}]})", "[]"}) {
    script.reply(200, domains);
    EXPECT_EQ(run({"register", "alice"}), 2);
    EXPECT_THAT(err, HasSubstr("--domain"));
    EXPECT_EQ(script.calls.size(), 1U) << "nothing may be registered on a guess";
  }
}

TEST_F(CommandTest, RefusalsAreSentencesWithTheirCorrelationId) {
  script.reply(409, R"({"detail":"the name has an open run","run":"r9","correlation_id":"c1"})");
  EXPECT_EQ(run({"register", "alice@example.test"}), 1);
  EXPECT_EQ(err, "paynamectl: the name has an open run\nopen run: r9\ncorrelation id: c1\n");
  EXPECT_EQ(out, "");
  script.reply(409, R"({"detail":"the name has an open run"})");
  EXPECT_EQ(run({"register", "alice@example.test", "--json"}), 1);
  EXPECT_EQ(out, "{\"detail\":\"the name has an open run\"}\n");
  script.reply(502, "<html>");
  EXPECT_EQ(run({"show", "alice@example.test"}), 1);
  EXPECT_THAT(err, HasSubstr("502"));
}

TEST_F(CommandTest, NoAnswerExits3) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"health"},
                                             {"names"},
                                             {"register", "alice"},
                                             {"register", "a@b.test"},
                                             {"events"},
                                             {"runs"},
                                             {"plugins"}}) {
    EXPECT_EQ(run(arguments), 3) << arguments[0];
    EXPECT_THAT(err, HasSubstr("cannot reach the daemon"));
  }
}

TEST_F(CommandTest, ListsAreReadOverAllTheirPages) {
  script.reply(
      200,
      R"({"items":[{"name":"a@example.test","state":"live","source":{"kind":"node","instance":"n"}}],"next":"c/1"})");
  script.reply(200, R"({"items":[{"name":"b@example.test","state":"published"}],"next":null})");
  EXPECT_EQ(run({"names", "--state", "live"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/names?&state=live&limit=100",
                                          "GET /v1/names?&state=live&limit=99&cursor=c%2F1"));
  EXPECT_THAT(out, HasSubstr("NAME            STATE      SOURCE"));
  EXPECT_THAT(out, HasSubstr("a@example.test  live       node n"));
  EXPECT_THAT(out, HasSubstr("b@example.test  published"));

  script.reply(200, R"({"items":[{"id":"r1"},{"id":"r2"}],"next":"x"})");
  EXPECT_EQ(run({"runs", "--limit", "2", "--json"}), 0) << err;
  EXPECT_EQ(out, "{\"items\":[{\"id\":\"r1\"},{\"id\":\"r2\"}],\"more\":true}\n");
}

TEST_F(CommandTest, RunsAreShownResumedAndCancelled) {
  script.reply(200, run_json("paused", "failed", "the key is wrong"));
  EXPECT_EQ(run({"runs", "show", "r1"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("reason: the key is wrong"));
  EXPECT_THAT(out, HasSubstr("⏸ TXT record published"));
  script.reply(202, run_json("running", "running"));
  EXPECT_EQ(run({"runs", "resume", "r1"}), 0) << err;
  script.reply(202, run_json("compensating", "undoing"));
  script.reply(200, run_json("compensated", "undone", "cancelled"));
  EXPECT_EQ(run({"runs", "cancel", "r1", "--follow"}), 4) << err;
  EXPECT_THAT(script.lines(), ElementsAre("POST /v1/runs/r1/cancel", "GET /v1/runs/r1"));
}

TEST_F(CommandTest, EventsAreFollowedFromWhereTheListEnded) {
  const std::string event =
      R"({"position":"1-1","time":"t","type":"name.live","subject":"alice@example.test","data":{}})";
  script.reply(200, R"({"items":[)" + event + R"(],"next":"1-1"})");
  script.reply(200, R"({"items":[],"next":"1-1"})");
  script.reply(200, R"({"items":[],"next":"1-1"})");
  EXPECT_EQ(run({"events", "--follow"}), 3) << "the script is over";
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/events?limit=1000", "GET /v1/events?limit=1000&after=1-1",
                                          "GET /v1/events?limit=1000&after=1-1&wait=30",
                                          "GET /v1/events?limit=1000&after=1-1&wait=30"));
  EXPECT_THAT(out, HasSubstr("name.live          alice@example.test"));
  EXPECT_THAT(err, HasSubstr("--after 1-1"));
}

TEST_F(CommandTest, HealthTellsTheParts) {
  script.reply(200, R"({"ready":true,"parts":[{"name":"store","ready":true,"message":null}]})");
  EXPECT_EQ(run({"health"}), 0);
  EXPECT_THAT(out, ::testing::StartsWith("ready\n"));
  script.reply(503, R"({"ready":false,"parts":[{"name":"zone","ready":false,"message":"it is blocked"}]})");
  EXPECT_EQ(run({"health"}), 1);
  EXPECT_THAT(out, HasSubstr("zone  no     it is blocked"));
}

TEST_F(CommandTest, CommandLinesThatAreWrongExit2) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"regster"},
                                             {"register"},
                                             {"register", "a@b.test", "--key", "secret"},
                                             {"names", "--limit", "0"},
                                             {"register", "a@b.test", "--wait", "61"},
                                             {"register", "a@b.test", "--wait", "5", "--follow"},
                                             {"--url", "nonsense", "health"},
                                             {"--url", "http://192.0.2.1", "health"},
                                             {"--key-file", "/nonexistent/key", "health"},
                                             {"runs", "show"}}) {
    EXPECT_EQ(run(arguments), 2);
    EXPECT_THAT(err, HasSubstr("paynamectl: "));
    EXPECT_THAT(script.calls, IsEmpty());
  }
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out, HasSubstr("Exit status:"));
}

TEST_F(CommandTest, TheKeyComesFromItsFile) {
  const auto file = std::filesystem::path{::testing::TempDir()} / ("key-" + std::to_string(getpid()));
  {
    std::ofstream stream{file};
    stream << "the-key\n";
  }
  script.reply(200, R"({"items":[],"next":null})");
  EXPECT_EQ(run({"names", "--key-file", file.string()}), 0) << err;
  EXPECT_EQ(script.key, "the-key");
  EXPECT_EQ(out, "no names\n");
  {
    std::ofstream stream{file};
    stream << "two words\nand lines\n";
  }
  EXPECT_EQ(run({"names", "--key-file", file.string()}), 2);
  EXPECT_THAT(err, ::testing::Not(HasSubstr("two words"))) << "the file's content may be a secret";
  std::filesystem::remove(file);
}

TEST_F(CommandTest, ReloadShowsWhatCameOfIt) {
  script.reply(200,
               R"({"outcome":"applied","text":"~ log.level: info -> debug\napplied as generation 2\n"})");
  EXPECT_EQ(run({"reload"}), 0);
  EXPECT_EQ(script.lines(), std::vector<std::string>{"POST /v1/reload"});
  EXPECT_EQ(out, "~ log.level: info -> debug\napplied as generation 2\n");

  script.reply(422, R"({"detail":"it has a mistake","text":"p.toml:1:1: error: no\nrefused\u001b[2J\n"})");
  EXPECT_EQ(run({"reload", "--check"}), 1);
  EXPECT_EQ(script.lines(), std::vector<std::string>{"POST /v1/reload?check=true"});
  EXPECT_EQ(out, "");
  EXPECT_TRUE(err.starts_with("p.toml:1:1: error: no\nrefused")) << err;
  EXPECT_EQ(err.find('\x1b'), err.npos) << "what the daemon says must not move the cursor";

  script.reply(403, R"({"detail":"only keys of the tenant 'default'"})");
  EXPECT_EQ(run({"reload"}), 1);
  EXPECT_EQ(err, "paynamectl: only keys of the tenant 'default'\n");
  EXPECT_EQ(run({"reload"}), 3);
}

}  // namespace
}  // namespace paynamed::ctl
