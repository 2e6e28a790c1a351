// When a name is degraded, when it recovers, and what a look that finds nobody to ask means.
#include "monitor/monitor.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/json/parse.hpp>
#include <deque>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using state::NameState;
using testing::ElementsAre;
using testing::IsEmpty;
using Verdict = Finding::Verdict;

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kValue = "bitcoin:?lno=lno1xyz";

Finding fine() {
  return {Verdict::kFine, {}, {}, {}};
}
Finding wrong() {
  return {Verdict::kWrong, "extra_record", "ns1.example.com. has 2 TXT records", {}};
}
Finding unknown() {
  return {Verdict::kUnknown, {}, "no server answers", {}};
}

struct MonitorTest : state::StoreTest {
  struct Seen {
    std::string name;
    Depth depth;
    base::Duration at;
  };
  base::ManualClock time{base::WallTime{1'700'000'000s}};
  base::SeededRandom random{1};
  observe::Metrics metrics;
  Monitor::Settings monitor_settings;
  // What a look finds; by name, fine without an entry.
  std::map<std::string, Finding> world;
  std::vector<Seen> seen;
  std::function<asio::awaitable<void>()> during_a_look;
  RepairRuns repair_runs;
  std::unique_ptr<Monitor> monitor;
  asio::cancellation_signal stop;
  bool ended = true;
  base::MonotonicTime began = time.monotonic();

  MonitorTest() {
    settings.synchronous_off_for_tests = true;
    monitor_settings.interval = 6h;
  }
  void SetUp() override { open(); }
  void TearDown() override { stop_monitor(); }

  asio::awaitable<Finding> look(state::WatchedName name, Depth depth) {
    seen.push_back({name.name, depth, std::chrono::round<base::Duration>(time.monotonic() - began)});
    if (during_a_look) co_await during_a_look();
    const auto found = world.find(name.name);
    co_return found == world.end() ? fine() : found->second;
  }
  void start_monitor() {
    auto look_at = [this](state::WatchedName name, Depth depth) { return look(std::move(name), depth); };
    monitor = std::make_unique<Monitor>(
        monitor_settings, Monitor::Dependencies{io.get_executor(), *store, time, random, observe::Log::none(),
                                                metrics, look_at, repair_runs});
    ended = false;
    asio::co_spawn(io, monitor->run(),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr) { ended = true; }));
    settle();
  }
  void stop_monitor() {
    stop.emit(asio::cancellation_type::terminal);
    for (int i = 0; i < 100 && !ended; ++i) pass(1s);
    EXPECT_TRUE(ended);
    monitor.reset();
  }
  // Beside the monitor, which never ends.
  state::Result<void> put(state::Proof proof) {
    std::optional<state::Result<void>> done;
    asio::co_spawn(io, store->put_proof("default", kAlice, std::move(proof)),
                   [&](std::exception_ptr, state::Result<void> result) { done = std::move(result); });
    io.restart();
    while (!done) io.run_one();
    return *done;
  }
  // Until nothing more happens without time: whoever wrote before the last write here has his answer.
  void settle() {
    std::size_t happened = 0;
    do {
      happened = 0;
      bool written = false;
      asio::co_spawn(io, store->put_proof("default", "nobody@example.com", {}),
                     [&](std::exception_ptr, state::Result<void>) { written = true; });
      io.restart();
      while (!written) io.run_one();
      io.restart();
      happened = io.poll();
    } while (happened != 0);
  }
  void pass(base::Duration how_long) {
    const auto end = time.monotonic() + how_long;
    for (;;) {
      settle();
      const auto left = std::chrono::ceil<base::Duration>(end - time.monotonic());
      if (left.count() <= 0) return;
      time.advance(std::clamp(time.until_next().value_or(left), base::Duration{1}, left));
    }
  }
  std::vector<std::string> events_of(const std::string& type) {
    std::vector<std::string> data;
    const auto page = store->events_after("default", {}, 1000);
    for (const state::Event& event : page->events) {
      if (event.type == type) data.push_back(event.data);
    }
    return data;
  }
  std::vector<base::Duration> looks_at(const std::string& name) {
    std::vector<base::Duration> times;
    for (const Seen& each : seen) {
      if (each.name == name) times.push_back(each.at);
    }
    return times;
  }
};

struct ShortInterval : MonitorTest {
  ShortInterval() {
    monitor_settings.interval = 60s;
    monitor_settings.second_look = 5s;
    monitor_settings.first_recheck = 10s;
  }
};

TEST_F(ShortInterval, EveryNameIsLookedAtOnceAnIntervalAtOneAddress) {
  for (int i = 0; i < 20; ++i) make_live("n" + std::to_string(i) + "@example.com");
  start_monitor();
  pass(60s);
  std::map<std::string, int> looks;
  for (const Seen& each : seen) {
    EXPECT_EQ(each.depth, Depth::kOne);
    ++looks[each.name];
  }
  EXPECT_EQ(looks.size(), 20U);
  for (const auto& [name, count] : looks) EXPECT_EQ(count, 1) << name;
  // Nothing comes at once.
  EXPECT_GT(seen.back().at - seen.front().at, 45s);
  EXPECT_THAT(events_of("name.degraded"), IsEmpty());
}

TEST_F(ShortInterval, ANameIsDegradedWhenASecondLookFindsItWrongAndRecoversByItself) {
  make_live(kAlice);
  world[kAlice] = wrong();
  start_monitor();
  pass(60s);
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen[0].depth, Depth::kOne);
  EXPECT_EQ(seen[1].depth, Depth::kAll);
  EXPECT_GE(seen[1].at - seen[0].at, 5s);
  EXPECT_LE(seen[1].at - seen[0].at, 6s);
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  const auto degraded = events_of("name.degraded");
  ASSERT_EQ(degraded.size(), 1U);
  const auto data = boost::json::parse(degraded.front()).as_object();
  EXPECT_EQ(data.at("name").as_string(), kAlice);
  EXPECT_EQ(data.at("code").as_string(), "extra_record");
  EXPECT_EQ(data.at("reason").as_string(), "ns1.example.com. has 2 TXT records");

  pass(300s);
  EXPECT_EQ(events_of("name.degraded").size(), 1U) << "said once";
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_EQ(seen[i].depth, Depth::kAll);
  world[kAlice] = fine();
  pass(70s);
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_EQ(events_of("name.recovered").size(), 1U);
  expect_sound();
}

struct RepairingMonitor : ShortInterval {
  std::vector<std::string> begun;
  // Whether the repair mends the record, or somebody breaks it again at once.
  bool mends = true;

  RepairingMonitor() {
    repair_runs.wanted = [](std::string_view domain) { return domain == "example.com"; };
    repair_runs.begin = [this](state::WatchedName name) { return repair(std::move(name)); };
  }
  asio::awaitable<state::Result<void>> repair(state::WatchedName name) {
    EXPECT_EQ(this->name(name.name).state, NameState::kDegraded);
    begun.push_back(name.name);
    author.now = time.wall();
    const state::NewRun run = author.run(state::Verb::kRepair, name.name);
    const auto accepted = co_await store->accept_run(run);
    if (!accepted) co_return base::fail(accepted.error());
    if (mends) world.erase(name.name);
    state::RunUpdate update{
        accepted->key,
        0,
        {},
        {author.published(run, kValue), author.live(run, kValue), author.run_event("run.completed", run)}};
    co_return co_await store->record(std::move(update));
  }
};

TEST_F(RepairingMonitor, ADegradedNameIsRepairedAtOnce) {
  make_live(kAlice);
  make_live("bob@example.org");
  world[kAlice] = wrong();
  world["bob@example.org"] = wrong();
  start_monitor();
  pass(70s);
  EXPECT_THAT(begun, ElementsAre(kAlice));
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_EQ(name("bob@example.org").state, NameState::kDegraded) << "its domain only reports";
  EXPECT_THAT(events_of("name.recovered"), IsEmpty()) << "the run says name.live";
  EXPECT_THAT(metrics.text(), testing::HasSubstr("paynamed_monitor_repairs_total{result=\"begun\"} 1\n"));
  expect_sound();
}

TEST_F(RepairingMonitor, WhatPublishingDoesNotMendIsOnlyReported) {
  make_live(kAlice);
  world[kAlice] = wrong();
  world[kAlice].code = "not_proven";
  start_monitor();
  pass(300s);
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  EXPECT_THAT(begun, IsEmpty());
}

TEST_F(RepairingMonitor, ANameThatIsDegradedAtTheStartIsRepairedToo) {
  make_live(kAlice);
  world[kAlice] = wrong();
  const auto wanted = std::exchange(repair_runs.wanted, {});
  start_monitor();
  while (events_of("name.degraded").empty()) pass(30s);
  stop_monitor();
  reopen();
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  repair_runs.wanted = wanted;
  start_monitor();
  pass(30s);
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  EXPECT_EQ(begun.size(), 1U);
  expect_sound();
}

TEST_F(RepairingMonitor, ARefusedRepairIsTriedAgainAtTheNextLook) {
  make_live(kAlice);
  world[kAlice] = wrong();
  int refused = 0;
  repair_runs.begin = [&](state::WatchedName) -> asio::awaitable<state::Result<void>> {
    ++refused;
    co_return base::fail(base::aborted("there is an open run"));
  };
  start_monitor();
  pass(200s);
  EXPECT_GE(refused, 3);
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  EXPECT_THAT(events_of("name.repair_stopped"), IsEmpty());
}

TEST_F(RepairingMonitor, WhoeverChangesTheRecordOnPurposeHasTheLastWord) {
  make_live(kAlice);
  world[kAlice] = wrong();
  mends = false;
  start_monitor();
  pass(1h);
  EXPECT_EQ(begun.size(), 3U);
  EXPECT_EQ(events_of("name.degraded").size(), 4U);
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  const auto stopped = events_of("name.repair_stopped");
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_THAT(stopped.front(), testing::HasSubstr("was repaired 3 times"));
  expect_sound();
}

TEST_F(ShortInterval, OneWrongAnswerDoesNotDegradeAName) {
  make_live(kAlice);
  world[kAlice] = wrong();
  start_monitor();
  while (seen.empty()) pass(1s);
  world[kAlice] = fine();
  pass(120s);
  EXPECT_THAT(events_of("name.degraded"), IsEmpty());
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
}

TEST_F(ShortInterval, OurOwnTroubleNeverDegradesAName) {
  make_live(kAlice);
  world[kAlice] = unknown();
  start_monitor();
  pass(600s);
  EXPECT_THAT(events_of("name.degraded"), IsEmpty());
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  const auto looks = looks_at(kAlice);
  ASSERT_GE(looks.size(), 4U);
  EXPECT_LE(looks[1] - looks[0], 13s) << "tried again sooner than its turn";
  EXPECT_GE(looks.back() - looks[looks.size() - 2], 59s) << "but not for ever as often";
}

TEST_F(ShortInterval, TroubleBetweenTwoWrongAnswersDoesNotClearTheName) {
  make_live(kAlice);
  world[kAlice] = wrong();
  start_monitor();
  while (seen.empty()) pass(1s);
  world[kAlice] = unknown();
  pass(10s);
  EXPECT_THAT(events_of("name.degraded"), IsEmpty());
  world[kAlice] = wrong();
  pass(60s);
  EXPECT_EQ(events_of("name.degraded").size(), 1U);
}

TEST_F(MonitorTest, ADegradedNameIsLookedAtSoonerAndSoonLessOften) {
  make_live(kAlice);
  world[kAlice] = wrong();
  monitor_settings.interval = 1h;
  start_monitor();
  while (events_of("name.degraded").empty()) pass(30s);
  const std::size_t before = looks_at(kAlice).size();
  pass(31min);
  const auto looks = looks_at(kAlice);
  // After about 1, 2, 4, 8 and 16 minutes.
  ASSERT_GE(looks.size(), before + 4);
  ASSERT_LE(looks.size(), before + 5);
  EXPECT_LE(looks[before] - looks[before - 1], 68s);
  EXPECT_GE(looks[before + 3] - looks[before + 2], 8min);
}

TEST_F(ShortInterval, ADegradedNameIsTakenUpSoonAfterARestart) {
  monitor_settings.interval = 600s;
  make_live(kAlice);
  world[kAlice] = wrong();
  start_monitor();
  while (events_of("name.degraded").empty()) pass(30s);
  stop_monitor();
  reopen();
  EXPECT_EQ(name(kAlice).state, NameState::kDegraded);
  world[kAlice] = fine();
  start_monitor();
  pass(11s);
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  expect_sound();
}

TEST_F(ShortInterval, AChangeMadeMeanwhileWins) {
  make_live(kAlice);
  world[kAlice] = wrong();
  bool rotated = false;
  during_a_look = [&]() -> asio::awaitable<void> {
    if (seen.back().depth != Depth::kAll || std::exchange(rotated, true)) co_return;
    auto accepted = co_await store->accept_run(author.run(state::Verb::kRotate, kAlice));
    EXPECT_TRUE(accepted);
  };
  start_monitor();
  pass(60s);
  ASSERT_TRUE(rotated);
  EXPECT_THAT(events_of("name.degraded"), IsEmpty());
  const std::size_t looks = seen.size();
  pass(120s);
  EXPECT_EQ(seen.size(), looks) << "a run is at work on the name";
  EXPECT_EQ(name(kAlice).state, NameState::kLive);
  expect_sound();
}

TEST_F(ShortInterval, OnlyNamesWithARecordAreLookedAt) {
  ASSERT_TRUE(accept(author.run(state::Verb::kRegister, "busy@example.com")));
  make_live("gone@example.com");
  remove("gone@example.com", author.now + std::chrono::days{365});
  start_monitor();
  pass(130s);
  EXPECT_THAT(seen, IsEmpty());
}

TEST_F(ShortInterval, AsManyLooksAsAllowedRunAtOnceAndTheRestLags) {
  for (int i = 0; i < 30; ++i) make_live("n" + std::to_string(i) + "@example.com");
  monitor_settings.looks_at_once = 4;
  monitor_settings.interval = 10s;
  int running = 0;
  int most = 0;
  during_a_look = [&]() -> asio::awaitable<void> {
    most = std::max(most, ++running);
    co_await base::sleep_for(time, 20s);
    --running;
  };
  start_monitor();
  pass(60s);
  EXPECT_EQ(most, 4);
  EXPECT_THAT(metrics.text(), testing::ContainsRegex("paynamed_monitor_lag_seconds [1-9]"));
  stop_monitor();
  EXPECT_EQ(running, 0);
}

TEST_F(ShortInterval, AnEndingProofIsReplacedAndAGoodOneIsNot) {
  make_live(kAlice);
  const auto proof_until = [&](base::Duration left) {
    state::Proof proof;
    proof.value = kValue;
    proof.leaf = {1};
    proof.trunk = {2};
    proof.made = time.wall();
    proof.valid_from = time.wall() - 240h;
    proof.expires = time.wall() + left;
    return proof;
  };
  const auto stored_until = [&] { return (*store->find_proof(kAlice))->expires; };
  const auto good = proof_until(96h);
  ASSERT_TRUE(put(good));
  Finding found = fine();
  found.proof = proof_until(200h);
  world[kAlice] = found;
  start_monitor();
  pass(61s);
  EXPECT_EQ(stored_until(), good.expires);

  ASSERT_TRUE(put(proof_until(23h)));
  pass(61s);
  EXPECT_EQ(stored_until(), found.proof->expires);
  EXPECT_EQ(events_of("name.live").size(), 1U);
}

TEST_F(MonitorTest, AProofThatEndsBeforeTheNextTurnIsNotForgotten) {
  make_live(kAlice);
  monitor_settings.interval = std::chrono::days{20};
  state::Proof proof;
  proof.value = kValue;
  proof.leaf = {1};
  proof.trunk = {2};
  proof.expires = time.wall() + 20h;
  ASSERT_TRUE(put(proof));
  start_monitor();
  pass(1h);
  EXPECT_EQ(looks_at(kAlice).size(), 1U);
}

TEST_F(ShortInterval, TheEndOfAnOfferInDnsIsSaidOnce) {
  make_live(kAlice);
  const auto end = *base::from_rfc3339("2030-01-01T00:00:00.000Z");
  monitor_settings.announce_offers = std::chrono::floor<base::Duration>(end - time.wall()) - 90s;
  start_monitor();
  pass(60s);
  EXPECT_THAT(events_of("offer.expiring"), IsEmpty());
  pass(90s);
  EXPECT_THAT(
      events_of("offer.expiring"),
      ElementsAre(R"({"name":"alice@example.com","offer_id":"0f0f","expires":"2030-01-01T00:00:00.000Z"})"));
  stop_monitor();
  reopen();
  start_monitor();
  pass(120s);
  EXPECT_EQ(events_of("offer.expiring").size(), 1U);
  expect_sound();
}

TEST_F(ShortInterval, AnOfferThatIsNotInDnsIsNotAnnounced) {
  const state::NewRun run = author.run(state::Verb::kRegister, kAlice);
  const auto accepted = accept(run);
  ASSERT_TRUE(record(
      accepted->key, 0, {},
      {author.offer_created(run, "0f0f"), author.offer_created(run, "0aaa"), author.published(run, kValue),
       author.live(run, kValue), author.run_event("run.completed", run)}));
  monitor_settings.announce_offers = std::chrono::days{365 * 20};
  start_monitor();
  pass(60s);
  EXPECT_EQ(events_of("offer.expiring").size(), 1U) << "the one of the record, 0f0f";
}

}  // namespace
}  // namespace paynamed::monitor
