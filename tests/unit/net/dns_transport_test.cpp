#include "net/dns_transport.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "tests/fakes/dns/fake_dns_server.hpp"

namespace paynamed::net {
namespace {
namespace asio = boost::asio;
using fakes::FakeDnsServer;
using fakes::FakeQuestion;
using fakes::FakeReply;

constexpr base::Duration kLong{20'000};
constexpr base::Duration kShort{150};

FakeReply good(const FakeQuestion& question) {
  FakeReply reply;
  reply.answer = {fakes::fake_txt(question.name, {"bitcoin:", "?lno=x"})};
  return reply;
}

struct DnsTransportTest : testing::Test {
  asio::io_context io;
  base::SystemClock clock;
  base::SeededRandom random{7};
  DnsTransport transport{clock, random};

  base::Result<DnsAnswer> ask(const FakeDnsServer& server, base::Duration timeout = kLong,
                              DnsCarrier carrier = DnsCarrier::kUdpThenTcp) {
    return ask({asio::ip::make_address(server.address()), server.port()}, timeout, carrier);
  }
  base::Result<DnsAnswer> ask(Endpoint server, base::Duration timeout,
                              DnsCarrier carrier = DnsCarrier::kUdpThenTcp) {
    std::optional<base::Result<DnsAnswer>> result;
    io.restart();
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          DnsQuestion question{"alice.example.test.", DnsType::kTxt, false};
          result = co_await transport.query(server, std::move(question), timeout, carrier);
        },
        asio::detached);
    io.run();
    if (!result) return base::fail(base::internal("the query never ended"));
    return *result;
  }
};

std::optional<std::string> value_of(const base::Result<DnsAnswer>& result) {
  if (!result || result->answer.empty()) return std::nullopt;
  return txt_value(result->answer.front().rdata);
}

TEST_F(DnsTransportTest, AnAnswerByUdp) {
  const FakeDnsServer server(good);
  EXPECT_EQ(value_of(ask(server)), "bitcoin:?lno=x");
  const auto questions = server.questions();
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].name, "alice.example.test.");
  EXPECT_TRUE(questions[0].dnssec_ok);
  EXPECT_FALSE(questions[0].recursion_desired);
  EXPECT_FALSE(questions[0].tcp);
  EXPECT_EQ(server.malformed_questions(), 0);
}

TEST_F(DnsTransportTest, AnAnswerByIpv6) {
  std::unique_ptr<FakeDnsServer> server;
  try {
    server = std::make_unique<FakeDnsServer>(good, "::1");
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "this machine has no IPv6 loopback";
  }
  EXPECT_EQ(value_of(ask(*server)), "bitcoin:?lno=x");
}

TEST_F(DnsTransportTest, ACutAnswerIsAskedAgainByTcp) {
  const FakeDnsServer server([](const FakeQuestion& question) {
    FakeReply reply = good(question);
    reply.truncated = !question.tcp;
    if (!question.tcp) reply.answer.clear();
    return reply;
  });
  EXPECT_EQ(value_of(ask(server)), "bitcoin:?lno=x");
  ASSERT_EQ(server.questions().size(), 2u);
  EXPECT_TRUE(server.questions()[1].tcp);
}

TEST_F(DnsTransportTest, TcpAloneWhenAsked) {
  const FakeDnsServer server(good);
  EXPECT_EQ(value_of(ask(server, kLong, DnsCarrier::kTcp)), "bitcoin:?lno=x");
  ASSERT_EQ(server.questions().size(), 1u);
  EXPECT_TRUE(server.questions()[0].tcp);
}

TEST_F(DnsTransportTest, ForgedPacketsArePassedOver) {
  const std::vector<std::pair<std::string, std::function<void(FakeReply&)>>> table = {
      {"another id", [](FakeReply& reply) { reply.first_wrong_id = true; }},
      {"another question", [](FakeReply& reply) { reply.first_wrong_question = true; }},
      {"another source", [](FakeReply& reply) { reply.first_from_stranger = true; }},
  };
  for (const auto& [what, change] : table) {
    const FakeDnsServer server([&change = change](const FakeQuestion& question) {
      FakeReply reply = good(question);
      change(reply);
      return reply;
    });
    EXPECT_EQ(value_of(ask(server)), "bitcoin:?lno=x") << what;
  }
}

TEST_F(DnsTransportTest, AFloodOfForgedPacketsEndsTheQuery) {
  const FakeDnsServer server([](const FakeQuestion& question) {
    FakeReply reply = good(question);
    reply.garbage_packets = 500;
    return reply;
  });
  const auto result = ask(server, base::Duration{2'000});
  // The system may have dropped some of them: then the true answer or the deadline ends it. Never a forged
  // value.
  if (result) {
    EXPECT_EQ(value_of(result), "bitcoin:?lno=x");
  } else {
    EXPECT_TRUE(result.error().code() == base::Code::kDataLoss ||
                result.error().code() == base::Code::kDeadlineExceeded);
  }
}

TEST_F(DnsTransportTest, ALostQuestionIsSentAgain) {
  const FakeDnsServer server([](const FakeQuestion& question) {
    FakeReply reply = good(question);
    reply.drop = question.number == 1;
    return reply;
  });
  EXPECT_EQ(value_of(ask(server, base::Duration{1'500})), "bitcoin:?lno=x");
  EXPECT_EQ(server.questions().size(), 2u);
}

TEST_F(DnsTransportTest, WhoCountsQuestionsSendsOne) {
  FakeDnsServer silent([](const FakeQuestion&) {
    FakeReply reply;
    reply.drop = true;
    return reply;
  });
  EXPECT_EQ(ask(silent, kShort, DnsCarrier::kUdpOnce).error().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(silent.questions().size(), 1u);
  FakeDnsServer cuts_off([](const FakeQuestion& question) {
    FakeReply reply = good(question);
    reply.truncated = true;
    return reply;
  });
  EXPECT_TRUE(ask(cuts_off, kLong, DnsCarrier::kUdpOnce)->truncated);
  EXPECT_EQ(cuts_off.questions().size(), 1u);
}

TEST_F(DnsTransportTest, RcodesAreAnswers) {
  for (const int rcode : {2, 3, 5, 9}) {
    const FakeDnsServer server([rcode](const FakeQuestion&) {
      FakeReply reply;
      reply.rcode = static_cast<std::uint16_t>(rcode);
      reply.no_question = rcode == 5;
      return reply;
    });
    const auto result = ask(server);
    ASSERT_TRUE(result);
    EXPECT_EQ(static_cast<int>(result->rcode), rcode);
  }
}

struct Trouble {
  std::string what;
  FakeDnsServer::Script script;
  DnsCarrier carrier;
  base::Code code;
};

TEST_F(DnsTransportTest, EachTroubleHasItsCode) {
  const std::vector<Trouble> table = {
      {"silence by UDP",
       [](const FakeQuestion&) {
         FakeReply reply;
         reply.drop = true;
         return reply;
       },
       DnsCarrier::kUdpThenTcp, base::Code::kDeadlineExceeded},
      {"silence by TCP",
       [](const FakeQuestion&) {
         FakeReply reply;
         reply.drop = true;
         return reply;
       },
       DnsCarrier::kTcp, base::Code::kDeadlineExceeded},
      {"a broken message",
       [](const FakeQuestion& question) {
         FakeReply reply = good(question);
         reply.answer[0].rdata = {9, 'x'};
         reply.answer[0].type = 1;  // an A record of two bytes
         return reply;
       },
       DnsCarrier::kUdpThenTcp, base::Code::kDataLoss},
      {"TC by TCP too",
       [](const FakeQuestion& question) {
         FakeReply reply = good(question);
         reply.truncated = true;
         return reply;
       },
       DnsCarrier::kUdpThenTcp, base::Code::kDataLoss},
      {"a connection that ends in the message",
       [](const FakeQuestion& question) {
         FakeReply reply = good(question);
         reply.cut_tcp = true;
         return reply;
       },
       DnsCarrier::kTcp, base::Code::kUnavailable},
  };
  for (const auto& [what, script, carrier, code] : table) {
    const FakeDnsServer server(script);
    const auto result = ask(server, code == base::Code::kDeadlineExceeded ? kShort : kLong, carrier);
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().code(), code) << what << ": " << result.error().to_string();
    EXPECT_NE(result.error().message().find("127.0.0.1"), std::string::npos) << "names the server";
  }
}

TEST_F(DnsTransportTest, NobodyThereIsUnavailable) {
  asio::ip::udp::socket taken(io, {asio::ip::make_address("127.0.0.1"), 0});
  const Endpoint closed{asio::ip::make_address("127.0.0.1"), taken.local_endpoint().port()};
  taken.close();
  for (const auto carrier : {DnsCarrier::kUdpThenTcp, DnsCarrier::kTcp}) {
    const auto result = ask(closed, kLong, carrier);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), base::Code::kUnavailable);
  }
}

TEST_F(DnsTransportTest, AnAddressWithoutRouteWasNotAsked) {
  // A link-local address without a scope has no route on any machine; a missing IPv6 takes the same way.
  const auto result = ask({asio::ip::make_address("fe80::1"), 53}, kShort);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Code::kFailedPrecondition) << result.error().to_string();
}

TEST_F(DnsTransportTest, TheDeadlineIsTheClocks) {
  base::ManualClock manual{base::WallTime{}};
  DnsTransport patient{manual, random};
  const FakeDnsServer server([](const FakeQuestion&) {
    FakeReply reply;
    reply.drop = true;
    return reply;
  });
  std::optional<base::Result<DnsAnswer>> result;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        DnsQuestion question{"alice.example.test.", DnsType::kTxt, false};
        Endpoint endpoint{asio::ip::make_address("127.0.0.1"), server.port()};
        result = co_await patient.query(std::move(endpoint), std::move(question), base::Duration{3'600'000});
      },
      asio::detached);
  io.poll();
  EXPECT_FALSE(result);
  manual.advance(base::Duration{3'599'999});
  io.poll();
  EXPECT_FALSE(result);
  manual.advance(base::Duration{1});
  io.restart();
  io.run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(manual.pending(), 0u);
}

TEST_F(DnsTransportTest, ACancelledQueryEndsAtOnce) {
  const FakeDnsServer server([](const FakeQuestion&) {
    FakeReply reply;
    reply.drop = true;
    return reply;
  });
  std::optional<base::Result<DnsAnswer>> result;
  asio::cancellation_signal signal;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        DnsQuestion question{"alice.example.test.", DnsType::kTxt, false};
        Endpoint endpoint{asio::ip::make_address("127.0.0.1"), server.port()};
        result = co_await transport.query(std::move(endpoint), std::move(question), kLong);
      },
      asio::bind_cancellation_slot(signal.slot(), asio::detached));
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().code(), base::Code::kCancelled);
}

TEST(Endpoint, IsReadAndWritten) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"192.0.2.1", "192.0.2.1:53"},
      {"192.0.2.1:5300", "192.0.2.1:5300"},
      {"192.0.2.1@5300", "192.0.2.1:5300"},
      {"2001:db8::1", "[2001:db8::1]:53"},
      {"[2001:db8::1]", "[2001:db8::1]:53"},
      {"[2001:db8::1]:5300", "[2001:db8::1]:5300"},
      {"2001:db8::1@5300", "[2001:db8::1]:5300"},
  };
  for (const auto& [text, expected] : table) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), expected);
  }
  for (const std::string bad : {"", "a", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1@", "[::1",
                                "[::1]x", "[::1]:", "192.0.2.1:5x", "192.0.2"}) {
    const auto endpoint = parse_endpoint(bad);
    ASSERT_FALSE(endpoint) << bad;
    EXPECT_EQ(endpoint.error().code(), base::Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace paynamed::net
