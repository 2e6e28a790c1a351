// No server is asked more often than the cap allows, whoever asks.
#include "monitor/query_budget.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/random.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Budget : testing::Test {
  base::ManualClock clock{base::WallTime{1'700'000'000s}};
  asio::io_context io;
  std::map<std::string, std::vector<base::MonotonicTime>> asked;
  std::map<std::string, bool> held;

  void spawn(asio::awaitable<void> work) { asio::co_spawn(io, std::move(work), asio::detached); }
  void settle() {
    io.restart();
    io.poll();
  }
  void pass(base::Duration time) {
    const auto end = clock.monotonic() + time;
    for (;;) {
      settle();
      const auto left = std::chrono::ceil<base::Duration>(end - clock.monotonic());
      if (left.count() <= 0) return;
      clock.advance(std::clamp(clock.until_next().value_or(left), base::Duration{1}, left));
    }
  }
  // The most in any second.
  std::size_t most_in_a_second(const std::string& server) {
    auto& times = asked[server];
    std::ranges::sort(times);
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] >= 1s) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }
};

asio::awaitable<void> ask(Budget& test, QueryBudget& budget, std::string server) {
  const base::Status may = co_await budget.take(server);
  if (!may.ok()) co_return;
  EXPECT_FALSE(test.held[server]) << "asked while somebody holds the server";
  test.asked[server].push_back(test.clock.monotonic());
}

// Asks all at once at an unknown moment while it holds the servers.
asio::awaitable<void> resolve(Budget& test, QueryBudget& budget, std::vector<std::string> servers,
                              int questions, base::Duration takes, base::Duration when) {
  auto hold = co_await budget.hold(servers);
  EXPECT_TRUE(hold);
  const base::Status quiet = co_await budget.quiet(*hold, questions);
  EXPECT_TRUE(quiet.ok());
  for (const auto& each : servers) EXPECT_FALSE(std::exchange(test.held[each], true));
  co_await base::sleep_for(test.clock, when);
  for (const auto& each : servers)
    test.asked[each].insert(test.asked[each].end(), static_cast<std::size_t>(questions),
                            test.clock.monotonic());
  co_await base::sleep_for(test.clock, takes - when);
  for (const auto& each : servers) test.held[each] = false;
}

TEST_F(Budget, ARandomLoadNeverExceedsTheCapAndUsesIt) {
  for (const double cap : {20.0, 50.0, 500.0, 3'000.0}) {
    asked.clear();
    base::SeededRandom random{7};
    QueryBudget budget({.queries_per_second = cap, .most_waiting = 200}, clock);
    const std::vector<std::string> servers{"192.0.2.1:53", "192.0.2.2:53", "[2001:db8::1]:53"};
    for (int i = 0; i < 400; ++i) {
      // Now and then a burst, now and then nothing.
      const auto burst = random.below(8) == 0 ? random.below(300) : random.below(6);
      for (std::uint64_t k = 0; k < burst; ++k)
        spawn(ask(*this, budget, servers[random.below(servers.size())]));
      if (random.below(40) == 0) {
        const auto takes = random.jitter(800ms);
        spawn(
            resolve(*this, budget, {servers[random.below(2)], servers[2]}, 16, takes, random.jitter(takes)));
      }
      pass(random.jitter(150ms));
    }
    pass(60s);
    for (const auto& server : servers) {
      EXPECT_LE(most_in_a_second(server), static_cast<std::size_t>(cap)) << cap;
      EXPECT_GT(asked[server].size(), 300U) << cap;
    }
  }
}

TEST_F(Budget, AllOfItCanBeUsed) {
  QueryBudget budget({.queries_per_second = 50, .most_waiting = 1'000}, clock);
  for (int i = 0; i < 491; ++i) spawn(ask(*this, budget, "a"));
  pass(10s);
  // The clock ticks in milliseconds.
  EXPECT_GE(asked["a"].size(), 470U);
  EXPECT_LE(most_in_a_second("a"), 50U);
}

TEST_F(Budget, ServersDoNotWaitForEachOther) {
  QueryBudget budget({.queries_per_second = 20}, clock);
  for (int i = 0; i < 30; ++i) spawn(ask(*this, budget, "busy"));
  spawn(ask(*this, budget, "idle"));
  settle();
  EXPECT_EQ(asked["busy"].size(), 1U);
  EXPECT_EQ(asked["idle"].size(), 1U);
}

asio::awaitable<void> keep(QueryBudget& budget, std::vector<base::Code>& codes) {
  const base::Status status = co_await budget.take("a");
  codes.push_back(status.code());
}

TEST_F(Budget, TooManyWhoWaitAreTurnedAway) {
  QueryBudget budget({.queries_per_second = 20, .most_waiting = 3}, clock);
  std::vector<base::Code> codes;
  for (int i = 0; i < 6; ++i) spawn(keep(budget, codes));
  settle();
  EXPECT_THAT(codes, testing::ElementsAre(base::Code::kOk, base::Code::kResourceExhausted,
                                          base::Code::kResourceExhausted));
  pass(1s);
  EXPECT_EQ(std::ranges::count(codes, base::Code::kOk), 4);
}

asio::awaitable<void> keep_patiently(QueryBudget& budget, std::vector<base::Code>& codes) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await keep(budget, codes);
}

TEST_F(Budget, WhoIsCancelledGivesHisPlaceBack) {
  QueryBudget budget({.queries_per_second = 20, .most_waiting = 1}, clock);
  std::vector<base::Code> codes;
  asio::cancellation_signal stop;
  spawn(keep(budget, codes));
  asio::co_spawn(io, keep_patiently(budget, codes),
                 asio::bind_cancellation_slot(stop.slot(), asio::detached));
  settle();
  stop.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_THAT(codes, testing::ElementsAre(base::Code::kOk, base::Code::kCancelled));
  spawn(keep(budget, codes));
  pass(1s);
  EXPECT_EQ(codes.back(), base::Code::kOk);
}

TEST_F(Budget, ServersOfLongAgoAreForgotten) {
  QueryBudget budget({.queries_per_second = 50}, clock);
  for (int i = 0; i < 10'001; ++i) spawn(ask(*this, budget, std::to_string(i)));
  settle();
  EXPECT_EQ(budget.known(), 10'001U);
  pass(10s);
  spawn(ask(*this, budget, "new"));
  settle();
  EXPECT_EQ(budget.known(), 1U);
}

}  // namespace
}  // namespace paynamed::monitor
