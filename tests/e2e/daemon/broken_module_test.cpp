// Modules that are broken on purpose: each is told apart, and the daemon lives.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

// A config whose domain third.test is served by a module that is broken; all others are well.
Parts with_module(const std::string& module, const std::string& keys = {}) {
  Parts parts;
  parts.stop_deadline = "2s";
  parts.daemon = fmt::format("plugin_path = [\"{}\"]", PAYNAMED_BROKEN_MODULES);
  parts.pipelines =
      register_pipeline("timeout = \"2s\"\nretry = { attempts = 2, first = \"10ms\", max = \"20ms\" }");
  parts.tables = fmt::format("[plugins.broken]\nmodule = \"{}\"\n{}\n", module, keys);
  return parts;
}

// The domain second.test on the broken instance.
void give_it_a_domain(Scene& scene) {
  std::string config = read_file(scene.config_file());
  const std::string table = "[domains.\"second.test\"]\ndns = \"";
  config.replace(config.find(table) + table.size(), 4, "broken");
  write_file(scene.config_file(), config);
}

class BrokenModule : public LabTest {
 protected:
  static void expect_others_live(Scene& scene, const std::string& user) {
    EXPECT_EQ(scene.send("GET", "/healthz").status, 200);
    const auto reply = scene.register_name(user + "@example.test");
    EXPECT_EQ(reply.status, 201) << reply.body;
  }
  static json::object part_of(const fakes::HttpReply& ready, const std::string& name) {
    const json::value document = ready.json();
    for (const auto& part : document.at("parts").as_array()) {
      if (text(part.as_object(), "name") == name) return part.as_object();
    }
    ADD_FAILURE() << "no part " << name << " in " << ready.body;
    return {};
  }
};

struct Fault {
  const char* module;
  const char* message;
};

// What is known before anything is created.
TEST_F(BrokenModule, ThatCannotBeLoadedIsAMistakeOfTheConfiguration) {
  const Fault faults[] = {
      {"no_symbol", "it has no function paynamed_module()"},
      {"no_table", "gave nothing"},
      {"wrong_major", "built for version 2 of the plugin ABI"},
      {"short_struct", "of which the ABI needs"},
      {"null_function", "it has no function call"},
      {"unknown_contract", "paynamed.plugin.v9.Oracle"},
      {"other_name", "it calls itself \"acme\""},
      {"bad_schema", "the keyword \"format\""},
      {"undefined_symbol", "paynamed_function_that_is_nowhere"},
      {"missing_library", "it needs the library libpaynamed_gone.so"},
      {"not_there_at_all", "not_there_at_all"},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.module);
    Scene scene{lab(), with_module(fault.module)};
    const auto checked =
        fakes::run_program({PAYNAMED_PROGRAM, "check", "--config", scene.config_file().string()});
    EXPECT_EQ(checked.exit_code, 78) << checked.output;
    EXPECT_THAT(checked.output, HasSubstr("error: "));
    EXPECT_THAT(checked.output, HasSubstr(fault.message));
    EXPECT_THAT(checked.output, HasSubstr(std::string{"module = \""} + fault.module)) << "not at its place";
    const auto run = fakes::run_program({PAYNAMED_PROGRAM, "run", "--config", scene.config_file().string()});
    EXPECT_EQ(run.exit_code, 78) << run.errors;
    EXPECT_THAT(run.errors, HasSubstr(fault.message));
  }
}

TEST_F(BrokenModule, ThatFailsToCreateLeavesTheOthersAtWork) {
  const Fault faults[] = {{"throws_in_create", "exception"}, {"fails_silently", "why"}};
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.module);
    Scene scene{lab(), with_module(fault.module)};
    give_it_a_domain(scene);
    scene.daemon().start();
    const auto ready = scene.send("GET", "/readyz");
    EXPECT_EQ(ready.status, 503);
    const json::object part = part_of(ready, "plugin broken");
    EXPECT_FALSE(part.at("ready").as_bool());
    EXPECT_NE(text(part, "message"), "");
    EXPECT_TRUE(part_of(ready, "plugin zone").at("ready").as_bool());
    expect_others_live(scene, fault.module);
    // Its own domain's names end with a reason, and leave no offer.
    const auto refused = scene.register_name("alice@second.test");
    EXPECT_EQ(refused.status, 202) << refused.body;
    EXPECT_THAT(text(refused.json().as_object(), "reason"), HasSubstr("broken"));
    EXPECT_EQ(scene.daemon().terminate(), 0);
  }
}

TEST_F(BrokenModule, ThatBreaksTheRulesOfACallHarmsItsOwnNamesOnly) {
  // What a run of its domain comes to. One that answers well-formed nonsense is found out by the DNS itself.
  const struct {
    const char* module;
    const char* state;
    const char* says;
  } cases[] = {
      {"replies_twice", "running", "authoritative"}, {"malformed_bytes", "paused", "broken"},
      {"throws_in_call", "paused", "exception"},     {"unprintable", "paused", "line"},
      {"answers_when_told", "paused", "broken"},     {"replies_after_stop", "paused", "broken"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.module);
    Scene scene{lab(), with_module(each.module)};
    give_it_a_domain(scene);
    scene.daemon().start();
    EXPECT_EQ(scene.send("GET", "/readyz").status, 200) << "nothing is known of it yet";
    const std::string run = scene.begin_registration("alice@second.test");
    expect_others_live(scene, each.module);
    const auto said = [&](const json::object& now) {
      std::string all = text(now, "reason");
      for (const auto& step : now.at("steps").as_array()) all += text(step.as_object(), "message");
      return all;
    };
    const json::object now = scene.run_when(run, [&](const json::object& at) {
      return text(at, "state") == each.state && said(at).find(each.says) != std::string::npos;
    });
    EXPECT_NE(text(scene.get("/v1/names/alice@second.test"), "state"), "live");
    EXPECT_THAT(said(now), Not(HasSubstr("\x1b")));
    EXPECT_EQ(scene.send("GET", "/healthz").status, 200);
    EXPECT_EQ(scene.daemon().terminate(), 0);
    EXPECT_THAT(scene.daemon().log(), Not(HasSubstr("\x1b")));
  }
}

TEST_F(BrokenModule, ThatHoldsItsThreadIsShownAsBlocked) {
  Scene scene{lab(), with_module("blocks", "fd = 0")};
  give_it_a_domain(scene);
  scene.daemon().start();
  const std::string run = scene.begin_registration("alice@second.test");
  scene.run_when(run, "paused");
  fakes::HttpReply ready;
  for (int i = 0; i < 100 && ready.status != 503; ++i) {
    ready = scene.send("GET", "/readyz");
    if (ready.status != 503) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  ASSERT_EQ(ready.status, 503) << ready.body;
  const json::object part = part_of(ready, "plugin broken");
  EXPECT_FALSE(part.at("ready").as_bool());
  EXPECT_NE(text(part, "message"), "");
  expect_others_live(scene, "blocks");
  EXPECT_EQ(scene.daemon().terminate(), 0) << "its thread must not hold the daemon";
}

TEST_F(BrokenModule, ThatNeverStopsDoesNotHoldTheDaemon) {
  Scene scene{lab(), with_module("never_stops")};
  scene.daemon().start();
  expect_others_live(scene, "never_stops");
  EXPECT_EQ(scene.daemon().terminate(std::chrono::seconds{10}), 0);
}

}  // namespace
}  // namespace paynamed::e2e
