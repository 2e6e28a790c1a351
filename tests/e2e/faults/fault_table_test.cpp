// The fault table: none of these faults makes a name live, each is told in words, and once it is mended the
// name is live without help. True daemon, real Knot, BIND as a secondary.
#include <boost/json/serialize.hpp>

#include "tests/e2e/faults/fault.hpp"

namespace paynamed::e2e {

void PrintTo(const RegistrationFault& fault, std::ostream* out) {
  *out << fault.name;
}
void PrintTo(const WatchFault& fault, std::ostream* out) {
  *out << fault.name;
}

namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using End = RegistrationFault::End;

void expect_words(const std::string& verdict, const std::vector<std::string>& words) {
  for (const std::string& each : words) EXPECT_THAT(verdict, HasSubstr(each));
}

bool has_words(const std::string& verdict, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& each) { return verdict.find(each) != verdict.npos; });
}

template <class Fault>
std::string name_of(const testing::TestParamInfo<Fault>& each) {
  return each.param.name;
}

class FaultyRegistration : public testing::TestWithParam<RegistrationFault> {};

TEST_P(FaultyRegistration, NeverMakesTheNameLiveUntilItIsMended) {
  const RegistrationFault& fault = GetParam();
  Setting setting = fault.setting;
  if (fault.midway) setting.dns = "resolvers = [\"" + kResolver + ":PORT\"]\n";
  Stage stage{setting};
  Scene& scene = stage.scene();
  if (!fault.midway) fault.make(stage);
  scene.daemon().start();

  const std::string run = scene.begin_registration(kAlice);
  if (fault.end == End::kRefused) {
    const json::object ended = scene.run_when(run, "compensated");
    EXPECT_THAT(text(ended, "reason"), HasSubstr("step '" + fault.step + "'"));
    expect_words(text(ended, "reason"), fault.words);
    EXPECT_EQ(stage.state_of(kAlice), "") << "nothing is left of it";
  } else {
    if (fault.midway) {
      scene.run_when(
          run, [&](const json::object&) { return text(scene.step(run, "await"), "state") == "waiting"; });
      fault.make(stage);
      if (fault.step != "await") stage.relay_at(kResolver);
    }
    const json::object standing = scene.run_when(run, [&](const json::object&) {
      return has_words(text(scene.step(run, fault.step), "message"), fault.words);
    });
    EXPECT_EQ(text(standing, "state"), "running");
    EXPECT_EQ(text(scene.step(run, fault.step), "state"), "waiting");
    expect_words(text(scene.step(run, fault.step), "message"), fault.words);
    EXPECT_EQ(stage.state_of(kAlice), "published");
  }
  EXPECT_THAT(scene.event_types(kAlice), Not(Contains("name.live")));

  fault.mend(stage);
  if (fault.midway) stage.relay_at(kResolver);
  if (fault.end == End::kRefused) {
    stage.make_live(kAlice);
  } else {
    scene.run_when(run, "completed");
    EXPECT_EQ(stage.state_of(kAlice), "live");
  }
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

INSTANTIATE_TEST_SUITE_P(Fault, FaultyRegistration, testing::ValuesIn(registration_faults()),
                         name_of<RegistrationFault>);

class FaultOfALiveName : public testing::TestWithParam<WatchFault> {};

TEST_P(FaultOfALiveName, IsToldAndTheNameIsLiveAgainOnceItIsMended) {
  const WatchFault& fault = GetParam();
  Stage stage{fault.setting};
  Scene& scene = stage.scene();
  if (fault.before) fault.before(stage);
  scene.daemon().start();
  stage.make_live(kAlice);

  fault.make(stage);
  if (fault.code.empty()) {
    EXPECT_TRUE(stage.sees_looks(fault.words.empty() ? "fine" : "unknown", 3));
    for (const std::string& each : fault.words) EXPECT_TRUE(scene.daemon().wait_for_log(each)) << each;
    EXPECT_EQ(stage.state_of(kAlice), "live");
  } else if (stage.comes_to(kAlice, "degraded")) {
    const json::object said = stage.only_event(kAlice, "name.degraded");
    EXPECT_EQ(text(said, "code"), fault.code);
    expect_words(text(said, "reason"), fault.words);
  }

  fault.mend(stage);
  if (fault.code.empty()) {
    EXPECT_TRUE(stage.sees_looks("fine", 2));
    EXPECT_THAT(scene.event_types(kAlice), Not(Contains("name.degraded")));
  } else {
    EXPECT_TRUE(stage.comes_to(kAlice, "live"));
    EXPECT_EQ(text(stage.only_event(kAlice, "name.recovered"), "name"), kAlice);
  }
  EXPECT_EQ(stage.state_of(kAlice), "live");
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

INSTANTIATE_TEST_SUITE_P(Fault, FaultOfALiveName, testing::ValuesIn(watch_faults()), name_of<WatchFault>);

}  // namespace

std::vector<RegistrationFault> registration_faults() {
  std::vector<RegistrationFault> all;
  add_signature_faults(all);
  add_record_faults(all);
  add_server_faults(all);
  return all;
}

std::vector<WatchFault> watch_faults() {
  std::vector<WatchFault> all;
  add_signature_faults(all);
  add_record_faults(all);
  add_server_faults(all);
  return all;
}

}  // namespace paynamed::e2e
