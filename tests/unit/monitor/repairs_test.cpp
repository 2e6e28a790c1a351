// When a degraded name is repaired by itself, and when no more.
#include "monitor/repairs.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using state::NameState;
using state::Verb;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Repairs::Outcome::Kind;

constexpr const char* kAlice = "alice@example.com";

struct RepairsTest : state::StoreTest {
  base::ManualClock time{base::WallTime{1'700'000'000s}};
  std::vector<std::string> begun;
  base::Status refusal;
  std::unique_ptr<Repairs> repairs;

  void SetUp() override {
    settings.synchronous_off_for_tests = true;
    open();
    make_live(kAlice);
    restart();
  }
  void restart() {
    RepairRuns runs;
    runs.wanted = [](std::string_view domain) { return domain == "example.com"; };
    runs.begin = [this](state::WatchedName name) -> asio::awaitable<base::Result<void>> {
      begun.push_back(name.name);
      if (!refusal.ok()) co_return base::fail(refusal);
      co_return base::Result<void>{};
    };
    repairs = std::make_unique<Repairs>(Repairs::Settings{}, std::move(runs), *store, time);
  }
  static state::WatchedName alice(const std::string& name = kAlice) {
    return {1, "default", name, "bitcoin:?lno=lno1xyz", NameState::kDegraded, false};
  }
  static Finding wrong(const std::string& code = "absent") {
    return {Finding::Verdict::kWrong, code, "ns1.example.com. has no TXT record", {}};
  }
  Repairs::Outcome consider(state::WatchedName name = alice(), Finding finding = wrong()) {
    return state::wait_for(io, repairs->consider(std::move(name), std::move(finding)));
  }
  // A run of the name that ends now.
  base::Uuid run(Verb verb, const std::string& end = "run.completed", const std::string& more = "") {
    author.now = time.wall();
    const state::NewRun run = author.run(verb, kAlice);
    const auto accepted = accept(run);
    EXPECT_TRUE(accepted) << accepted.error().to_string();
    EXPECT_TRUE(record(accepted->key, 0, {}, {author.run_event(end, run, more)}));
    return run.id;
  }
};

TEST_F(RepairsTest, WhatPublishingMendsIsRepairedWhereTheDomainWantsIt) {
  for (const char* code : {"absent", "other_value", "extra_record"}) {
    EXPECT_EQ(consider(alice(), wrong(code)).kind, Kind::kBegun) << code;
  }
  for (const char* code : {"alias", "not_proven", "not_delegated", "something_new", ""}) {
    EXPECT_EQ(consider(alice(), wrong(code)).kind, Kind::kNotWanted) << code;
  }
  EXPECT_EQ(consider(alice("alice@example.org")).kind, Kind::kNotWanted);
  EXPECT_THAT(begun, ElementsAre(kAlice, kAlice, kAlice));
}

TEST_F(RepairsTest, WithoutAnybodyWhoRepairsNothingHappens) {
  Repairs none{Repairs::Settings{}, {}, *store, time};
  EXPECT_EQ(state::wait_for(io, none.consider(alice(), wrong())).kind, Kind::kNotWanted);
}

TEST_F(RepairsTest, ARefusalIsNoRepair) {
  refusal = base::aborted("alice has an open run");
  for (int i = 0; i < 5; ++i) {
    const auto outcome = consider();
    EXPECT_EQ(outcome.kind, Kind::kRefused);
    EXPECT_EQ(outcome.why.message(), "alice has an open run");
  }
  refusal = {};
  EXPECT_EQ(consider().kind, Kind::kBegun);
}

TEST_F(RepairsTest, AfterThreeRepairsInADayItStopsAndSaysSoOnce) {
  const base::WallTime first = time.wall();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(consider().kind, Kind::kBegun);
    run(Verb::kRepair);
    run(Verb::kRotate);
    time.advance(1h);
  }
  const auto stopped = consider();
  ASSERT_EQ(stopped.kind, Kind::kStopped);
  ASSERT_TRUE(stopped.said);
  EXPECT_EQ(stopped.said->type, "name.repair_stopped");
  EXPECT_EQ(stopped.said->subject, kAlice);
  const auto data = boost::json::parse(stopped.said->data).as_object();
  EXPECT_EQ(data.at("name").as_string(), kAlice);
  EXPECT_EQ(data.at("code").as_string(), "absent");
  EXPECT_EQ(data.at("repairs").as_int64(), 3);
  EXPECT_EQ(data.at("until").as_string(), base::to_rfc3339(first + 24h));
  EXPECT_THAT(std::string{data.at("reason").as_string()},
              HasSubstr("was repaired 3 times since 2023-11-14T22:13:20.000Z and is not true again: ns1"));
  EXPECT_EQ(consider().kind, Kind::kNotWanted) << "said once";
  EXPECT_EQ(begun.size(), 3U);

  // What is counted survives a restart; what was said is said again as the same event.
  reopen();
  restart();
  const auto again = consider();
  ASSERT_EQ(again.kind, Kind::kStopped);
  EXPECT_EQ(again.said->id, stopped.said->id);
  repairs->not_said(1);
  EXPECT_EQ(consider().kind, Kind::kStopped);

  time.advance(21h + 1s);
  EXPECT_EQ(consider().kind, Kind::kBegun) << "the first one is a day ago";
  run(Verb::kRepair);
  const auto later = consider();
  ASSERT_EQ(later.kind, Kind::kStopped);
  EXPECT_NE(later.said->id, stopped.said->id);
}

TEST_F(RepairsTest, ARepairThatDidNotSucceedCountsAndSaysWhy) {
  const std::string reason =
      "step 'publish': the server refuses the key" + std::string(400, '.') + "\xC3\xA4";
  for (int i = 0; i < 3; ++i) run(Verb::kRepair, "run.compensated", R"(,"reason":")" + reason + "\"");
  const auto stopped = consider();
  ASSERT_EQ(stopped.kind, Kind::kStopped);
  EXPECT_THAT(stopped.said->data, HasSubstr("the last repair did not succeed: step 'publish': the server"));
  EXPECT_LT(stopped.said->data.size(), 1'000U);
}

TEST_F(RepairsTest, RepairsAreFoundBehindManyOtherRuns) {
  for (int i = 0; i < 3; ++i) run(Verb::kRepair);
  for (int i = 0; i < 130; ++i) {
    time.advance(10s);
    run(Verb::kRotate);
  }
  EXPECT_EQ(consider().kind, Kind::kStopped);
  time.advance(24h);
  EXPECT_EQ(consider().kind, Kind::kBegun);
}

}  // namespace
}  // namespace paynamed::monitor
