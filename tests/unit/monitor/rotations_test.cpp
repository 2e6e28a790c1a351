// When a name is rotated by itself, and when not; and when the end of its offer is announced all the same.
#include "monitor/rotations.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "monitor/offer_ends.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using state::NameState;
using state::Verb;
using testing::ElementsAre;

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kBob = "bob@example.com";
constexpr const char* kValue = "bitcoin:?lno=lno1xyz";

struct RotationsTest : state::StoreTest {
  // When the offers that the author makes end.
  const base::WallTime end = *base::from_rfc3339("2030-01-01T00:00:00.000Z");
  const base::Duration before{7 * 24h};
  base::ManualClock time{end - before};
  base::SeededRandom random{1};
  Rotations::Settings rotation_settings;
  std::vector<std::string> begun;
  base::Status refusal;

  void SetUp() override {
    settings.synchronous_off_for_tests = true;
    StoreTest::open();
  }
  void come_to(base::WallTime when) {
    time.advance(std::chrono::duration_cast<base::Duration>(when - time.wall()));
  }
  RotationRuns runs() {
    RotationRuns runs;
    runs.before = [this](std::string_view domain) {
      return domain == "example.com" ? std::optional{before} : std::nullopt;
    };
    runs.longest = [this] { return before; };
    runs.begin = [this](std::string tenant, std::string name,
                        std::uint64_t revision) -> asio::awaitable<base::Result<void>> {
      if (!refusal.ok()) co_return base::fail(refusal);
      state::NewRun run = author.run(Verb::kRotate, name, "o1", tenant);
      run.expected_revision = revision;
      const auto accepted = co_await store->accept_run(std::move(run));
      if (!accepted) co_return base::fail(accepted.error());
      begun.push_back(name);
      co_return base::Result<void>{};
    };
    return runs;
  }
  Rotations::Round round() {
    author.now = time.wall();
    Rotations rotations{rotation_settings, runs(), *store, time};
    return state::wait_for(io, rotations.begin_due()).value();
  }
  std::size_t announce(base::Duration how_long_before) {
    OfferEnds ends{*store, time, random, observe::Log::none(), how_long_before, runs().before};
    return state::wait_for(io, ends.announce()).value();
  }
  // A run of the name that ends now.
  void run(Verb verb, const std::string& name, const std::string& type, const std::string& more = "") {
    author.now = time.wall();
    const state::NewRun run = author.run(verb, name);
    const auto accepted = accept(run);
    ASSERT_TRUE(accepted) << accepted.error().to_string();
    ASSERT_TRUE(record(accepted->key, 0, {}, {author.run_event(type, run, more)}));
  }
};

TEST_F(RotationsTest, BeginsInTimeAndNotBefore) {
  make_live(kAlice);
  EXPECT_EQ(round().begun, 0U);
  time.advance(1ms);
  EXPECT_EQ(round().begun, 1U);
  EXPECT_THAT(begun, ElementsAre(kAlice));
  EXPECT_EQ(round().begun, 0U) << "the run is open: never twice";
  StoreTest::reopen();
  EXPECT_EQ(round().begun, 0U) << "also after a restart";
}

TEST_F(RotationsTest, AnOfferThatHasEndedIsReplacedAsWell) {
  make_live(kAlice);
  come_to(end + 24h);
  EXPECT_EQ(round().begun, 1U);
}

TEST_F(RotationsTest, WhatWasAnnouncedIsRotatedAsWell) {
  time.advance(1ms);
  make_live(kAlice);
  OfferEnds ends{*store, time, random, observe::Log::none(), before};
  ASSERT_EQ(state::wait_for(io, ends.announce()).value(), 1U);
  EXPECT_EQ(round().begun, 1U);
}

TEST_F(RotationsTest, OnlyLiveNamesOfDomainsThatSayItAreRotated) {
  time.advance(1ms);
  make_live("alice@example.org");
  make_live(kBob);
  remove(kBob, end + 365 * 24h);
  make_live(kAlice);
  state::Standing standing{kAlice, kValue, NameState::kLive};
  std::vector<state::NewEvent> events{author.event(
      "name.degraded", kAlice, R"({"name":"alice@example.com","reason":"it is not there","code":"absent"})")};
  ASSERT_TRUE(state::wait_for(io, store->append_if("default", std::move(standing), std::move(events))));
  EXPECT_EQ(round().begun, 0U);
  Rotations none{rotation_settings, {}, *store, time};
  EXPECT_EQ(state::wait_for(io, none.begin_due()).value().begun, 0U);
}

TEST_F(RotationsTest, ANameWithAnOpenOrPausedRunIsPassedBy) {
  time.advance(1ms);
  make_live(kAlice);
  author.now = time.wall();
  const state::NewRun source = author.run(Verb::kSetSource, kAlice);
  const auto accepted = accept(source);
  EXPECT_EQ(round().begun, 0U);
  ASSERT_TRUE(record(accepted->key, 0, {},
                     {author.run_event("run.paused", source, R"(,"step":"publish","reason":"no key")")}));
  EXPECT_EQ(round().begun, 0U);
  ASSERT_TRUE(
      record(accepted->key, 0, {}, {author.run_event("run.compensated", source, R"(,"reason":"no key")")}));
  EXPECT_EQ(round().begun, 1U) << "its turn comes when the run has ended";
}

TEST_F(RotationsTest, OneThatWasTurnedBackIsTriedAgainAfterAWhile) {
  time.advance(1ms);
  make_live(kAlice);
  run(Verb::kRotate, kAlice, "run.compensated", R"(,"reason":"step 'offer': the node says no")");
  EXPECT_EQ(round().begun, 0U);
  time.advance(rotation_settings.again_after - 1s);
  EXPECT_EQ(round().begun, 0U);
  time.advance(1s);
  EXPECT_EQ(round().begun, 1U);
}

TEST_F(RotationsTest, ARefusalOfOneIsNoneOfTheOthersUnlessThereIsNoRoom) {
  time.advance(1ms);
  make_live(kAlice);
  make_live(kBob);
  refusal = base::failed_precondition("its node is retired");
  const auto refused = round();
  EXPECT_EQ(refused.refused, 2U);
  EXPECT_EQ(refused.last.message(), "its node is retired");
  refusal = base::resource_exhausted("too many runs");
  EXPECT_EQ(round().refused, 1U) << "nobody else is asked for";
  refusal = {};
  EXPECT_EQ(round().begun, 2U);
}

TEST_F(RotationsTest, ManyAreBegunInSeveralRoundsTheFirstToEndFirst) {
  time.advance(1ms);
  rotation_settings.most_at_once = 2;
  rotation_settings.page = 1;
  for (const char* name : {"a@example.com", "b@example.com", "c@example.org", "d@example.com"})
    make_live(name);
  EXPECT_EQ(round().begun, 2U);
  EXPECT_EQ(round().begun, 1U);
  EXPECT_THAT(begun, ElementsAre("a@example.com", "b@example.com", "d@example.com"));
}

TEST_F(RotationsTest, TheEndIsAnnouncedWhenTheRotationIsLong) {
  make_live(kAlice);
  make_live("alice@example.org");
  EXPECT_EQ(announce(30 * 24h), 1U) << "of the domain that rotates nothing";
  come_to(end - before / 2);
  EXPECT_EQ(announce(30 * 24h), 0U);
  time.advance(1ms);
  EXPECT_EQ(announce(30 * 24h), 1U) << "half of the time is over, and it is still there";
}

}  // namespace
}  // namespace paynamed::monitor
