// Many customers at once, and the daemon is killed at no particular moment, again and again. The seed of the
// moments is printed; PAYNAMED_CRASH_SEED=<n> takes another one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <thread>

#include "base/random.hpp"
#include "tests/e2e/crash/scenario.hpp"

namespace paynamed::crash {
namespace {

constexpr int kRounds = 5;
constexpr int kCustomers = 6;
// From a registration's first commit to the last of all customers.
constexpr std::uint64_t kLongestLifeMs = 700;

class CrashSoak : public testing::TestWithParam<bool> {};

// Registers a name, rotates it, removes every third; until the daemon is gone.
void live_on(Customer customer, const NameWithEnding& name) {
  try {
    customer.carry_through(Customer::registration(name.name));
    customer.carry_through(Customer::rotation(name.name));
    if (name.ending == Ending::kQuarantined) customer.carry_through(Customer::removal(name.name));
    customer.read_events();
  } catch (const NoAnswer&) {
  }
}

void live_on(Stage& stage, const std::vector<NameWithEnding>& names) {
  std::vector<std::jthread> customers;
  for (const NameWithEnding& name : names) {
    customers.emplace_back([customer = stage.customer(), &name] { live_on(customer, name); });
  }
}

TEST_P(CrashSoak, ManyRunsAtOnceSurviveAnyMoment) {
  const char* given = std::getenv("PAYNAMED_CRASH_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20'261'123;
  RecordProperty("seed", std::to_string(seed));
  base::SeededRandom random{seed};
  const fakes::KnotLab lab;
  Stage::Options options;
  options.power_cut = GetParam();
  Stage stage{lab, options};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();

  std::vector<NameWithEnding> all;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(fmt::format("round {} of seed {}", round, seed));
    std::vector<NameWithEnding> names;
    for (int i = 0; i < kCustomers; ++i) {
      names.push_back({fmt::format("user{}x{}@example.test", round, i),
                       i % 3 == 2 ? Ending::kQuarantined : Ending::kLive,
                       {}});
    }
    {
      const auto life = std::chrono::milliseconds{random.below(kLongestLifeMs)};
      const std::jthread killer{[&daemon = stage.daemon(), life] {
        daemon.wait_for_end(life);
        daemon.send_signal(SIGKILL);
      }};
      live_on(stage, names);
    }
    ASSERT_TRUE(stage.daemon().wait(std::chrono::seconds{30}).has_value());
    ASSERT_THAT(inspect_state(stage.copy_state(), stage.account()), testing::IsEmpty());
    ASSERT_TRUE(stage.start()) << stage.daemon().log();
    live_on(stage, names);
    ASSERT_THAT(inspect_outside(stage, names), testing::IsEmpty());
    ASSERT_THAT(stage.account().problems(), testing::IsEmpty());
    all.insert(all.end(), names.begin(), names.end());
  }
  EXPECT_THAT(inspect_outside(stage, all), testing::IsEmpty());
  EXPECT_EQ(stage.stop(), "");
  EXPECT_THAT(inspect_state(stage.copy_state(), stage.account()), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, CrashSoak, testing::Bool(),
                         [](const auto& test) { return test.param ? "power_cut" : "kill"; });

}  // namespace
}  // namespace paynamed::crash
