// How the daemon starts, stops and starts again.
#include <fmt/format.h>
#include <sqlite3.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Lifecycle : public LabTest {};

TEST_F(Lifecycle, StopsWhileARunWaitsAndGoesOnWithItAfterwards) {
  Parts parts;
  parts.pipelines = register_pipeline({}, "args = { poll = \"200ms\" }\ndeadline = \"20s\"");
  Scene scene{lab(), parts};
  scene.daemon().start();
  const std::string run = scene.begin_registration("alice@halfdown.test");
  scene.run_when(run,
                 [&](const json::object&) { return text(scene.step(run, "await"), "state") == "waiting"; });
  const std::string value = text(scene.get("/v1/names/alice@halfdown.test"), "value");
  EXPECT_EQ(scene.daemon().terminate(std::chrono::seconds{10}), 0);

  // With a pipeline that would give up at once: the run keeps the one that it began with.
  parts.pipelines =
      register_pipeline({}, "deadline = \"1s\"\ntimeout = \"1s\"\non_exhausted = \"compensate\"");
  scene.write_config(parts);
  scene.daemon().start();
  const json::object step = scene.step(run, "await");
  EXPECT_THAT(text(step, "message"), HasSubstr(lab().dead_address())) << "what it waits for was forgotten";
  EXPECT_EQ(text(scene.run(run), "state"), "running");
  EXPECT_EQ(txt_at(lab(), "127.0.0.1", "alice@halfdown.test"), std::vector<std::string>{value});
  EXPECT_EQ(scene.send("POST", "/v1/runs/" + run + "/cancel").status, 202);
  scene.run_when(run, "compensated");
}

TEST_F(Lifecycle, KeepsEverythingOverAKill) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("bob@example.test", "bob").status, 201);
  const json::object before = scene.get("/v1/names/bob@example.test");
  const auto events = scene.events();
  scene.daemon().kill();
  scene.daemon().start();
  EXPECT_EQ(scene.get("/v1/names/bob@example.test"), before);
  EXPECT_EQ(scene.events(), events);
}

TEST_F(Lifecycle, AnswersAWaitingCallerWhenItStops) {
  Scene scene{lab()};
  scene.daemon().start();
  fakes::HttpReply reply;
  std::jthread caller{[&] {
    reply = scene.send("POST", "/v1/names", R"({"name":"carol@halfdown.test"})", {{"Prefer", "wait=60"}});
  }};
  const auto runs = [&] { return scene.get("/v1/runs").at("items").as_array(); };
  for (int i = 0; i < 200 && runs().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  ASSERT_EQ(runs().size(), 1U);
  const std::string run = text(runs()[0].as_object(), "id");
  EXPECT_EQ(scene.daemon().terminate(std::chrono::seconds{10}), 0);
  caller.join();
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(text(reply.json().as_object(), "run"), run);
}

class StateFile : public LabTest {
 protected:
  // The exit code and the log of a daemon that must not start.
  static std::pair<int, std::string> refusal(const Scene& scene) {
    const auto ended =
        fakes::run_program({PAYNAMED_PROGRAM, "run", "--config", scene.config_file().string()});
    return {ended.exit_code, ended.output + ended.errors};
  }
};

TEST_F(StateFile, IsForOneDaemonAtATime) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto [code, log] = refusal(scene);
  EXPECT_EQ(code, 75) << log;
  EXPECT_THAT(log, HasSubstr("used by another paynamed"));
  EXPECT_THAT(log, HasSubstr(std::to_string(scene.daemon().pid())));
  EXPECT_EQ(scene.send("GET", "/readyz").status, 200) << "the first one is not disturbed";
}

TEST_F(StateFile, WithAnInstanceThatTheConfigurationLacksIsRefused) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("dora@example.test").status, 201);
  ASSERT_EQ(scene.daemon().terminate(), 0);
  std::string config = read_file(scene.config_file());
  config.replace(config.find("[plugins.zone]"), 14, "[plugins.other]");
  for (std::size_t at = config.find("dns = \"zone\""); at != config.npos; at = config.find("dns = \"zone\""))
    config.replace(at, 12, "dns = \"other\"");
  write_file(scene.config_file(), config);
  const auto [code, log] = refusal(scene);
  EXPECT_EQ(code, 78) << log;
  EXPECT_THAT(log, HasSubstr("[plugins.zone]"));
  EXPECT_THAT(log, HasSubstr("1 names"));
}

TEST_F(StateFile, OfANewerPaynamedIsRefusedAndUnchanged) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.daemon().terminate(), 0);
  const std::string state = (scene.folder() / "state.sqlite3").string();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(state.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version = 9999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const std::string before = read_file(state);
  const auto [code, log] = refusal(scene);
  EXPECT_EQ(code, 75) << log;
  EXPECT_THAT(log, HasSubstr("newer"));
  EXPECT_TRUE(read_file(state) == before) << "the file was written to";
}

TEST_F(StateFile, ThatIsNoneIsRefusedAndUnchanged) {
  Scene scene{lab()};
  write_file(scene.folder() / "state.sqlite3", "my diary");
  const auto [code, log] = refusal(scene);
  EXPECT_EQ(code, 75) << log;
  EXPECT_THAT(log, HasSubstr("state.sqlite3"));
  EXPECT_EQ(read_file(scene.folder() / "state.sqlite3"), "my diary");
}

TEST_F(Lifecycle, DoesNotStartOnAPortThatIsTaken) {
  Scene first{lab()};
  first.daemon().start();
  Parts parts;
  parts.listen = fmt::format("127.0.0.1:{}", first.daemon().port());
  Scene second{lab(), parts};
  second.daemon().launch();
  EXPECT_EQ(second.daemon().wait(), 69) << second.daemon().log();
  EXPECT_THAT(second.daemon().log(), HasSubstr(parts.listen));
}

TEST_F(Lifecycle, CommandLineMistakesAreOfTheCommandLine) {
  EXPECT_EQ(fakes::run_program({PAYNAMED_PROGRAM}).exit_code, 64);
  EXPECT_EQ(fakes::run_program({PAYNAMED_PROGRAM, "serve"}).exit_code, 64);
  EXPECT_EQ(fakes::run_program({PAYNAMED_PROGRAM, "--version"}).exit_code, 0);
  const auto missing = fakes::run_program({PAYNAMED_PROGRAM, "run", "--config", "/nowhere/paynamed.toml"});
  EXPECT_EQ(missing.exit_code, 78);
  EXPECT_THAT(missing.errors, HasSubstr("/nowhere/paynamed.toml"));
  EXPECT_THAT(fakes::run_program({PAYNAMED_PROGRAM, "steps"}).output, HasSubstr("dns.publish"));
}

}  // namespace
}  // namespace paynamed::e2e
