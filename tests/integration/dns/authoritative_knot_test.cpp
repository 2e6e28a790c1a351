// The same check against a real knotd with a private root.
#include <gtest/gtest.h>

#include "names/authoritative.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
namespace asio = boost::asio;
using tests::run;

constexpr base::Duration kTimeout{10'000};

struct AuthoritativeKnotTest : testing::Test {
  static std::unique_ptr<fakes::KnotLab> lab;
  static void SetUpTestSuite() { lab = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab.reset(); }

  base::SystemClock clock;
  base::SystemRandom random;
  net::DnsTransport transport{clock, random};

  Authoritative authoritative(base::Duration query_timeout = base::Duration{2'000}) {
    AuthoritativeSettings settings;
    for (const auto& address : lab->addresses()) settings.roots.push_back(asio::ip::make_address(address));
    settings.port = lab->port();
    settings.query_timeout = query_timeout;
    return {transport, clock, settings};
  }
  PropagationReport check(const std::string& owner, std::optional<std::string> wanted) {
    const Authoritative checker = authoritative();
    auto found = run(checker.servers_of(owner, kTimeout));
    if (!found) {
      ADD_FAILURE() << found.error().to_string();
      return {};
    }
    return run(checker.check(std::move(*found), owner, std::move(wanted)));
  }
};
std::unique_ptr<fakes::KnotLab> AuthoritativeKnotTest::lab;

TEST_F(AuthoritativeKnotTest, BothAddressesAreFoundAndHaveTheRecord) {
  const PropagationReport report =
      check("fixed.user._bitcoin-payment.example.test.", "bitcoin:?lno=lno1fixed");
  EXPECT_EQ(report.zone, "example.test.");
  ASSERT_EQ(report.addresses.size(), 2u);
  for (const auto& row : report.addresses) EXPECT_EQ(row.verdict, AddressVerdict::kHasIt) << row.sentence;
  EXPECT_TRUE(report.everywhere());
}

TEST_F(AuthoritativeKnotTest, ALongValueComesByTcpWhenItMust) {
  const std::string owner = "long.user._bitcoin-payment.example.test.";
  const std::string value = "bitcoin:?lno=lno1" + std::string(1'800, 'q');
  EXPECT_EQ(check(owner, value).addresses.at(0).verdict, AddressVerdict::kAbsent);
  lab->put_txt("example.test.", owner, {value});
  EXPECT_TRUE(check(owner, value).everywhere());
  lab->remove_txt("example.test.", owner);
  EXPECT_TRUE(check(owner, std::nullopt).everywhere());
}

TEST_F(AuthoritativeKnotTest, AliasAndSecondRecordAreSeen) {
  EXPECT_EQ(check("alias.user._bitcoin-payment.example.test.", "x").addresses.at(0).verdict,
            AddressVerdict::kAlias);
  EXPECT_EQ(check("twice.user._bitcoin-payment.example.test.", "x").addresses.at(0).verdict,
            AddressVerdict::kExtraRecord);
}

TEST_F(AuthoritativeKnotTest, OneOfThreeAddressesIsDown) {
  const PropagationReport report =
      check("fixed.user._bitcoin-payment.halfdown.test.", "bitcoin:?lno=lno1fixed");
  ASSERT_EQ(report.addresses.size(), 3u);
  EXPECT_FALSE(report.everywhere());
  int down = 0;
  for (const auto& row : report.addresses) {
    if (row.server == "dead.halfdown.test.") {
      ++down;
      EXPECT_EQ(row.verdict, AddressVerdict::kUnreachable) << row.sentence;
    } else {
      EXPECT_EQ(row.verdict, AddressVerdict::kHasIt) << row.sentence;
    }
  }
  EXPECT_EQ(down, 1);
}

TEST_F(AuthoritativeKnotTest, ALameDelegationIsNamed) {
  const Authoritative checker = authoritative();
  const auto found = run(checker.servers_of("a.user._bitcoin-payment.lame.test.", kTimeout));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), base::Code::kFailedPrecondition);
  EXPECT_NE(found.error().message().find("lame.test."), std::string::npos) << found.error().message();
}

TEST_F(AuthoritativeKnotTest, AServerThatHangsIsATimeoutForBothAddresses) {
  const Authoritative checker = authoritative(base::Duration{300});
  const std::string owner = "fixed.user._bitcoin-payment.example.test.";
  auto found = run(checker.servers_of(owner, kTimeout));
  ASSERT_TRUE(found);
  lab->pause();
  const PropagationReport report = run(checker.check(std::move(*found), owner, "x"));
  const auto lost = run(checker.servers_of(owner, base::Duration{400}));
  lab->resume();
  ASSERT_EQ(report.addresses.size(), 2u);
  for (const auto& row : report.addresses) {
    EXPECT_EQ(row.verdict, AddressVerdict::kTimeout) << row.sentence;
    EXPECT_LT(row.latency, base::Duration{3'000}) << "asked in parallel, each with its own deadline";
  }
  ASSERT_FALSE(lost);
}

}  // namespace
}  // namespace paynamed::names
