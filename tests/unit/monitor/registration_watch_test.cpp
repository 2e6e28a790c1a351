// When registrations are asked about, and what two answers have to agree on.
#include "monitor/registration_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>

#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kDomain = "example.com";

struct RegistrationWatchTest : state::StoreTest {
  base::ManualClock time{base::WallTime{1'750'000'000s}};
  base::SeededRandom random{1};
  observe::Metrics metrics;
  std::vector<std::string> domains{kDomain};
  // What the registry says; active without an entry.
  std::map<std::string, base::Result<RegistrationFacts>> world;
  std::vector<std::pair<std::string, base::Duration>> asked;
  std::vector<std::string> news;
  std::unique_ptr<RegistrationWatch> watch;
  asio::cancellation_signal stop;
  bool ended = true;
  base::MonotonicTime began = time.monotonic();
  std::size_t quiet = 0;  // handlers of a write when nothing else happens

  RegistrationWatchTest() { settings.synchronous_off_for_tests = true; }
  void SetUp() override {
    open();
    quiet = handlers_of_a_write();
  }
  void TearDown() override { stop_watch(); }

  RegistrationFacts active() const {
    RegistrationFacts facts;
    facts.known = true;
    facts.asked = time.wall();
    facts.status = {"active"};
    return facts;
  }
  asio::awaitable<base::Result<RegistrationFacts>> ask(std::string domain) {
    asked.emplace_back(domain, std::chrono::round<base::Duration>(time.monotonic() - began));
    const auto found = world.find(domain);
    base::Result<RegistrationFacts> answer = found == world.end() ? active() : found->second;
    if (answer) {
      answer->asked = time.wall();
      judge_registration(domain, *answer);
    }
    co_return answer;
  }
  void start_watch() {
    RegistrationWatch::Dependencies with{io.get_executor(),
                                         *store,
                                         time,
                                         random,
                                         observe::Log::none(),
                                         metrics,
                                         [this](std::string domain) { return ask(std::move(domain)); },
                                         [this](const std::string& domain) { news.push_back(domain); }};
    watch = std::make_unique<RegistrationWatch>(RegistrationWatch::Settings{}, domains, std::move(with));
    ended = false;
    asio::co_spawn(io, watch->run(),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr thrown) {
                     EXPECT_FALSE(thrown);
                     ended = true;
                   }));
    settle();
  }
  void stop_watch() {
    stop.emit(asio::cancellation_type::terminal);
    for (int i = 0; i < 100 && !ended; ++i) pass(1s);
    EXPECT_TRUE(ended);
    watch.reset();
  }
  // A write and all that happens until its answer has come: whoever wrote before it has his answer, too.
  std::size_t handlers_of_a_write() {
    bool written = false;
    asio::co_spawn(io, store->put_proof("default", "nobody@example.com", {}),
                   [&](std::exception_ptr, state::Result<void>) { written = true; });
    io.restart();
    std::size_t ran = 0;
    while (!written) ran += io.run_one();
    io.restart();
    return ran + io.poll();
  }
  // Until nothing but the write here happens without time.
  void settle() {
    for (int i = 0; i < 100 && handlers_of_a_write() > quiet; ++i) {
    }
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
  RegistrationFacts known() {
    const auto row = store->find_domain("default", kDomain);
    EXPECT_TRUE(row && *row);
    return row && *row ? registration_facts_from(object_from((*row)->registration)) : RegistrationFacts{};
  }
  void hold(const char* status) {
    RegistrationFacts facts = active();
    facts.status = {status};
    world.insert_or_assign(kDomain, facts);
  }
};

TEST_F(RegistrationWatchTest, EachDomainIsAskedAboutOnceADayAndNeverTwoAtOnce) {
  domains = {"a.com", "b.com", "c.com"};
  start_watch();
  pass(2min);
  ASSERT_THAT(asked, SizeIs(3));
  for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_GE(asked[i].second - asked[i - 1].second, 2s);
  pass(23h);
  EXPECT_THAT(asked, SizeIs(3));
  pass(5h);
  EXPECT_THAT(asked, SizeIs(6));
  EXPECT_THAT(news, IsEmpty());
}

TEST_F(RegistrationWatchTest, ARestartAsksNothingAgain) {
  start_watch();
  pass(2min);
  stop_watch();
  reopen();
  start_watch();
  pass(20h);
  EXPECT_THAT(asked, SizeIs(1));
  EXPECT_TRUE(known().known);
}

TEST_F(RegistrationWatchTest, AHoldCountsWhenTwoAnswersSaySo) {
  hold("server hold");
  start_watch();
  pass(2min);
  EXPECT_EQ(known().code, "server_hold");
  EXPECT_FALSE(known().confirmed);
  EXPECT_THAT(news, IsEmpty());
  pass(15min);
  EXPECT_THAT(asked, SizeIs(2));
  EXPECT_TRUE(known().confirmed);
  EXPECT_THAT(news, ElementsAre(kDomain));
  world.clear();
  pass(2h);
  EXPECT_FALSE(known().confirmed);
  EXPECT_EQ(known().code, "");
  EXPECT_THAT(news, SizeIs(2));
}

TEST_F(RegistrationWatchTest, AHoldThatBecomesAnotherOneIsOnHoldAllTheTime) {
  hold("redemption period");
  start_watch();
  pass(20min);
  EXPECT_TRUE(known().confirmed);
  hold("pending delete");
  pass(80min);
  EXPECT_EQ(known().code, "pending_delete");
  EXPECT_TRUE(known().confirmed);
  EXPECT_THAT(news, SizeIs(2));
}

TEST_F(RegistrationWatchTest, ARegistryThatDoesNotAnswerChangesNothingAndIsNotPestered) {
  hold("server hold");
  start_watch();
  pass(20min);
  world.insert_or_assign(kDomain, base::fail(base::unavailable("nobody answers")));
  asked.clear();
  pass(24h);
  EXPECT_LT(asked.size(), 10U);
  EXPECT_TRUE(known().confirmed);
  world.insert_or_assign(kDomain, base::fail(base::resource_exhausted("later").with_retry_after(40'000'000)));
  pass(24h);
  asked.clear();
  pass(11h);
  EXPECT_LE(asked.size(), 1U);
}

TEST_F(RegistrationWatchTest, AnExpiryIsNews) {
  RegistrationFacts facts = active();
  facts.expires = time.wall() + 300 * 24h;
  world.insert_or_assign(kDomain, facts);
  start_watch();
  pass(2min);
  EXPECT_THAT(news, ElementsAre(kDomain));
  pass(30h);
  EXPECT_THAT(news, SizeIs(1)) << "the same one is none";
  EXPECT_EQ(known().expires, facts.expires);
}

TEST_F(RegistrationWatchTest, WithoutDomainsItEnds) {
  domains.clear();
  start_watch();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace paynamed::monitor
