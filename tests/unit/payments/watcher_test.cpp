// All nodes there are have a watch each: they come, go, and end together.
#include "payments/watcher.hpp"

#include <gmock/gmock.h>

#include "tests/unit/payments/payments_fixture.hpp"

namespace paynamed::payments {
namespace {

using State = WatchStatus::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct WatcherTest : PaymentsFixture {
  std::unique_ptr<Watcher> watcher;

  void start() {
    watcher = std::make_unique<Watcher>(io, services());
    watcher->start();
  }
  bool stop() {
    std::optional<bool> stopped;
    boost::asio::co_spawn(io, watcher->stop(base::Duration{60'000}),
                          [&](std::exception_ptr, bool all) { stopped = all; });
    until([&] { return stopped.has_value(); }, "the watcher stops");
    return stopped.value_or(false);
  }
  void TearDown() override {
    if (watcher) {
      EXPECT_TRUE(stop());
    }
  }
  std::vector<std::string> watched() {
    std::vector<std::string> all;
    for (const WatchStatus& each : watcher->statuses())
      all.push_back(each.node.instance + each.node.reference);
    return all;
  }
};

TEST_F(WatcherTest, TakesInWhatTheNodesTell) {
  pay("p1");
  start();
  until([this] { return events().size() == 1; });
  until([this] { return watcher->read_until("sandbox", "").has_value(); });
  EXPECT_TRUE(watcher->watches("sandbox", ""));
  EXPECT_FALSE(watcher->read_until("sandbox", "other"));
  EXPECT_THAT(metrics.text(), testing::HasSubstr("paynamed_payment_read_age_seconds{instance=\"sandbox\"}"));
}

TEST_F(WatcherTest, NodesComeAndGo) {
  start();
  until([this] { return backend.waiting == 1; });
  nodes.push_back({"sandbox", "n2", {}});
  pass(base::Duration{130'000});
  EXPECT_THAT(watched(), ElementsAre("sandbox", "sandboxn2"));
  nodes.push_back({"sandbox", "n3", {}});
  const auto told = time.wall();
  watcher->nodes_changed();
  until([this] { return watched().size() == 3; });
  EXPECT_LT(time.wall() - told, std::chrono::minutes{1});
  nodes.pop_back();
  nodes.erase(nodes.begin());
  watcher->refresh();
  pass(base::Duration{130'000});
  EXPECT_THAT(watched(), ElementsAre("sandboxn2"));
}

TEST_F(WatcherTest, AnInstanceThatIsGoneHasNoGauges) {
  nodes.push_back({"second", "", {}});
  start();
  until([this] { return watcher->read_until("second", "").has_value(); });
  until([this] { return watcher->read_until("sandbox", "").has_value(); });
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_payment_nodes_failing{instance=\"second\"}"));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_payment_read_age_seconds{instance=\"second\"}"));
  nodes.pop_back();
  watcher->nodes_changed();
  until([this] { return watched().size() == 1; });
  EXPECT_THAT(metrics.text(), Not(HasSubstr("_failing{instance=\"second\"}")));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("_seconds{instance=\"second\"}")));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_payment_nodes_failing{instance=\"sandbox\"}"));
}

TEST_F(WatcherTest, ANewWatchHasNoAgeBeforeItHasReadAll) {
  start();
  until([this] { return watcher->read_until("sandbox", "").has_value(); });
  EXPECT_THAT(metrics.text(), HasSubstr("_read_age_seconds{instance=\"sandbox\"}"));
  backend.description.set_network("not one");
  watcher->refresh();
  until([this] {
    const auto all = watcher->statuses();
    return all.size() == 1 && all.front().state == State::kFailing;
  });
  EXPECT_THAT(metrics.text(), Not(HasSubstr("_read_age_seconds{instance=\"sandbox\"}")));
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_payment_nodes_failing{instance=\"sandbox\"} 1"));
}

TEST_F(WatcherTest, ARefreshBeginsAnewAndTakesNothingInTwice) {
  pay("p1");
  start();
  until([this] { return backend.waiting == 1; });
  const auto described = std::ranges::count(backend.methods, "Describe");
  watcher->refresh();
  until([&] { return std::ranges::count(backend.methods, "Describe") > described; },
        "it asks anew what the node is");
  pay("p2");
  until([this] { return events().size() == 2; });
  EXPECT_EQ(events().size(), 2u);
  expect_sound();
}

TEST_F(WatcherTest, OnlyAFewNodesOfAnInstanceHaveACallWaiting) {
  nodes.clear();
  for (int i = 0; i < 10; ++i) nodes.push_back({"sandbox", "n" + std::to_string(i), {}});
  start();
  until([this] {
    const auto all = watcher->statuses();
    return all.size() == 10 &&
           std::ranges::all_of(all, [](const WatchStatus& each) { return each.state == State::kWaiting; });
  });
  pass(base::Duration{30'000});
  EXPECT_LE(backend.waiting, 4);
  EXPECT_GT(backend.waiting, 0);
}

TEST_F(WatcherTest, EndsWithNothingToWatch) {
  nodes.clear();
  start();
  pass(base::Duration{1'000});
  EXPECT_THAT(watched(), IsEmpty());
}

}  // namespace
}  // namespace paynamed::payments
