// Looks at names of a real DNS server: what they find, how much they ask, how many a second there can be.
#include "monitor/record_check.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <thread>

#include "monitor/zone_check.hpp"
#include "process/dns_checks.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/integration/dns/counting_relay.hpp"

namespace paynamed::names {
namespace {

namespace asio = boost::asio;
using monitor::Depth;
using monitor::Finding;
using namespace std::chrono_literals;
using Verdict = Finding::Verdict;

class RecordCheck : public testing::Test {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab_.reset(); }
  static fakes::KnotLab& lab() { return *lab_; }

  // Everything is asked at the lab's addresses, at this port.
  void make(std::uint16_t port, monitor::QueryBudget::Settings budget,
            monitor::RecordCheck::Settings settings = {}) {
    config::Dns dns;
    dns.trust_anchor = lab().anchor_file();
    dns.authoritative_port = port;
    dns.query_timeout = 1s;
    for (const char* zone : {"test.", "example.test.", "second.test."}) {
      config::DnsStub stub{zone, {}};
      for (const auto& address : lab().addresses()) stub.servers.push_back({address, port});
      dns.stubs.push_back(std::move(stub));
    }
    for (const auto& address : lab().addresses()) dns.root_hints.push_back({address, port});
    auto checks = process::DnsChecks::create(dns, {}, pool_.get_executor(), clock, random);
    ASSERT_TRUE(checks) << checks.error().to_string();
    dns_ = *std::move(checks);
    settings.port = port;
    check.reset();
    budget_ = std::make_unique<monitor::QueryBudget>(budget, clock);
    check = std::make_unique<monitor::RecordCheck>(settings, dns_->questions_of_monitor(), *budget_, clock);
  }
  static state::WatchedName watched(const std::string& user, const std::string& domain) {
    state::WatchedName name;
    name.name = user + "@" + domain;
    name.value = "bitcoin:?lno=lno1" + user;
    return name;
  }
  static void publish(const state::WatchedName& name) {
    const auto at = name.name.find('@');
    const std::string domain = name.name.substr(at + 1) + ".";
    lab().put_txt(domain, name.name.substr(0, at) + ".user._bitcoin-payment." + domain, {name.value});
  }
  Finding look(state::WatchedName name, Depth depth) {
    std::optional<Finding> found;
    asio::io_context io;
    asio::co_spawn(asio::make_strand(io), check->look(std::move(name), depth),
                   [&](std::exception_ptr, Finding finding) { found = std::move(finding); });
    io.run();
    return found.value_or(Finding{});
  }

  base::SystemClock clock;
  base::SystemRandom random;
  asio::thread_pool pool_{1};
  std::unique_ptr<process::DnsChecks> dns_;
  std::unique_ptr<monitor::QueryBudget> budget_;
  std::unique_ptr<monitor::RecordCheck> check;

 private:
  static inline std::unique_ptr<fakes::KnotLab> lab_;
};

TEST_F(RecordCheck, AProofOfOneQuestionHolds) {
  const auto alice = watched("alice", "example.test");
  publish(alice);
  make(lab().port(), {});
  const Finding first = look(alice, Depth::kOne);
  ASSERT_EQ(first.verdict, Verdict::kFine) << first.sentence;
  const Finding second = look(alice, Depth::kOne);
  ASSERT_EQ(second.verdict, Verdict::kFine) << second.sentence;
  ASSERT_TRUE(second.proof);
  EXPECT_EQ(second.proof->value, alice.value);
  EXPECT_EQ(second.proof->trunk, first.proof->trunk);
  EXPECT_EQ(second.proof->expires, first.proof->expires);
  EXPECT_GT(second.proof->expires, clock.wall());
}

// A load above the cap, on two zones of the same servers, with servers and keys found out anew all the time.
TEST_F(RecordCheck, NoServerIsAskedMoreOftenThanTheCapAllows) {
  std::vector<state::WatchedName> names;
  for (const char* domain : {"example.test", "second.test"}) {
    for (int i = 0; i < 4; ++i) names.push_back(watched("cap" + std::to_string(i), domain));
  }
  for (const auto& name : names) publish(name);
  CountingRelay relay(lab().addresses(), lab().port());
  monitor::RecordCheck::Settings settings;
  settings.zone_for = 3s;
  make(relay.port(), {.queries_per_second = 50, .most_waiting = 100}, settings);

  asio::io_context io;
  const auto end = clock.monotonic() + 12s;
  int fine = 0;
  int other = 0;
  std::string sentence;
  auto looker = [&](state::WatchedName name, base::Duration pause) -> asio::awaitable<void> {
    while (clock.monotonic() < end) {
      const Finding finding = co_await check->look(name, Depth::kOne);
      ++(finding.verdict == Verdict::kFine ? fine : other);
      if (finding.verdict != Verdict::kFine) sentence = finding.sentence;
      co_await base::sleep_for(clock, pause);
    }
  };
  for (std::size_t i = 0; i < 40; ++i) {
    asio::co_spawn(io, looker(names[i % names.size()], base::Duration{static_cast<int>(i * 7 % 50)}),
                   asio::detached);
  }
  io.run();
  EXPECT_EQ(other, 0) << sentence;
  EXPECT_GT(fine, 200);
  EXPECT_LE(relay.most_in_a_second(), 50U);
  std::printf("%d looks, %zu questions, at most %zu a second at one of %zu addresses\n", fine, relay.total(),
              relay.most_in_a_second(), lab().addresses().size());
}

// Domains beside names, with the same budget.
TEST_F(RecordCheck, NamesAndDomainsTogetherStayBelowTheCap) {
  std::vector<state::WatchedName> names;
  for (const char* domain : {"example.test", "second.test"}) {
    for (int i = 0; i < 4; ++i) names.push_back(watched("both" + std::to_string(i), domain));
  }
  for (const auto& name : names) publish(name);
  CountingRelay relay(lab().addresses(), lab().port());
  make(relay.port(), {.queries_per_second = 50, .most_waiting = 100});
  monitor::ZoneCheck::Settings settings;
  settings.port = relay.port();
  settings.parent_for = 2s;
  monitor::ZoneCheck zones{settings, dns_->questions_of_monitor(), *budget_, clock};

  asio::io_context io;
  const auto end = clock.monotonic() + 10s;
  int fine = 0;
  int looks = 0;
  std::string trouble;
  auto name_looker = [&](state::WatchedName name) -> asio::awaitable<void> {
    while (clock.monotonic() < end) {
      const Finding finding = co_await check->look(name, Depth::kOne);
      fine += finding.verdict == Verdict::kFine ? 1 : 0;
      co_await base::sleep_for(clock, base::Duration{20});
    }
  };
  auto zone_looker = [&](std::string domain) -> asio::awaitable<void> {
    while (clock.monotonic() < end) {
      const auto facts = co_await zones.look(domain);
      const bool is_whole = facts && facts->ds && facts->keys && facts->security && facts->security->usable();
      looks += is_whole ? 1 : 0;
      if (!is_whole) trouble = facts ? facts->why_no_security : facts.error().to_string();
    }
  };
  for (const auto& name : names) asio::co_spawn(io, name_looker(name), asio::detached);
  for (const char* domain : {"example.test", "second.test"})
    asio::co_spawn(asio::make_strand(io), zone_looker(domain), asio::detached);
  io.run();
  EXPECT_GT(fine, 20);
  EXPECT_GT(looks, 3) << trouble;
  EXPECT_LE(relay.most_in_a_second(), 50U);
  std::printf("%d looks at names and %d at domains, at most %zu questions a second at one address\n", fine,
              looks, relay.most_in_a_second());
}

TEST_F(RecordCheck, AProofAndASearchAskNoMoreThanIsReservedForThem) {
  const auto carol = watched("carol", "example.test");
  publish(carol);
  CountingRelay relay(lab().addresses(), lab().port());
  make(relay.port(), {.queries_per_second = 1'000});
  ASSERT_EQ(look(carol, Depth::kOne).verdict, Verdict::kFine);
  std::size_t most = 0;
  for (const auto& address : lab().addresses()) most = std::max(most, relay.questions(address).size());
  std::printf("a first look asks %zu questions, at most %zu at one address\n", relay.total(), most);
  // 16 for a proof, 8 for a search, and the look itself.
  EXPECT_LE(most, 25U);
}

TEST_F(RecordCheck, ManyLooksASecondWithoutACap) {
  std::vector<state::WatchedName> names;
  for (int i = 0; i < 50; ++i) names.push_back(watched("fast" + std::to_string(i), "example.test"));
  for (const auto& name : names) publish(name);
  make(lab().port(), {.queries_per_second = 1'000'000, .most_waiting = 1'000});
  ASSERT_EQ(look(names.front(), Depth::kOne).verdict, Verdict::kFine);

  asio::io_context io;
  std::atomic<int> fine{0};
  std::atomic<int> other{0};
  const auto end = clock.monotonic() + 3s;
  auto looker = [&](std::size_t i) -> asio::awaitable<void> {
    while (clock.monotonic() < end) {
      const Finding finding = co_await check->look(names[i % names.size()], Depth::kOne);
      ++(finding.verdict == Verdict::kFine ? fine : other);
    }
  };
  for (std::size_t i = 0; i < 64; ++i) asio::co_spawn(asio::make_strand(io), looker(i), asio::detached);
  std::thread second([&] { io.run(); });
  io.run();
  second.join();
  std::printf("%d looks a second\n", fine / 3);
  RecordProperty("looks_per_second", fine / 3);
  EXPECT_EQ(other, 0);
  EXPECT_GT(fine, 300);
}

}  // namespace
}  // namespace paynamed::names
