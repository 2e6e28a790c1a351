// The daemon dies while its update is on its way to the DNS server, or the server's answer never comes:
// whatever the server made of it, in the end the zone is what the daemon says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/serialize.hpp>

#include "tests/e2e/crash/scenario.hpp"
#include "tests/e2e/crash/update_proxy.hpp"

namespace paynamed::crash {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Fate = UpdateProxy::Fate;

constexpr std::chrono::seconds kPatience{30};
constexpr int kNoError = 0;
constexpr int kYxRrset = 7;  // a record is there that the update wants absent (RFC 2136 section 2.2)

class CrashUpdate : public testing::Test {
 protected:
  CrashUpdate() : proxy(lab.port()), stage(lab, options()) {}
  void SetUp() override { ASSERT_TRUE(stage.start()) << stage.daemon().log(); }
  void TearDown() override {
    EXPECT_THAT(stage.account().problems(), IsEmpty());
    EXPECT_EQ(stage.stop(), "");
    EXPECT_THAT(inspect_state(stage.copy_state(), stage.account()), IsEmpty());
  }

  Stage::Options options() const {
    Stage::Options out;
    out.update_port = proxy.port();
    return out;
  }
  void kill_and_restart() {
    stage.daemon().send_signal(SIGKILL);
    ASSERT_TRUE(stage.daemon().wait(kPatience).has_value());
    EXPECT_THAT(inspect_state(stage.copy_state(), stage.account()), IsEmpty());
    ASSERT_TRUE(stage.start()) << stage.daemon().log();
  }

  const fakes::KnotLab lab;
  UpdateProxy proxy;
  Stage stage;
  const NameWithEnding live{"alice@example.test", Ending::kLive, {}};
  const NameWithEnding free{"alice@halfdown.test", Ending::kFree, {}};
};

TEST_F(CrashUpdate, LostAnswerMakesNoSecondRecord) {
  proxy.next_update(Fate::kLoseAnswer);
  EXPECT_EQ(stage.customer().carry_through(Customer::registration(live.name)), "completed");
  EXPECT_EQ(proxy.updates(), 2);
  EXPECT_THAT(inspect_outside(stage, {live}), IsEmpty());
}

TEST_F(CrashUpdate, KilledBetweenTheRecordAndItsOutcome) {
  proxy.next_update(Fate::kLoseAnswer);
  stage.customer().place(Customer::registration(live.name));
  ASSERT_TRUE(proxy.wait_for_updates(1, kPatience));
  ASSERT_THAT(records_of(lab, live.name), SizeIs(1));
  kill_and_restart();
  EXPECT_EQ(stage.customer().rest(Customer::registration(live.name)), "completed");
  EXPECT_EQ(proxy.updates(), 2);
  EXPECT_THAT(inspect_outside(stage, {live}), IsEmpty());
}

TEST_F(CrashUpdate, UpdateOfADeadDaemonThatArrivesLateChangesNothing) {
  proxy.next_update(Fate::kHold);
  stage.customer().place(Customer::registration(live.name));
  ASSERT_TRUE(proxy.wait_for_updates(1, kPatience));
  ASSERT_THAT(records_of(lab, live.name), IsEmpty());
  kill_and_restart();
  EXPECT_EQ(stage.customer().rest(Customer::registration(live.name)), "completed");
  EXPECT_EQ(proxy.deliver_held(), kYxRrset);
  EXPECT_THAT(inspect_outside(stage, {live}), IsEmpty());
}

TEST_F(CrashUpdate, UpdateOfADeadDaemonThatArrivesAfterItsUndoIsTakenBackToo) {
  proxy.next_update(Fate::kHold);
  const std::string run = stage.customer().place(Customer::registration(free.name));
  ASSERT_TRUE(proxy.wait_for_updates(1, kPatience));
  kill_and_restart();
  stage.customer().await_event(free.name, "name.published");
  ASSERT_EQ(proxy.updates(), 2);
  const Answer cancelled = stage.customer().send("POST", "/v1/runs/" + run + "/cancel");
  EXPECT_EQ(cancelled.status, 202U) << boost::json::serialize(cancelled.body);
  // The undo has withdrawn the record; now the old update comes and puts it there again.
  ASSERT_TRUE(proxy.wait_for_updates(3, kPatience));
  ASSERT_EQ(proxy.deliver_held(), kNoError);
  EXPECT_EQ(stage.customer().rest(Customer::registration(free.name)), "compensated");
  EXPECT_EQ(proxy.updates(), 4);
  EXPECT_THAT(inspect_outside(stage, {free}), IsEmpty());
}

}  // namespace
}  // namespace paynamed::crash
