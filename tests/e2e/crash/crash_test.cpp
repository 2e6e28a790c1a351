// The daemon dies at every failpoint, by kill -9 and by power cut, and keeps every promise that it made.
//
// One test is a scenario on one disk. It lets the scenario happen once to find which failpoints it passes and
// how often, then again with a new name for each strike. PAYNAMED_CRASH_ALL=1 strikes at every single pass;
// without, at some passes of each failpoint, other ones for kill -9 than for power cut.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <ostream>
#include <set>

#include "tests/e2e/crash/scenario.hpp"

namespace paynamed::crash {
namespace {

// Every failpoint of the trace, with the counts at which to strike.
std::vector<Strike> strikes_of(const std::vector<std::string>& trace, int each, int offset) {
  std::map<std::string, int> passes;
  for (const std::string& name : trace) ++passes[name];
  const bool all = std::getenv("PAYNAMED_CRASH_ALL") != nullptr;
  std::vector<Strike> strikes;
  for (const auto& [name, count] : passes) {
    const int wanted = all ? count : std::min(count, each);
    // So that the failpoints together strike at all steps, each begins elsewhere.
    const int first = all ? 0 : offset++;
    for (int i = 0; i < wanted; ++i) strikes.push_back({name, (first + i * count / wanted) % count + 1});
  }
  return strikes;
}

struct Mode {
  std::string name;
  bool power_cut = false;
};

void PrintTo(const Mode& mode, std::ostream* out) {
  *out << mode.name;
}

class CrashTest : public testing::TestWithParam<std::tuple<std::string, Mode>> {};

TEST_P(CrashTest, KeepsEveryPromise) {
  const auto& [scenario_name, mode] = GetParam();
  const Scenario& scenario = crash::scenario(scenario_name);
  Stage::Options options = scenario.options;
  options.power_cut = mode.power_cut;
  const fakes::KnotLab lab;
  Stage stage{lab, options};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();

  std::vector<NameWithEnding> names{scenario.in_the_end("undisturbed")};
  prepare(stage, scenario, names);
  stage.passed();
  Customer customer = stage.customer();
  scenario.act(customer, names.front().name);
  const std::vector<Strike> strikes = strikes_of(stage.passed(), scenario.strikes, mode.power_cut ? 1 : 0);
  ASSERT_THAT(inspect_outside(stage, names), testing::IsEmpty());
  // Every scenario passes each of these, a turned one those of undo as well.
  std::set<std::string> struck;
  for (const Strike& strike : strikes) struck.insert(strike.failpoint);
  for (const std::string what : {"engine.accept", "engine.effect", "engine.outcome", "engine.commit",
                                 "state.commit", "state.checkpoint"}) {
    EXPECT_THAT(struck, testing::IsSupersetOf({what + ".before", what + ".after"}));
  }
  if (scenario.publishes) {
    EXPECT_THAT(struck, testing::IsSupersetOf({"engine.intent.before", "engine.intent.after"}));
  }
  if (scenario.run_ends.front() == "compensated") {
    EXPECT_THAT(struck, testing::IsSupersetOf({"engine.undo.before", "engine.undo.after",
                                               "engine.undo_outcome.before", "engine.undo_outcome.after"}));
  }

  for (std::size_t i = 0; i < strikes.size(); ++i)
    names.push_back(scenario.in_the_end(fmt::format("user{}", i)));
  prepare(stage, scenario, {names.begin() + 1, names.end()});
  std::size_t reached = 0;
  for (std::size_t i = 0; i < strikes.size(); ++i) {
    bool was_reached = false;
    const auto findings = play(stage, scenario, names[i + 1], {strikes[i]}, was_reached);
    ASSERT_THAT(findings, testing::IsEmpty())
        << "at pass " << strikes[i].count << " of " << strikes[i].failpoint;
    reached += was_reached ? 1 : 0;
  }
  // Waiting for servers takes now more looks, now fewer; and the node of lost_reply loses one answer a start.
  EXPECT_GE(reached * 3, strikes.size() * 2) << "of " << strikes.size() << " strikes";

  EXPECT_THAT(inspect_outside(stage, names), testing::IsEmpty());
  EXPECT_EQ(stage.stop(), "");
  EXPECT_THAT(inspect_state(stage.copy_state(), stage.account()), testing::IsEmpty());
}

// What a recovery passes whatever it has to do.
const std::vector<Strike> kWhileRecovering{
    {"state.commit.before", 1}, {"engine.effect.after", 1}, {"state.commit.after", 1}};

class CrashAgainTest : public testing::TestWithParam<std::string> {};

TEST_P(CrashAgainTest, DyingInTheRecoveryBreaksNoPromise) {
  const Scenario& scenario = crash::scenario(GetParam());
  Stage::Options options = scenario.options;
  options.power_cut = true;
  const fakes::KnotLab lab;
  Stage stage{lab, options};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();

  const std::vector<Strike> firsts{{"engine.accept.after", 1},
                                   {"engine.effect.before", 2},
                                   {"engine.effect.after", 3},
                                   {"engine.outcome.before", 3},
                                   {"engine.commit.after", 4}};
  std::vector<NameWithEnding> names;
  for (std::size_t i = 0; i < firsts.size(); ++i)
    names.push_back(scenario.in_the_end(fmt::format("user{}", i)));
  prepare(stage, scenario, names);
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    std::vector<Strike> strikes{firsts[i]};
    strikes.insert(strikes.end(), kWhileRecovering.begin(), kWhileRecovering.end());
    bool reached = false;
    ASSERT_THAT(play(stage, scenario, names[i], strikes, reached), testing::IsEmpty())
        << "first at pass " << firsts[i].count << " of " << firsts[i].failpoint;
    EXPECT_TRUE(reached) << firsts[i].failpoint;
  }
  EXPECT_THAT(inspect_outside(stage, names), testing::IsEmpty());
  EXPECT_EQ(stage.stop(), "");
}

INSTANTIATE_TEST_SUITE_P(All, CrashAgainTest, testing::Values("register", "compensate", "cancel", "rotate"),
                         [](const auto& test) { return test.param; });

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& each : scenarios()) names.push_back(each.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, CrashTest,
                         testing::Combine(testing::ValuesIn(scenario_names()),
                                          testing::Values(Mode{"kill", false}, Mode{"power_cut", true})),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param).name;
                         });

}  // namespace
}  // namespace paynamed::crash
