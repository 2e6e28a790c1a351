// When a domain is degraded, when it recovers, and that nothing is said twice.
#include "monitor/zone_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "monitor/registration_facts.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Serves = ZoneServerReport::Verdict;

constexpr const char* kDomain = "example.com";

struct ZoneWatchTest : state::StoreTest {
  base::ManualClock time{base::WallTime{1'750'000'000s}};
  base::SeededRandom random{1};
  observe::Metrics metrics;
  ZoneWatch::Settings watch_settings;
  std::vector<WatchedDomain> domains{{kDomain, {"default"}}};
  // What a look finds; by domain, good() without an entry.
  std::map<std::string, base::Result<ZoneFacts>> world;
  std::vector<std::pair<std::string, base::Duration>> seen;
  std::unique_ptr<ZoneWatch> watch;
  asio::cancellation_signal stop;
  bool ended = true;
  base::MonotonicTime began = time.monotonic();
  std::size_t quiet = 0;  // handlers of a write when nothing else happens

  ZoneWatchTest() { settings.synchronous_off_for_tests = true; }
  void SetUp() override {
    open();
    quiet = handlers_of_a_write();
  }
  void TearDown() override { stop_watch(); }

  ZoneFacts good() const {
    ZoneFacts facts;
    facts.zone = "example.com.";
    facts.parent = "com.";
    facts.ds = std::vector<DelegationSigner>{{11, 13, 2, "aa", true}};
    facts.keys = std::vector<SigningKey>{{11, 13, 257, true}};
    facts.name_servers = std::vector<std::string>{"ns1.example.com."};
    facts.servers = {{"ns1.example.com.", "192.0.2.1:53", Serves::kServes, "", 7}};
    facts.signatures = {{"SOA at ns1.example.com.", time.wall() - 24h, time.wall() + 13 * 24h}};
    facts.security = names::DomainSecurity{names::Security::kSecure, true, true, "it is signed"};
    return facts;
  }
  ZoneFacts bogus() const {
    ZoneFacts facts = good();
    facts.security = names::DomainSecurity{names::Security::kBogus, true, true, "it is broken"};
    return facts;
  }
  ZoneFacts without_ds() const {
    ZoneFacts facts = good();
    facts.ds->clear();
    facts.security = names::DomainSecurity{names::Security::kInsecure, true, true, "it is insecure"};
    return facts;
  }
  asio::awaitable<base::Result<ZoneFacts>> look(std::string domain) {
    seen.emplace_back(domain, std::chrono::round<base::Duration>(time.monotonic() - began));
    const auto found = world.find(domain);
    co_return found == world.end() ? base::Result<ZoneFacts>{good()} : found->second;
  }
  void start_watch() {
    watch = std::make_unique<ZoneWatch>(
        watch_settings, domains,
        ZoneWatch::Dependencies{io.get_executor(), *store, time, random, observe::Log::none(), metrics,
                                [this](std::string domain) { return look(std::move(domain)); }});
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
  void restart_watch() {
    stop_watch();
    reopen();
    seen.clear();
    began = time.monotonic();
    start_watch();
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
  // "type code-or-what", in order.
  std::vector<std::string> said(const std::string& tenant = "default") {
    std::vector<std::string> lines;
    const auto page = store->events_after(tenant, {}, 1000);
    for (const state::Event& event : page->events) {
      const auto data = json::parse(event.data).as_object();
      EXPECT_EQ(event.subject, std::string_view{data.at("domain").as_string()});
      std::string line = event.type;
      if (const auto* code = data.if_contains("code")) line += " " + std::string{code->as_string()};
      if (const auto* what = data.if_contains("what")) line += " " + json::serialize(*what);
      lines.push_back(line);
    }
    return lines;
  }
  state::DomainRow row(const std::string& tenant = "default") {
    const auto found = store->find_domain(tenant, kDomain);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : state::DomainRow{};
  }
  void know(const RegistrationFacts& facts) {
    state::DomainUpdate update;
    update.domain = kDomain;
    update.registration = json::serialize(to_json(facts));
    bool written = false;
    asio::co_spawn(io, store->record_domain(std::move(update)),
                   [&](std::exception_ptr, state::Result<void> done) { written = done.has_value(); });
    io.restart();
    while (!written) io.run_one();
  }
};

TEST_F(ZoneWatchTest, EveryDomainIsLookedAtSoonAfterTheFirstStartAndThenOnceAnInterval) {
  domains.clear();
  for (int i = 0; i < 40; ++i) domains.push_back({"d" + std::to_string(i) + ".com", {"default"}});
  start_watch();
  pass(61s);
  std::set<std::string> first;
  for (const auto& [domain, at] : seen) first.insert(domain);
  EXPECT_EQ(first.size(), 40U);
  pass(1h);
  seen.clear();
  pass(1h);
  EXPECT_EQ(seen.size(), 40U);
  // Spread over the interval: no quarter of it has more than half of them.
  std::map<std::int64_t, int> quarters;
  for (const auto& [domain, at] : seen) ++quarters[(at / 15min) % 4];
  for (const auto& [quarter, count] : quarters) EXPECT_LT(count, 20) << quarter;
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(ZoneWatchTest, TwoLooksHaveToAgreeBeforeADomainIsDegraded) {
  world[kDomain] = bogus();
  start_watch();
  pass(60s);
  ASSERT_FALSE(seen.empty());
  pass(60s);
  EXPECT_THAT(said(), ElementsAre("domain.degraded bogus"));
  EXPECT_TRUE(row().standing.degraded);
  EXPECT_EQ(row().standing.reason, "it is broken");
  EXPECT_GE(seen.at(1).second - seen.at(0).second, 30s);
  world.clear();
  pass(10min);
  EXPECT_THAT(said(), ElementsAre("domain.degraded bogus", "domain.recovered"));
  EXPECT_FALSE(row().standing.degraded);
  expect_sound();
}

TEST_F(ZoneWatchTest, OneBadLookIsNotSaid) {
  world[kDomain] = bogus();
  start_watch();
  while (seen.empty()) pass(1s);
  world.clear();
  pass(2h);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(ZoneWatchTest, AnotherTroubleIsSaidOnceItIsSeenTwice) {
  world[kDomain] = bogus();
  start_watch();
  pass(3min);
  ZoneFacts lame = good();
  lame.servers.push_back({"ns2.example.com.", "192.0.2.2:53", Serves::kLame, "it is lame", {}});
  world[kDomain] = lame;
  pass(2h);
  EXPECT_THAT(said(), ElementsAre("domain.degraded bogus", "domain.degraded lame_server"));
  world.clear();
  pass(3h);
  EXPECT_THAT(said(),
              ElementsAre("domain.degraded bogus", "domain.degraded lame_server", "domain.recovered"));
}

TEST_F(ZoneWatchTest, ALookThatCanAskNobodySaysNothingAndComesAgain) {
  start_watch();
  pass(61s);
  const auto looked = row().looked;
  world[kDomain] = base::fail(base::unavailable("no server answers"));
  pass(3h);
  EXPECT_GT(seen.size(), 3U);
  EXPECT_EQ(row().looked, looked);
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_domain_looks_total{result=\"unknown\"}"));
}

TEST_F(ZoneWatchTest, NothingIsSaidAgainAfterARestart) {
  world[kDomain] = bogus();
  start_watch();
  pass(3min);
  ASSERT_THAT(said(), SizeIs(1));
  restart_watch();
  pass(61s);
  EXPECT_THAT(seen, testing::Not(IsEmpty())) << "a degraded domain is looked at soon";
  pass(3h);
  EXPECT_THAT(said(), SizeIs(1));
  pass(60s);
  EXPECT_THAT(metrics.text(), HasSubstr("paynamed_domains_degraded 1"));
  world.clear();
  restart_watch();
  pass(61s);
  EXPECT_THAT(said(), ElementsAre("domain.degraded bogus", "domain.recovered"));
  pass(3h);
  restart_watch();
  pass(3h);
  EXPECT_THAT(said(), SizeIs(2));
}

TEST_F(ZoneWatchTest, ADomainThatWasLookedAtWaitsForItsTurnAfterARestart) {
  start_watch();
  pass(61s);
  restart_watch();
  pass(1s);
  EXPECT_THAT(seen, IsEmpty());
  pass(1h);
  EXPECT_THAT(seen, SizeIs(1));
}

TEST_F(ZoneWatchTest, AChangeIsSaidWithBeforeAndAfterOnceTwoLooksAgree) {
  start_watch();
  pass(61s);
  world[kDomain] = without_ds();
  pass(2h);
  ASSERT_THAT(said(), ElementsAre("domain.changed [\"ds\"]", "domain.degraded ds_absent"));
  const auto page = store->events_after("default", {}, 10);
  const auto data = json::parse(page->events.at(0).data).as_object();
  EXPECT_EQ(data.at("before").at("ds").as_array().size(), 1U);
  EXPECT_TRUE(data.at("after").at("ds").as_array().empty());
  EXPECT_TRUE(row().standing.changed);
  restart_watch();
  pass(2h);
  EXPECT_THAT(said(), SizeIs(2));
  world.clear();
  pass(2h);
  EXPECT_THAT(said(), SizeIs(4)) << "changed back, and recovered";
  expect_sound();
}

TEST_F(ZoneWatchTest, WhatCouldNotBeFoundOutIsNoChange) {
  start_watch();
  pass(61s);
  ZoneFacts partly = good();
  partly.ds.reset();
  partly.name_servers.reset();
  world[kDomain] = partly;
  pass(2h);
  world.clear();
  pass(2h);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(ZoneWatchTest, AZoneThatIsAnotherOneAtEveryLookIsNotLookedAtAllTheTime) {
  start_watch();
  pass(61s);
  seen.clear();
  for (int i = 0; i < 60; ++i) {
    ZoneFacts facts = good();
    facts.keys->front().key_tag = static_cast<std::uint16_t>(i);
    const std::size_t looks = seen.size();
    world[kDomain] = facts;
    while (seen.size() == looks) pass(10s);
    if (time.monotonic() - began > 12h) break;
  }
  EXPECT_LT(seen.size(), 60U);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(ZoneWatchTest, EveryTenantHearsOfItAndALaterOneOnlyWhatIsNewToIt) {
  domains = {{kDomain, {"default", "other"}}};
  world[kDomain] = bogus();
  start_watch();
  pass(3min);
  EXPECT_THAT(said("default"), ElementsAre("domain.degraded bogus"));
  EXPECT_THAT(said("other"), ElementsAre("domain.degraded bogus"));
  domains = {{kDomain, {"default", "other", "third"}}};
  restart_watch();
  pass(5min);
  EXPECT_THAT(said("default"), SizeIs(1));
  EXPECT_THAT(said("third"), ElementsAre("domain.degraded bogus"));
}

TEST_F(ZoneWatchTest, SignaturesThatAreNotRenewedAreAnnouncedOnce) {
  start_watch();
  pass(61s);
  ZoneFacts ending = good();
  ending.signatures = {{"SOA at ns1.example.com.", time.wall() - 13 * 24h, time.wall() + 24h}};
  world[kDomain] = ending;
  pass(4h);
  EXPECT_THAT(said(), ElementsAre("domain.expiring \"signatures\""));
  restart_watch();
  pass(4h);
  EXPECT_THAT(said(), SizeIs(1));
  pass(24h);
  EXPECT_THAT(said(), ElementsAre("domain.expiring \"signatures\"", "domain.degraded signatures_expired"));
  EXPECT_EQ(row().standing.signatures_end, ending.signatures.front().until);
}

TEST_F(ZoneWatchTest, ShortSignaturesThatAreRenewedAllTheTimeAreFine) {
  start_watch();
  for (int i = 0; i < 40; ++i) {
    ZoneFacts moving = good();
    moving.signatures = {{"SOA at ns1.example.com.", time.wall() - 30 * 24h, time.wall() + 24h}};
    world[kDomain] = moving;
    pass(15min);
  }
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(ZoneWatchTest, AHoldIsTheReasonOnceItIsConfirmed) {
  RegistrationFacts held;
  held.known = true;
  held.status = {"server hold"};
  judge_registration(kDomain, held);
  know(held);
  start_watch();
  pass(2h);
  EXPECT_THAT(said(), IsEmpty());
  held.confirmed = true;
  know(held);
  world[kDomain] = base::fail(base::not_found("there is no such domain"));
  watch->look_soon(kDomain);
  pass(3min);
  EXPECT_THAT(said(), ElementsAre("domain.degraded server_hold"));
  EXPECT_THAT(row().standing.reason, HasSubstr("serverHold"));
}

TEST_F(ZoneWatchTest, ARegistrationThatEndsSoonIsAnnouncedOnce) {
  RegistrationFacts facts;
  facts.known = true;
  facts.expires = time.wall() + 6h;
  watch_settings.announce_registration = 3h;
  know(facts);
  start_watch();
  pass(2h);
  EXPECT_THAT(said(), IsEmpty());
  pass(3h);
  EXPECT_THAT(said(), ElementsAre("domain.expiring \"registration\""));
  restart_watch();
  pass(3h);
  EXPECT_THAT(said(), SizeIs(1));
}

TEST_F(ZoneWatchTest, OnlyTheFirstDomainsHaveAMetricOfTheirOwn) {
  watch_settings.most_series = 1;
  domains.push_back({"b.com", {"default"}});
  start_watch();
  pass(2min);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("paynamed_domain_signature_end_seconds{domain=\"example.com\"} 1"));
  EXPECT_THAT(text, testing::Not(HasSubstr("b.com")));
  EXPECT_THAT(text, HasSubstr("paynamed_domains_first_signature_end_seconds 1"));
  EXPECT_THAT(text, HasSubstr("paynamed_domains_degraded 0"));
}

}  // namespace
}  // namespace paynamed::monitor
