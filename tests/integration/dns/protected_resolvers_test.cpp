// Resolvers over TLS (RFC 7858) and HTTPS (RFC 8484): against servers that do what servers should not, and
// against dnsdist in front of a real zone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdlib>

#include "names/resolvers.hpp"
#include "tests/fakes/dns/dnsdist.hpp"
#include "tests/fakes/dns/fake_dns_server.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"
#include "tests/integration/dns/run.hpp"

namespace paynamed::names {
namespace {
namespace asio = boost::asio;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeQuestion;
using fakes::FakeReply;
using fakes::FakeTlsServer;
using fakes::TlsSession;
using net::DnsResolver;
using testing::HasSubstr;
using tests::run;
using Bytes = std::vector<std::uint8_t>;

constexpr char kOwner[] = "alice.user._bitcoin-payment.example.test.";
constexpr char kValue[] = "bitcoin:?lno=lno1x";

FakeReply good_reply(const FakeQuestion&) {
  FakeReply reply;
  reply.authoritative = false;
  reply.answer.push_back(fakes::fake_txt(kOwner, {kValue}, 120));
  return reply;
}

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string with_length(const Bytes& message, std::size_t more = 0) {
  const std::size_t length = message.size() + more;
  return std::string{static_cast<char>(length >> 8), static_cast<char>(length & 0xff)} + text_of(message);
}

// The next message of a connection; nothing when it ends.
std::optional<Bytes> next_message(TlsSession& session, std::string& unread) {
  const auto have = [&](std::size_t bytes) {
    while (unread.size() < bytes) {
      auto more = session.read();
      if (!more) return false;
      unread += *more;
    }
    return true;
  };
  if (!have(2)) return std::nullopt;
  const auto byte = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(unread[at]));
  };
  const std::size_t length = byte(0) << 8 | byte(1);
  if (!have(2 + length)) return std::nullopt;
  Bytes message(unread.begin() + 2, unread.begin() + 2 + static_cast<std::ptrdiff_t>(length));
  unread.erase(0, 2 + length);
  return message;
}

// Each message is answered by the function; an empty answer hangs until the client goes.
FakeTlsServer::Serve answering(std::function<std::string(const Bytes&)> answer) {
  return [answer = std::move(answer)](TlsSession& session) {
    std::string unread;
    while (const auto message = next_message(session, unread)) {
      const std::string bytes = answer(*message);
      if (bytes.empty()) return session.wait_for_end();
      if (!session.write(bytes)) return;
    }
  };
}

struct ProtectedResolversTest : testing::Test {
  fakes::TlsAuthority authority;
  fakes::TlsIdentity good = authority.issue({"DNS:dns.example", "IP:127.0.0.1"});
  std::filesystem::path ca_file;
  base::SystemClock clock;
  base::SystemRandom random;
  asio::thread_pool pool{1};
  std::unique_ptr<net::ResolverTransport> transport;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-ca-XXXXXX").string();
    const int file = mkstemp(pattern.data());
    ASSERT_GE(file, 0);
    close(file);
    ca_file = pattern;
    authority.write_certificate(ca_file);
    transport = std::make_unique<net::ResolverTransport>(pool.get_executor(), clock, random,
                                                         *net::TlsPolicy::create(ca_file));
  }
  void TearDown() override {
    transport.reset();
    std::filesystem::remove(ca_file);
  }

  DnsResolver over_tls(std::uint16_t port, const std::string& host = "dns.example") {
    return {DnsResolver::Kind::kTls,
            "tls://127.0.0.1:" + std::to_string(port) + "#" + host,
            asio::ip::make_address("127.0.0.1"),
            port,
            host,
            {}};
  }
  DnsResolver over_https(std::uint16_t port, const std::string& host = "dns.example",
                         const std::string& path = "/dns-query") {
    return {DnsResolver::Kind::kHttps,
            "https://127.0.0.1:" + std::to_string(port) + path + "#" + host,
            asio::ip::make_address("127.0.0.1"),
            port,
            host,
            path};
  }
  ResolverReport ask(const DnsResolver& resolver, base::Duration timeout = base::Duration{10'000}) {
    const Resolvers asked(*transport, clock, {resolver}, timeout);
    return run(asked.check(kOwner, kValue)).at(0);
  }
};

TEST_F(ProtectedResolversTest, OverTlsTheRecordIsSeenAndTheConnectionKept) {
  const FakeTlsServer server{good, answering([](const Bytes& message) {
                               const auto reply = fakes::fake_dns_reply(
                                   [](const FakeQuestion& question) {
                                     EXPECT_TRUE(question.recursion_desired);
                                     EXPECT_TRUE(question.dnssec_ok);
                                     EXPECT_EQ(question.name, kOwner);
                                     return good_reply(question);
                                   },
                                   message);
                               EXPECT_TRUE(reply) << "a question must be well-formed";
                               return reply ? with_length(*reply) : std::string{};
                             })};
  for (int i = 0; i < 3; ++i) {
    const auto row = ask(over_tls(server.port()));
    EXPECT_EQ(to_string(row.verdict), "has_it") << row.sentence;
    EXPECT_EQ(row.cached_seconds, 120u);
    EXPECT_EQ(row.resolver, over_tls(server.port()).shown);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ProtectedResolversTest, OverTlsADeadConnectionIsReplaced) {
  const FakeTlsServer server{good, [](TlsSession& session) {
                               std::string unread;
                               for (int i = 0; i < 2; ++i) {
                                 const auto message = next_message(session, unread);
                                 // The second question finds the connection gone.
                                 if (!message || i == 1) return;
                                 const auto reply = fakes::fake_dns_reply(good_reply, *message);
                                 session.write(with_length(*reply));
                               }
                             }};
  for (int i = 0; i < 3; ++i) {
    const auto row = ask(over_tls(server.port()));
    EXPECT_EQ(to_string(row.verdict), "has_it") << row.sentence;
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(ProtectedResolversTest, OverTlsEachFaultHasItsVerdict) {
  const auto reply_to = [](const Bytes& message) {
    return fakes::fake_dns_reply(good_reply, message).value();
  };
  struct Case {
    std::string what;
    std::function<std::string(const Bytes&)> answer;
    ResolverVerdict verdict;
  };
  using enum ResolverVerdict;
  const std::vector<Case> table = {
      {"silence", [](const Bytes&) { return std::string{}; }, kTimeout},
      {"another id",
       [&](const Bytes& message) {
         Bytes reply = reply_to(message);
         reply[1] ^= 1;
         return with_length(reply);
       },
       kMalformed},
      {"another question",
       [&](const Bytes& message) {
         Bytes reply = reply_to(message);
         reply[13] ^= 1;
         return with_length(reply);
       },
       kMalformed},
      {"the question itself", [](const Bytes& message) { return with_length(message); }, kMalformed},
      {"no bytes", [](const Bytes&) { return with_length({}); }, kMalformed},
      {"a few bytes",
       [](const Bytes&) {
         return with_length({1, 2, 3});
       },
       kMalformed},
      {"cut off",
       [&](const Bytes& message) {
         Bytes reply = reply_to(message);
         reply[2] |= 2;
         return with_length(reply);
       },
       kMalformed},
      {"a length that is never reached",
       [&](const Bytes& message) { return with_length(reply_to(message), 9); }, kTimeout},
      {"half a length",
       [](const Bytes&) {
         return std::string{"\0", 1};
       },
       kTimeout},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    const FakeTlsServer server{good, answering(each.answer)};
    const auto row = ask(over_tls(server.port()), base::Duration{1'000});
    EXPECT_EQ(to_string(row.verdict), to_string(each.verdict)) << row.sentence;
    EXPECT_THAT(row.sentence, HasSubstr("127.0.0.1"));
  }
}

TEST_F(ProtectedResolversTest, AnUntrustedCertificateIsItsVerdict) {
  const fakes::TlsAuthority stranger;
  struct Case {
    std::string what;
    fakes::TlsIdentity identity;
    std::string says;
  };
  const std::vector<Case> table = {
      {"another name", authority.issue({"DNS:other.example"}), "it is not for dns.example"},
      {"only the address", authority.issue({"IP:127.0.0.1"}), "it is not for dns.example"},
      {"expired", authority.issue({"DNS:dns.example"}, -7200, -3600), "it has expired"},
      {"an unknown authority", stranger.issue({"DNS:dns.example"}), "[tls] ca_file"},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    const FakeTlsServer tls{
        each.identity, [](TlsSession& session) { EXPECT_FALSE(session.read()) << "it must not be asked"; }};
    const FakeHttpsServer https{each.identity, [](const FakeHttpRequest&) { return FakeHttpReply{}; }};
    for (const auto& resolver : {over_tls(tls.port()), over_https(https.port())}) {
      const auto row = ask(resolver);
      EXPECT_EQ(to_string(row.verdict), "not_trusted") << row.sentence;
      EXPECT_THAT(row.sentence, HasSubstr(each.says));
    }
    EXPECT_TRUE(https.requests().empty());
  }
}

TEST_F(ProtectedResolversTest, OverHttpsTheRecordIsSeen) {
  fakes::FakeTlsOptions options;
  options.protocol = "http/1.1";
  const FakeHttpsServer server{good,
                               [](const FakeHttpRequest& request) {
                                 FakeHttpReply reply;
                                 const Bytes message(request.body.begin(), request.body.end());
                                 const auto answer = fakes::fake_dns_reply(good_reply, message);
                                 EXPECT_TRUE(answer);
                                 reply.headers = {{"Content-Type", "Application/DNS-Message"}};
                                 if (answer) reply.body = text_of(*answer);
                                 return reply;
                               },
                               options};
  for (int i = 0; i < 3; ++i) {
    const auto row = ask(over_https(server.port()));
    EXPECT_EQ(to_string(row.verdict), "has_it") << row.sentence;
  }
  EXPECT_EQ(server.connections(), 1);
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/dns-query");
    EXPECT_EQ(request.server_name, "dns.example");
    EXPECT_EQ(request.headers.at("content-type"), "application/dns-message");
    EXPECT_EQ(request.headers.at("accept"), "application/dns-message");
    EXPECT_EQ(request.body.substr(0, 2), std::string(2, '\0')) << "RFC 8484 section 4.1: the id is 0";
  }
}

TEST_F(ProtectedResolversTest, OverHttpsEachFaultHasItsVerdict) {
  struct Case {
    std::string what;
    std::function<void(FakeHttpReply&)> change;
    ResolverVerdict verdict;
    std::string says;
  };
  using enum ResolverVerdict;
  const auto status = [](int number) { return [number](FakeHttpReply& reply) { reply.status = number; }; };
  const std::vector<Case> table = {
      {"HTTP 500", status(500), kServerError, "HTTP 500"},
      {"HTTP 302", status(302), kServerError, "leads elsewhere"},
      {"HTTP 204", status(204), kServerError, "HTTP 204"},
      {"HTTP 403", status(403), kRefused, "does not serve this host"},
      {"HTTP 404", status(404), kRefused, "nothing is at that path"},
      {"HTTP 429", status(429), kRefused, "too many of our questions"},
      {"a web page",
       [](FakeHttpReply& reply) {
         reply.headers = {{"Content-Type", "text/html"}};
       },
       kMalformed, "answers with text/html"},
      {"no content type", [](FakeHttpReply& reply) { reply.headers.clear(); }, kMalformed, "no content type"},
      {"no body", [](FakeHttpReply& reply) { reply.body.clear(); }, kMalformed,
       "does not answer our question"},
      {"another id", [](FakeHttpReply& reply) { reply.body[0] = 1; }, kMalformed,
       "does not answer our question"},
      {"another question", [](FakeHttpReply& reply) { reply.body[13] ^= 1; }, kMalformed,
       "does not answer our question"},
      {"more than a message can have", [](FakeHttpReply& reply) { reply.body.resize(70'000); }, kMalformed,
       "larger than 65535 bytes"},
      {"silence", [](FakeHttpReply& reply) { reply.hang = true; }, kTimeout, "did not answer within"},
      {"no answer", [](FakeHttpReply& reply) { reply.close_before = true; }, kUnreachable,
       "closed the connection"},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    const FakeHttpsServer server{good, [&](const FakeHttpRequest& request) {
                                   FakeHttpReply reply;
                                   const Bytes message(request.body.begin(), request.body.end());
                                   reply.headers = {{"Content-Type", "application/dns-message"}};
                                   reply.body = text_of(fakes::fake_dns_reply(good_reply, message).value());
                                   each.change(reply);
                                   return reply;
                                 }};
    const auto row = ask(over_https(server.port()), base::Duration{1'000});
    EXPECT_EQ(to_string(row.verdict), to_string(each.verdict)) << row.sentence;
    EXPECT_THAT(row.sentence, HasSubstr(each.says));
  }
}

TEST_F(ProtectedResolversTest, AServerOfAnotherProtocolIsUnreachable) {
  fakes::FakeTlsOptions options;
  options.protocol = "h2";
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return FakeHttpReply{}; }, options};
  const auto row = ask(over_https(server.port()));
  EXPECT_EQ(to_string(row.verdict), "unreachable") << row.sentence;
  EXPECT_THAT(row.sentence, HasSubstr("speaks no http/1.1"));
}

TEST_F(ProtectedResolversTest, ARealFrontAnswersByBoth) {
  const fakes::KnotLab lab;
  const fakes::Dnsdist front{lab.addresses().front() + ":" + std::to_string(lab.port()), good};
  lab.put_txt("example.test.", kOwner, {kValue});
  for (const auto& resolver : {over_tls(front.tls_port()), over_https(front.https_port())}) {
    auto row = ask(resolver);
    EXPECT_EQ(to_string(row.verdict), "has_it") << row.sentence;
    EXPECT_EQ(row.cached_seconds, 60u);
  }
  // What is too long for UDP comes whole.
  lab.put_txt("example.test.", kOwner, {std::string(3000, 'x')});
  for (const auto& resolver : {over_tls(front.tls_port()), over_https(front.https_port())}) {
    const auto row = ask(resolver);
    EXPECT_EQ(to_string(row.verdict), "other_value") << row.sentence;
  }
  lab.remove_txt("example.test.", kOwner);
  for (const auto& resolver : {over_tls(front.tls_port()), over_https(front.https_port())}) {
    const auto row = ask(resolver);
    EXPECT_EQ(to_string(row.verdict), "absent") << row.sentence;
    EXPECT_EQ(row.cached_seconds, 5u);
  }
  const auto elsewhere = ask(over_https(front.https_port(), "dns.example", "/elsewhere"));
  EXPECT_EQ(to_string(elsewhere.verdict), "refused") << elsewhere.sentence;
  const auto other_name = ask(over_tls(front.tls_port(), "other.example"));
  EXPECT_EQ(to_string(other_name.verdict), "not_trusted") << other_name.sentence;
}

}  // namespace
}  // namespace paynamed::names
