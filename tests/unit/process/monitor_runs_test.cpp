// What the monitor begins by itself: with which command, and when there is no room for it.
#include "process/monitor_runs.hpp"

#include <gmock/gmock.h>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::process {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using state::Verb;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class RecordingEngine final : public pipeline::Engine {
 public:
  std::vector<pipeline::Command> commands;
  base::Status refusal;

  asio::awaitable<base::Result<pipeline::Accepted>> submit(pipeline::Command command) override {
    commands.push_back(std::move(command));
    if (!refusal.ok()) co_return base::fail(refusal);
    co_return pipeline::Accepted{};
  }
  asio::awaitable<base::Result<state::RunRow>> wait(std::string, base::Uuid, base::Duration) override {
    co_return base::fail(base::internal("nobody waits"));
  }
  asio::awaitable<base::Result<void>> resume(std::string, base::Uuid) override {
    co_return base::fail(base::internal("nobody resumes"));
  }
  asio::awaitable<base::Result<void>> cancel(std::string, base::Uuid) override {
    co_return base::fail(base::internal("nobody cancels"));
  }
  base::Result<pipeline::RunView> view(std::string_view, base::Uuid) override {
    return base::fail(base::internal("nobody looks"));
  }
};

struct MonitorRunsTest : state::StoreTest {
  RecordingEngine engine;
  base::SeededRandom random{1};
  std::shared_ptr<pipeline::Runtime> runtime = std::make_shared<pipeline::Runtime>();

  void SetUp() override {
    settings.synchronous_off_for_tests = true;
    open();
    runtime->config.daemon.max_open_runs = 2;
    const auto add = [this](const std::string& name, std::optional<base::Duration> before,
                            config::Repair repair = config::Repair::kReport) {
      config::Domain domain;
      domain.name = name;
      if (before) domain.rotate_before = config::At<base::Duration>{*before, {}};
      domain.repair.value = repair;
      runtime->config.domains.push_back(std::move(domain));
    };
    add("short.example", 24h);
    add("never.example", std::nullopt, config::Repair::kRepublish);
    add("long.example", 7 * 24h);
  }
  MonitorRuns runs() {
    return {[this] { return runtime; }, engine, *store, clock, random};
  }
};

TEST_F(MonitorRunsTest, RotationsFollowTheDomainsOfTheCurrentConfiguration) {
  const auto rotations = runs().rotations();
  EXPECT_EQ(rotations.before("short.example"), base::Duration{24h});
  EXPECT_EQ(rotations.before("never.example"), std::nullopt);
  EXPECT_EQ(rotations.before("gone.example"), std::nullopt);
  EXPECT_EQ(rotations.longest(), base::Duration{7 * 24h});
  auto changed = std::make_shared<pipeline::Runtime>(*runtime);
  changed->config.domains.pop_back();
  runtime = std::move(changed);
  EXPECT_EQ(rotations.longest(), base::Duration{24h});
  EXPECT_EQ(rotations.before("long.example"), std::nullopt);
}

TEST_F(MonitorRunsTest, ARotationIsForTheNameAsItWasRead) {
  const auto rotations = runs().rotations();
  ASSERT_TRUE(state::wait_for(io, rotations.begin("shop", "alice@short.example", 17)));
  ASSERT_THAT(engine.commands, SizeIs(1));
  const pipeline::Command& command = engine.commands.front();
  EXPECT_EQ(command.tenant, "shop");
  EXPECT_EQ(command.verb, Verb::kRotate);
  EXPECT_EQ(command.name.text(), "alice@short.example");
  EXPECT_EQ(command.expected_revision, 17U);
  EXPECT_TRUE(command.bulk);
  EXPECT_THAT(command.correlation_id, StartsWith("monitor-"));
  engine.refusal = base::aborted("it has another revision");
  EXPECT_EQ(state::wait_for(io, rotations.begin("shop", "alice@short.example", 17)).error().message(),
            "it has another revision");
}

TEST_F(MonitorRunsTest, HalfOfTheRunsAreKeptForOthers) {
  ASSERT_TRUE(accept(author.run(Verb::kRegister, "somebody@short.example")));
  const auto rotation = state::wait_for(io, runs().rotations().begin("default", "alice@short.example", 1));
  ASSERT_FALSE(rotation);
  EXPECT_EQ(rotation.error().code(), base::Code::kResourceExhausted);
  state::WatchedName name{1, "default", "alice@never.example", "v", state::NameState::kDegraded, false};
  const auto repair = state::wait_for(io, runs().repairs().begin(std::move(name)));
  ASSERT_FALSE(repair);
  EXPECT_EQ(repair.error().code(), base::Code::kResourceExhausted);
  EXPECT_THAT(engine.commands, IsEmpty());
}

TEST_F(MonitorRunsTest, ARepairIsOfAnyRevision) {
  const auto repairs = runs().repairs();
  EXPECT_TRUE(repairs.wanted("never.example"));
  EXPECT_FALSE(repairs.wanted("short.example"));
  state::WatchedName name{1, "default", "alice@never.example", "v", state::NameState::kDegraded, false};
  ASSERT_TRUE(state::wait_for(io, repairs.begin(std::move(name))));
  ASSERT_THAT(engine.commands, SizeIs(1));
  EXPECT_EQ(engine.commands.front().verb, Verb::kRepair);
  EXPECT_EQ(engine.commands.front().expected_revision, 0U);
}

}  // namespace
}  // namespace paynamed::process
