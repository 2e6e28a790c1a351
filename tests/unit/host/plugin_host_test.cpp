#include "host/plugin_host.hpp"

#include <gmock/gmock.h>
#include <paynamed/plugin/v1/node_backend.pb.h>

#include <cstdlib>

#include "fixture.hpp"

namespace paynamed::host {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PluginHostTest : public HostFixture {};

TEST_F(PluginHostTest, LoadsWhatItCanAndTellsTheRest) {
  std::vector<InstanceConfig> configs;
  configs.push_back({"zone", "memory_zone", {{"zone", "example."}}, false});
  configs.push_back({"old", "memory_zone", {{"zone", "example."}}, true});
  configs.push_back({"wrong", "memory_zone", {{"zonne", "example."}}, false});
  configs.push_back({"refused", "memory_zone", {{"zone", "example"}}, false});
  configs.push_back({"absent", "memory_zzone", {}, false});
  configs.push_back({"broken", "no_symbol", {}, false});
  configs.push_back({"throws", "throws_in_create", {}, false});
  configs.push_back({"silent", "fails_silently", {}, false});
  configs.push_back({"zone", "memory_zone", {{"zone", "example."}}, false});
  auto problems = run(host_->load(configs));
  std::map<std::string, InstanceProblem> by_id;
  for (auto& problem : problems) by_id.emplace(problem.id, std::move(problem));
  EXPECT_THAT(by_id.at("zone").status.message(), HasSubstr("two plugin instances zone"));
  EXPECT_THAT(by_id.at("wrong").problems,
              ElementsAre(SchemaProblem{"", false, "\"zone\" is missing; it must be a string", ""},
                          SchemaProblem{"/zonne", true, "\"zonne\" is not a known key", "zone"}));
  EXPECT_EQ(
      by_id.at("refused").status,
      base::invalid_argument(
          "The plugin memory_zone for the instance refused refused its table: \"zone\" must end in a dot."));
  EXPECT_THAT(by_id.at("absent").status.message(), HasSubstr("did you mean \"memory_zone\"?"));
  EXPECT_THAT(by_id.at("broken").status.message(), HasSubstr("paynamed_module()"));
  EXPECT_THAT(by_id.at("throws").status.message(), HasSubstr("let an exception out of create"));
  EXPECT_THAT(by_id.at("silent").status.message(), HasSubstr("did not say why"));
  EXPECT_EQ(by_id.size(), 7U);

  EXPECT_THAT(host_->list(), SizeIs(2));
  ASSERT_NE(host_->find("zone"), nullptr);
  EXPECT_EQ(host_->find("wrong"), nullptr);
  EXPECT_TRUE(host_->find("old")->retired());
  EXPECT_EQ(host_->find("zone")->contract(), "DnsProvider");
  EXPECT_TRUE(call(host_->find("zone"), "Describe").result);
}

TEST_F(PluginHostTest, CheckTellsTheSameWithoutMakingAnything) {
  HostSettings settings;
  settings.module_directories = {PAYNAMED_BROKEN_MODULES, PAYNAMED_EXAMPLE_MODULES};
  std::vector<InstanceConfig> configs;
  configs.push_back({"good", "memory_zone", {{"zone", "example."}}, false});
  configs.push_back({"wrong", "memory_zone", {{"zone", 5}}, false});
  configs.push_back({"throws", "throws_in_create", {}, false});  // create is not called
  const auto problems = check_instances(settings, configs);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].id, "wrong");
  EXPECT_THAT(problems[0].problems, ElementsAre(SchemaProblem{"/zone", false, "must be a string", ""}));
}

TEST_F(PluginHostTest, APluginReadsItsOwnSecretsAndTheyAreHidden) {
  ::setenv("PAYNAMED_HOST_TEST_OFFER", "lno1verysecretoffer", 1);
  auto* node = make("node", "fixed_offer", {{"offer", {{"env", "PAYNAMED_HOST_TEST_OFFER"}}}});
  const auto outcome = run(host::call<plugin::v1::CreateOfferReply>(
      *node, "CreateOffer", plugin::v1::CreateOfferRequest(), CallOptions(5s)));
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_EQ(outcome.result->offer(), "lno1verysecretoffer");
  log_.info("lno1verysecretoffer");
  EXPECT_FALSE(logged("verysecret"));
  ::unsetenv("PAYNAMED_HOST_TEST_OFFER");
  const auto gone = run(host::call<plugin::v1::CreateOfferReply>(
      *node, "CreateOffer", plugin::v1::CreateOfferRequest(), CallOptions(5s)));
  EXPECT_THAT(gone.result.error().message(), HasSubstr("PAYNAMED_HOST_TEST_OFFER is not set"));
}

TEST_F(PluginHostTest, StopAnswersWhatIsOpenAndIgnoresWhatComesAfter) {
  const Sockets sockets;
  auto* instance = make("replies_after_stop", sockets);
  auto open = start(instance, "Publish", 60s);
  sockets.await_call();
  EXPECT_THAT(run(host_->stop(5s)), IsEmpty());
  const auto outcome = get(open);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnknown);
  EXPECT_FALSE(outcome.still_open);
  EXPECT_EQ(instance->info().state, InstanceInfo::State::kStopped);
  EXPECT_EQ(instance->info().broken_rules, 1U);
}

TEST_F(PluginHostTest, StopJoinsThePluginsThreads) {
  auto* node = make("node", "fixed_offer", {{"offer", {{"env", "PAYNAMED_NOT_SET"}}}});
  EXPECT_TRUE(call(node, "Describe").result);
  EXPECT_THAT(run(host_->stop(5s)), IsEmpty());
  EXPECT_EQ(node->info().state, InstanceInfo::State::kStopped);
  EXPECT_THAT(run(host_->stop(5s)), IsEmpty());
}

TEST_F(PluginHostTest, TimersOfAPluginFollowTheClockAndEndWithIt) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}, {"delay", "1h"}});
  EXPECT_TRUE(call(zone, "Publish").result.error().code() == base::Code::kNotFound);
  EXPECT_THAT(run(host_->stop(5s)), IsEmpty());
}

// --- another instance in the place of one

TEST_F(PluginHostTest, AReplacedInstanceEndsItsCallsFirst) {
  const Sockets sockets;
  auto* before = make("answers_when_told", sockets);
  auto open = start(before, "Publish", 60s);
  sockets.await_call();

  std::vector<InstanceConfig> configs;
  configs.push_back({"answers_when_told", "memory_zone", {{"zone", "example."}}, false});
  const auto prepared = run(host_->prepare(std::move(configs), {PAYNAMED_EXAMPLE_MODULES}));
  ASSERT_THAT(PluginHost::problems(*prepared), IsEmpty());
  EXPECT_EQ(host_->find("answers_when_told"), before) << "nobody finds it before it is adopted";
  EXPECT_THAT(host_->adopt(prepared, {}), ElementsAre(before));
  auto* after = host_->find("answers_when_told");
  ASSERT_NE(after, before);
  EXPECT_EQ(after->module(), "memory_zone");

  auto alone = spawn(host_->find_alone("answers_when_told"));
  auto ended = spawn(host_->end(before, 60s, 5s));
  auto release = start(before, "Release");
  EXPECT_TRUE(get(open).result) << "the call that was open was cut off";
  EXPECT_TRUE(get(release).result);
  EXPECT_TRUE(ended.get());
  EXPECT_EQ(alone.get(), after);
  EXPECT_EQ(before->info().state, InstanceInfo::State::kStopped);
  EXPECT_TRUE(call(after, "Describe").result);
}

TEST_F(PluginHostTest, AReplacedInstanceIsFoundByNobodyAloneUntilItEnded) {
  const Sockets sockets;
  auto* before = make("answers_when_told", sockets);
  auto open = start(before, "Publish", 600s);
  sockets.await_call();
  std::vector<InstanceConfig> configs;
  configs.push_back({"answers_when_told", "memory_zone", {{"zone", "example."}}, false});
  const auto prepared = run(host_->prepare(std::move(configs), {PAYNAMED_EXAMPLE_MODULES}));
  host_->adopt(prepared, {});
  auto alone = spawn(host_->find_alone("answers_when_told"));
  auto ended = spawn(host_->end(before, 60s, 5s));
  EXPECT_EQ(alone.wait_for(100ms), std::future_status::timeout);
  eventually([&] { return clock_.pending() >= 3; });
  clock_.advance(60s);
  // The drain is over: the plugin is stopped, and what was open ends without an answer.
  EXPECT_TRUE(ended.get());
  EXPECT_EQ(get(open).result.error().code(), base::Code::kUnknown);
  EXPECT_EQ(alone.get(), host_->find("answers_when_told"));
}

TEST_F(PluginHostTest, WhatIsRemovedIsNotFoundAndEnds) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  const auto prepared = run(host_->prepare({}, {}));
  EXPECT_THAT(host_->adopt(prepared, {"zone", "never"}), ElementsAre(zone));
  EXPECT_EQ(host_->find("zone"), nullptr);
  EXPECT_THAT(host_->list(), IsEmpty());
  EXPECT_EQ(run(host_->find_alone("zone")), nullptr);
  EXPECT_TRUE(run(host_->end(zone, 1s, 5s)));
  EXPECT_EQ(zone->info().state, InstanceInfo::State::kStopped);
}

TEST_F(PluginHostTest, WhatCannotBePreparedChangesNothing) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  std::vector<InstanceConfig> configs;
  configs.push_back({"other", "memory_zone", {{"zone", "other."}}, false});
  configs.push_back({"zone", "memory_zone", {{"zone", "example"}}, false});
  const auto prepared = run(host_->prepare(std::move(configs), {PAYNAMED_EXAMPLE_MODULES}));
  ASSERT_THAT(PluginHost::problems(*prepared), SizeIs(1));
  EXPECT_EQ(PluginHost::problems(*prepared)[0].id, "zone");
  host_->discard(prepared);
  EXPECT_EQ(host_->find("zone"), zone);
  EXPECT_EQ(host_->find("other"), nullptr);
  EXPECT_TRUE(call(zone, "Describe").result);
}

TEST_F(PluginHostTest, RetiringMakesNoNewInstance) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  host_->set_retired("zone", true);
  EXPECT_TRUE(zone->retired());
  EXPECT_EQ(host_->find("zone"), zone);
}

TEST_F(PluginHostTest, WorksByTheMachinesClock) {
  base::SystemClock clock;
  HostSettings settings;
  settings.module_directories = {PAYNAMED_BROKEN_MODULES};
  host_ = PluginHost::create(std::move(settings), clock, observe::Log::none(), metrics_);
  auto* instance = make("i", "answers_when_told");
  const auto outcome = run(instance->call_bytes("Read", "", CallOptions(50ms)));
  // A slow machine may not even have begun by then.
  const auto code = outcome.result.error().code();
  EXPECT_TRUE(code == (outcome.still_open ? base::Code::kDeadlineExceeded : base::Code::kUnavailable));
  EXPECT_EQ(run(instance->settled(outcome.call_id, 20ms)), !outcome.still_open);
  EXPECT_TRUE(run(instance->call_bytes("Release", "", CallOptions(10s))).result);
  EXPECT_TRUE(run(instance->settled(outcome.call_id, 10s)));
  EXPECT_THAT(run(host_->stop(10s)), IsEmpty());
  host_.reset();  // before its clock
}

TEST_F(PluginHostTest, APluginThatDoesNotStopIsLeft) {
  auto* instance = make("i", "never_stops");
  auto stopped = spawn(host_->stop(5s));
  eventually([&] { return instance->info().state == InstanceInfo::State::kStopping; });
  eventually([&] { return clock_.until_next() <= 5s && clock_.pending() > 0; });
  EXPECT_EQ(stopped.wait_for(20ms), std::future_status::timeout);
  clock_.advance(5s);
  EXPECT_THAT(stopped.get(), ElementsAre("i"));
  EXPECT_EQ(instance->info().state, InstanceInfo::State::kLeft);
  EXPECT_TRUE(logged("did not stop in time"));
}

}  // namespace
}  // namespace paynamed::host
