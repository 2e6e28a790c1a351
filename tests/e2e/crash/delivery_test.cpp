// The daemon dies while it brings events to receivers, at every failpoint on the way, and in the end each has
// got each event: again only what was under way, always with the same id, and in order where it asked for it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <map>
#include <optional>
#include <set>
#include <thread>

#include "tests/e2e/crash/scenario.hpp"
#include "tests/fakes/webhooks/webhook_file.hpp"

namespace paynamed::crash {
namespace {

using fakes::Received;

constexpr std::size_t kEvents = 600;
constexpr std::chrono::seconds kPatience{60};

const std::vector<Strike> kStrikes{
    {"delivery.attempt.before", 1},  {"delivery.attempt.after", 1},  {"delivery.outcome.before", 1},
    {"delivery.outcome.after", 1},   {"state.commit.before", 2},     {"state.commit.after", 2},
    {"delivery.attempt.before", 23}, {"delivery.attempt.after", 31}, {"delivery.outcome.before", 3},
    {"delivery.outcome.after", 4},   {"state.commit.before", 5},     {"state.checkpoint.before", 1},
    {"state.checkpoint.after", 1},   {"delivery.attempt.after", 57}, {"delivery.outcome.before", 7},
    {"delivery.attempt.before", 71}};

class CrashDeliveries : public testing::TestWithParam<bool> {
 protected:
  static Stage::Options options() {
    Stage::Options options;
    options.power_cut = GetParam();
    options.daemon_settings = fmt::format("plugin_path = [\"{}\"]", PAYNAMED_FAKE_MODULES);
    options.more =
        "[plugins.hooks]\nmodule = \"receivers\"\n[delivery]\nschedule = [\"0s\", \"10ms\", \"10ms\", "
        "\"10ms\", "
        "\"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", "
        "\"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\"]\n";
    return options;
  }
  static std::vector<std::string> subjects() {
    std::vector<std::string> all;
    for (int i = 0; i < 15; ++i) all.push_back(fmt::format("subject{}", i));
    return all;
  }
  static std::size_t taken(const std::filesystem::path& file) {
    std::set<std::string> ids;
    for (const Received& each : fakes::received(file)) {
      if (each.what == "taken") ids.insert(each.id);
    }
    return ids.size();
  }
  // No attempt at an event comes after one at a later event of its subject.
  static void expect_in_order(const std::vector<Received>& attempts) {
    std::map<std::string, std::uint64_t> last;
    std::map<std::string, std::uint64_t> open;  // tried and not taken yet
    for (const Received& each : attempts) {
      EXPECT_GE(each.seq, last[each.subject]) << each.subject;
      last[each.subject] = each.seq;
      const auto waits = open.find(each.subject);
      if (waits != open.end()) {
        EXPECT_EQ(each.seq, waits->second) << "passed one that waits";
      }
      if (each.what == "taken") {
        open.erase(each.subject);
      } else {
        open[each.subject] = each.seq;
      }
    }
  }
};

TEST_P(CrashDeliveries, NothingIsLostAndOnlyTheSameComesAgain) {
  const fakes::KnotLab lab;
  Stage stage{lab, options()};
  const std::filesystem::path plain = stage.directory() / "received-plain";
  const std::filesystem::path ordered = stage.directory() / "received-ordered";
  state::WebhookRow plain_row;
  state::WebhookRow ordered_row;
  {
    fakes::WebhookFile file{stage.state_file()};
    file.happen(kEvents, subjects());
    plain_row =
        file.add("fake://takes" + plain.string(), [](auto& row) { row.settings.types = {"custom.*"}; });
    ordered_row = file.add("fake://takes_second" + ordered.string(), [](auto& row) {
      row.settings.types = {"custom.*"};
      row.settings.ordered = true;
    });
  }
  int reached = 0;
  for (const Strike& strike : kStrikes) {
    stage.arm(strike.failpoint, strike.count);
    const bool ready = stage.start();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    bool over = false;
    std::optional<int> status;
    while (!status && !over && std::chrono::steady_clock::now() < end) {
      status = stage.daemon().wait(std::chrono::milliseconds{20});
      over = ready && taken(plain) == kEvents && taken(ordered) == kEvents;
    }
    if (status) {
      ++reached;
      ASSERT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL) << stage.daemon().log();
    }
    stage.disarm();
    if (!status) {
      ASSERT_EQ(stage.stop(), "");
    }
  }
  EXPECT_GE(reached, 8) << "of " << kStrikes.size();
  ASSERT_TRUE(stage.start()) << stage.daemon().log();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while ((taken(plain) < kEvents || taken(ordered) < kEvents) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  ASSERT_EQ(stage.stop(), "");

  EXPECT_EQ(taken(plain), kEvents);
  EXPECT_EQ(taken(ordered), kEvents);
  expect_in_order(fakes::received(ordered));
  fakes::WebhookFile file{stage.copy_state()};
  std::map<std::uint64_t, std::string> ids;
  for (const state::Event& event : file.events()) ids[event.seq] = event.id.to_string();
  for (const auto& received : {fakes::received(plain), fakes::received(ordered)}) {
    for (const Received& each : received) EXPECT_EQ(each.id, ids[each.seq]);
  }
  for (const state::WebhookRow& webhook : {plain_row, ordered_row}) {
    const auto rows = file.deliveries(webhook);
    EXPECT_EQ(rows.size(), kEvents);
    for (const state::DeliveryRow& row : rows) EXPECT_EQ(row.state, state::DeliveryState::kDelivered);
    EXPECT_EQ(file.row(webhook).waiting, 0U);
    EXPECT_EQ(file.row(webhook).dead, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CrashDeliveries, testing::Bool(),
                         [](const auto& test) { return test.param ? "power_cut" : "kill"; });

}  // namespace
}  // namespace paynamed::crash
