// What proves that the crash suite can fail: the same play on a daemon that does not sync, and known faults
// that the inspection has to find.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/name.hpp"
#include "tests/e2e/crash/scenario.hpp"

namespace paynamed::crash {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const Strike kBehindTheAnswer{"engine.commit.after", 3};

TEST(CrashControl, SynchronousOffLosesWhatWasAcknowledged) {
  const fakes::KnotLab lab;
  Stage::Options options;
  options.power_cut = true;
  options.synchronous_off = true;
  Stage stage{lab, options};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();
  const Scenario& registered = scenario("register");
  bool reached = false;
  const auto findings = play(stage, registered, registered.in_the_end("alice"), {kBehindTheAnswer}, reached);
  EXPECT_TRUE(reached);
  EXPECT_THAT(findings, Contains(HasSubstr("was acknowledged and is lost")));
}

// The same strike with the disk as it should be, so that the finding above is of the switch alone.
TEST(CrashControl, SynchronousFullLosesNothing) {
  const fakes::KnotLab lab;
  Stage::Options options;
  options.power_cut = true;
  Stage stage{lab, options};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();
  const Scenario& registered = scenario("register");
  bool reached = false;
  EXPECT_THAT(play(stage, registered, registered.in_the_end("alice"), {kBehindTheAnswer}, reached),
              IsEmpty());
  EXPECT_TRUE(reached);
}

TEST(CrashControl, InspectionFindsWhatIsNotAsPromised) {
  const fakes::KnotLab lab;
  Stage stage{lab, {}};
  ASSERT_TRUE(stage.start()) << stage.daemon().log();
  const Scenario& registered = scenario("register");
  Customer customer = stage.customer();
  ASSERT_EQ(registered.act(customer, "alice@example.test"), "completed");
  ASSERT_EQ(registered.act(customer, "bob@example.test"), "completed");
  const NameWithEnding alice = registered.in_the_end("alice");
  const NameWithEnding bob = registered.in_the_end("bob");
  ASSERT_THAT(inspect_outside(stage, {alice, bob}), IsEmpty());

  const auto owner = [](const NameWithEnding& name) { return base::Name::parse(name.name)->owner_name(); };
  const std::string value = records_of(lab, alice.name).at(0);
  lab.put_txt("example.test.", owner(alice), {value, "bitcoin:?lno=lno1second"});
  EXPECT_THAT(inspect_outside(stage, {alice}), Contains(HasSubstr("has the records")));
  lab.remove_txt("example.test.", owner(bob));
  EXPECT_THAT(inspect_outside(stage, {bob}), Contains(HasSubstr("has the records")));
  EXPECT_THAT(inspect_outside(stage, {{"carol@example.test", Ending::kLive, {}}}),
              Contains(HasSubstr("should be live")));

  // An offer at the node that the daemon knows nothing of.
  std::ofstream ledger(stage.ledger(), std::ios::app);
  ledger << R"({"offer_made":{"issuer":"bob@example.test","offer_id":"beef"}})" << std::endl;
  EXPECT_THAT(inspect_outside(stage, {bob}), Contains(HasSubstr("has an orphan: offer beef")));

  stage.account().acknowledge("a request", "01890000-0000-7000-8000-000000000000", alice.name);
  stage.account().served(9'999, "an event", "that never was");
  ASSERT_EQ(stage.stop(), "");
  const auto findings = inspect_state(stage.copy_state(), stage.account());
  EXPECT_THAT(findings, Contains(HasSubstr("was acknowledged and is lost")));
  EXPECT_THAT(findings, Contains(HasSubstr("was served and is lost")));
}

}  // namespace
}  // namespace paynamed::crash
