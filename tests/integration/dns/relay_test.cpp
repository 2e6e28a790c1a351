// Where port 53 is blocked: libunbound and our own proofs through resolvers over TLS and HTTPS.
#include "net/dns_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>

#include "names/prover.hpp"
#include "names/validator.hpp"
#include "tests/fakes/dns/dnsdist.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
namespace asio = boost::asio;
using net::DnsResolver;
using net::DnsType;
using testing::HasSubstr;
using tests::run;

constexpr char kOwner[] = "alice.user._bitcoin-payment.example.test.";
constexpr base::Duration kTimeout{20'000};

struct RelayTest : testing::Test {
  static std::unique_ptr<fakes::KnotLab> lab;
  static std::unique_ptr<fakes::TlsAuthority> authority;
  static std::unique_ptr<fakes::Dnsdist> front;
  static void SetUpTestSuite() {
    lab = std::make_unique<fakes::KnotLab>();
    authority = std::make_unique<fakes::TlsAuthority>();
    front = std::make_unique<fakes::Dnsdist>(lab->addresses().front() + ":" + std::to_string(lab->port()),
                                             authority->issue({"DNS:dns.example"}));
    authority->write_certificate(lab->directory() / "ca.pem");
  }
  static void TearDownTestSuite() {
    front.reset();
    authority.reset();
    lab.reset();
  }

  base::SystemClock clock;
  base::SystemRandom random;
  asio::thread_pool pool{2};
  std::unique_ptr<net::DnsRelay> relay;
  std::unique_ptr<Validator> validator;

  static DnsResolver over_tls(std::uint16_t port = front->tls_port()) {
    return {DnsResolver::Kind::kTls,
            "tls://127.0.0.1:" + std::to_string(port),
            asio::ip::make_address("127.0.0.1"),
            port,
            "dns.example",
            {}};
  }
  static DnsResolver over_https(std::uint16_t port = front->https_port()) {
    return {DnsResolver::Kind::kHttps,
            "https://127.0.0.1:" + std::to_string(port) + "/dns-query",
            asio::ip::make_address("127.0.0.1"),
            port,
            "dns.example",
            "/dns-query"};
  }
  void start(std::vector<DnsResolver> resolvers, base::Duration query_timeout = base::Duration{2'000}) {
    auto policy = *net::TlsPolicy::create(lab->directory() / "ca.pem");
    auto transport =
        std::make_shared<const net::ResolverTransport>(pool.get_executor(), clock, random, std::move(policy));
    net::DnsRelay::Settings settings;
    settings.resolvers = std::move(resolvers);
    settings.query_timeout = query_timeout;
    settings.most_questions = 4;
    relay = *net::DnsRelay::start(pool.get_executor(), clock, std::move(transport), std::move(settings));
    ValidatorSettings of_validator;
    of_validator.anchor_file = lab->anchor_file().string();
    of_validator.forwarder = relay->endpoint();
    auto made = Validator::create(std::move(of_validator), clock);
    ASSERT_TRUE(made) << made.error().to_string();
    validator = *std::move(made);
  }
  Validation validate(const std::string& name, DnsType type = DnsType::kTxt) {
    auto found = run(validator->validate(name, type, kTimeout));
    if (!found) ADD_FAILURE() << found.error().to_string();
    return found.value_or(Validation{});
  }
};
std::unique_ptr<fakes::KnotLab> RelayTest::lab;
std::unique_ptr<fakes::TlsAuthority> RelayTest::authority;
std::unique_ptr<fakes::Dnsdist> RelayTest::front;

TEST_F(RelayTest, EveryKindOfZoneIsJudgedAsWithPort53) {
  for (const auto& resolver : {over_tls(), over_https()}) {
    SCOPED_TRACE(resolver.shown);
    start({resolver});
    const Validation fixed = validate("fixed.user._bitcoin-payment.example.test.");
    EXPECT_EQ(to_string(fixed.security), "secure") << fixed.why;
    EXPECT_EQ(fixed.values, std::vector<std::string>{"bitcoin:?lno=lno1fixed"});
    const Validation missing = validate("nobody.user._bitcoin-payment.example.test.");
    EXPECT_EQ(to_string(missing.security), "secure") << missing.why;
    EXPECT_FALSE(missing.exists);
    EXPECT_EQ(to_string(validate("unsigned.test.", DnsType::kSoa).security), "insecure");
    const Validation bogus = validate("bogus.test.", DnsType::kSoa);
    EXPECT_EQ(to_string(bogus.security), "bogus");
    const auto domain = run(validator->domain_security("example.test", kTimeout));
    ASSERT_TRUE(domain);
    EXPECT_TRUE(domain->usable()) << domain->sentence;
  }
}

TEST_F(RelayTest, AProofIsMadeOfWhatAResolverSays) {
  start({over_https(), over_tls()});
  lab->put_txt("example.test.", kOwner, {"bitcoin:?lno=lno1alice"});
  const Prover prover{*validator, *read_trust_anchors(lab->anchor_file()), clock};
  const auto made = run(prover.prove(kOwner, kTimeout));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->verified.uri, "bitcoin:?lno=lno1alice");
  lab->remove_txt("example.test.", kOwner);
  EXPECT_EQ(run(prover.prove(kOwner, kTimeout)).error().code(), base::Code::kNotFound);
}

TEST_F(RelayTest, TheNextResolverIsAskedWhenOneFails) {
  const auto stranger = fakes::TlsAuthority{}.issue({"DNS:dns.example"});
  const fakes::FakeHttpsServer untrusted{
      stranger, [](const fakes::FakeHttpRequest&) { return fakes::FakeHttpReply{}; }};
  const fakes::FakeHttpsServer failing{authority->issue({"DNS:dns.example"}),
                                       [](const fakes::FakeHttpRequest&) {
                                         fakes::FakeHttpReply reply;
                                         reply.status = 500;
                                         return reply;
                                       }};
  const fakes::FakeTlsServer silent{authority->issue({"DNS:dns.example"}),
                                    [](fakes::TlsSession& session) { session.wait_for_end(); }};
  start({over_https(untrusted.port()), over_https(failing.port()), over_tls(silent.port()), over_tls()},
        base::Duration{300});
  const Validation fixed = validate("fixed.user._bitcoin-payment.example.test.");
  EXPECT_EQ(to_string(fixed.security), "secure") << fixed.why;
  EXPECT_TRUE(untrusted.requests().empty());
  EXPECT_FALSE(failing.requests().empty());
  // The one that answered is asked first from then on.
  const auto before = failing.requests().size();
  EXPECT_EQ(to_string(validate("fixed.user._bitcoin-payment.example.test.").security), "secure");
  EXPECT_EQ(failing.requests().size(), before);
}

TEST_F(RelayTest, WithoutAnAnswerNothingIsKnown) {
  const fakes::FakeHttpsServer failing{authority->issue({"DNS:dns.example"}),
                                       [](const fakes::FakeHttpRequest&) {
                                         fakes::FakeHttpReply reply;
                                         reply.status = 503;
                                         return reply;
                                       }};
  start({over_https(failing.port())}, base::Duration{300});
  const Validation found = validate("fixed.user._bitcoin-payment.example.test.");
  EXPECT_EQ(to_string(found.security), "indeterminate");
  EXPECT_THAT(found.why, HasSubstr("SERVFAIL"));
}

TEST_F(RelayTest, MoreQuestionsAtOnceThanAllowedGetServfail) {
  const fakes::FakeTlsServer silent{authority->issue({"DNS:dns.example"}),
                                    [](fakes::TlsSession& session) { session.wait_for_end(); }};
  start({over_tls(silent.port())}, base::Duration{10'000});
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  socket.connect({relay->endpoint().address, relay->endpoint().port});
  std::vector<std::uint8_t> questions;
  for (std::uint8_t id = 0; id < 5; ++id) {
    const std::vector<std::uint8_t> one{0, 17, 0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1};
    questions.insert(questions.end(), one.begin(), one.end());
  }
  asio::write(socket, asio::buffer(questions));
  std::vector<std::uint8_t> answer(19);
  asio::read(socket, asio::buffer(answer));
  EXPECT_EQ(answer[3], 4) << "the fifth";
  EXPECT_EQ(answer[4] & 0x80, 0x80);
  EXPECT_EQ(answer[5] & 0x0f, 2) << "SERVFAIL";
}

TEST_F(RelayTest, WhatIsNoQuestionEndsTheConnection) {
  start({over_tls()});
  for (const std::vector<std::uint8_t>& bytes : std::vector<std::vector<std::uint8_t>>{
           {0, 0}, {0, 3, 1, 2, 3}, {0, 17, 0, 1, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1}}) {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    socket.connect({relay->endpoint().address, relay->endpoint().port});
    asio::write(socket, asio::buffer(bytes));
    char byte = 0;
    boost::system::error_code error;
    asio::read(socket, asio::buffer(&byte, 1), error);
    EXPECT_TRUE(error);
  }
}

}  // namespace
}  // namespace paynamed::names
