// What recursive resolvers say, each word of it, against scripted ones.
#include "names/resolvers.hpp"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "tests/fakes/dns/fake_dns_server.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
using fakes::fake_cname;
using fakes::fake_soa;
using fakes::fake_txt;
using fakes::FakeDnsServer;
using fakes::FakeQuestion;
using fakes::FakeReply;
using tests::run;

constexpr char kOwner[] = "alice.user._bitcoin-payment.example.test.";
constexpr char kValue[] = "bitcoin:?lno=lno1x";

FakeReply with_txt(std::vector<std::string> values) {
  FakeReply reply;
  reply.authoritative = false;
  for (auto& value : values) reply.answer.push_back(fake_txt(kOwner, {std::move(value)}, 120));
  return reply;
}

FakeReply denial(std::uint16_t rcode) {
  FakeReply reply;
  reply.authoritative = false;
  reply.rcode = rcode;
  reply.authority = {fake_soa("example.test.")};
  reply.authority[0].ttl = 30;
  return reply;
}

FakeReply failure(std::uint16_t rcode) {
  FakeReply reply;
  reply.authoritative = false;
  reply.rcode = rcode;
  return reply;
}

struct ResolversTest : testing::Test {
  base::SystemClock clock;
  base::SeededRandom random{5};
  boost::asio::thread_pool pool{1};
  net::ResolverTransport transport{pool.get_executor(), clock, random, *net::TlsPolicy::create()};

  std::vector<ResolverReport> check(const std::vector<net::Endpoint>& endpoints) {
    std::vector<net::DnsResolver> resolvers;
    for (const auto& each : endpoints) resolvers.push_back(net::plain_resolver(each));
    const Resolvers asked(transport, clock, resolvers, base::Duration{500});
    return run(asked.check(kOwner, kValue));
  }
};

net::Endpoint endpoint_of(const FakeDnsServer& server) {
  return *net::parse_endpoint(server.address(), server.port());
}

TEST_F(ResolversTest, EachAnswerHasItsVerdict) {
  struct Case {
    std::string what;
    FakeReply reply;
    ResolverVerdict verdict;
    std::uint32_t cached_seconds;
    std::string says;
  };
  FakeReply alias;
  alias.answer = {fake_cname(kOwner, "elsewhere.test."), fake_txt("elsewhere.test.", {kValue}, 9)};
  FakeReply silence;
  silence.drop = true;
  using enum ResolverVerdict;
  const std::vector<Case> table = {
      {"the value", with_txt({kValue}), kHasIt, 120, "has the record"},
      {"behind an alias", alias, kHasIt, 9, "has the record"},
      {"the value of before", with_txt({"bitcoin:?lno=lno1old"}), kOtherValue, 120, "for up to 120 s"},
      {"two records", with_txt({kValue, "v=spf1"}), kExtraRecord, 120, "2 TXT records"},
      {"NXDOMAIN", denial(3), kAbsent, 5, "NXDOMAIN"},
      {"no data", denial(0), kAbsent, 5, "for up to 5 s"},
      {"SERVFAIL", failure(2), kServerError, 0, "do not validate there"},
      {"REFUSED", failure(5), kRefused, 0, "refuses our questions"},
      {"silence", silence, kTimeout, 0, "did not answer"},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    FakeDnsServer server([&](const FakeQuestion& question) {
      EXPECT_TRUE(question.recursion_desired);
      return each.reply;
    });
    const auto rows = check({endpoint_of(server)});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(to_string(rows[0].verdict), to_string(each.verdict));
    EXPECT_EQ(rows[0].cached_seconds, each.cached_seconds);
    EXPECT_NE(rows[0].sentence.find(each.says), std::string::npos) << rows[0].sentence;
  }
}

TEST_F(ResolversTest, AllAreAskedAndNoneOfThemHoldsTheOthers) {
  FakeReply silence;
  silence.drop = true;
  FakeDnsServer silent([&](const FakeQuestion&) { return silence; });
  FakeDnsServer good([](const FakeQuestion&) { return with_txt({kValue}); }, "127.0.0.2");
  const auto rows = check({endpoint_of(silent), endpoint_of(good), *net::parse_endpoint("127.0.0.9", 9)});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].verdict, ResolverVerdict::kTimeout);
  EXPECT_EQ(rows[1].verdict, ResolverVerdict::kHasIt);
  EXPECT_EQ(rows[2].verdict, ResolverVerdict::kUnreachable);
  EXPECT_EQ(summary_of(rows).find("1 of 3 resolvers have it; "), 0u) << summary_of(rows);
}

TEST(ResolverQuorum, CountsThoseThatCouldBeAsked) {
  using enum ResolverVerdict;
  struct Case {
    std::vector<ResolverVerdict> verdicts;
    bool all, majority, one;
  };
  const std::vector<Case> table = {
      {{kHasIt, kHasIt}, true, true, true},
      {{kHasIt, kNotChecked}, true, true, true},
      {{kHasIt, kAbsent}, false, false, true},
      {{kHasIt, kHasIt, kTimeout}, false, true, true},
      {{kAbsent, kOtherValue}, false, false, false},
      {{kNotChecked, kNotChecked}, false, false, false},
      {{}, false, false, false},
  };
  for (const auto& each : table) {
    std::vector<ResolverReport> rows(each.verdicts.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].verdict = each.verdicts[i];
    EXPECT_EQ(is_enough(rows, Quorum::kAll), each.all) << summary_of(rows);
    EXPECT_EQ(is_enough(rows, Quorum::kMajority), each.majority) << summary_of(rows);
    EXPECT_EQ(is_enough(rows, Quorum::kOne), each.one) << summary_of(rows);
  }
}

}  // namespace
}  // namespace paynamed::names
