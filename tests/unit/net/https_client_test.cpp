// The HTTPS client against a strict server that can do what servers should not.
#include "net/https_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>

#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::net {
namespace {
namespace asio = boost::asio;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeTlsOptions;
using testing::HasSubstr;

constexpr base::Duration kLong{20'000};
constexpr base::Duration kShort{150};

FakeHttpReply with_body(std::string body) {
  FakeHttpReply reply;
  reply.body = std::move(body);
  return reply;
}

struct HttpsClientTest : testing::Test {
  std::filesystem::path ca_file;
  fakes::TlsAuthority authority;
  fakes::TlsIdentity good = authority.issue({"DNS:dns.example", "IP:127.0.0.1"});
  base::SystemClock clock;
  asio::io_context io;
  HttpsClientSettings settings;
  std::unique_ptr<HttpsClient> client;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "paynamed-ca-XXXXXX").string();
    const int file = mkstemp(pattern.data());
    ASSERT_GE(file, 0);
    close(file);
    ca_file = pattern;
    authority.write_certificate(ca_file);
    settings.policy = *TlsPolicy::create(ca_file);
    restart();
  }
  void TearDown() override { std::filesystem::remove(ca_file); }
  void restart() { client = std::make_unique<HttpsClient>(io.get_executor(), clock, settings); }

  // A timer for idle connections may be left, so the context runs only until the answer.
  base::Result<HttpResponse> send(HttpRequest request, base::Duration timeout = kLong) {
    std::optional<base::Result<HttpResponse>> result;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          auto asked = client->request(std::move(request), timeout);
          result = co_await std::move(asked);
        },
        asio::detached);
    io.restart();
    while (!result && io.run_one() != 0) {
    }
    if (!result) return base::fail(base::internal("the request never ended"));
    return *result;
  }
  HttpRequest get(const FakeHttpsServer& server, const std::string& path = "/") {
    HttpRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + path;
    return request;
  }
};

TEST_F(HttpsClientTest, AnAnswerComesWhole) {
  FakeTlsOptions options;
  options.protocol = "http/1.1";
  const FakeHttpsServer server{
      good,
      [](const FakeHttpRequest&) {
        FakeHttpReply reply = with_body("hello");
        reply.status = 404;
        reply.headers = {{"X-One", "a"}, {"x-one", "b"}, {"Cache-Control", "max-age=60"}};
        return reply;
      },
      options};
  HttpRequest request = get(server, "/a/b?c=d");
  request.method = "POST";
  request.body = "question";
  request.headers = {{"Content-Type", "application/x"}, {"Accept", "text/plain"}};
  const auto answer = send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, 404u);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->headers.at("x-one"), "a, b");
  EXPECT_EQ(answer->headers.at("cache-control"), "max-age=60");
  const auto got = server.requests();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].method, "POST");
  EXPECT_EQ(got[0].target, "/a/b?c=d");
  EXPECT_EQ(got[0].body, "question");
  EXPECT_EQ(got[0].headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(got[0].headers.at("content-type"), "application/x");
  EXPECT_EQ(got[0].server_name, "") << "an address is no server name (RFC 6066)";
  EXPECT_EQ(server.malformed_requests(), 0);
}

TEST_F(HttpsClientTest, ANameIsSentAndProvenWhereverItConnects) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  HttpRequest request;
  request.url = "https://dns.example:" + std::to_string(server.port()) + "/";
  request.address = asio::ip::make_address("127.0.0.1");
  const auto answer = send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(server.requests()[0].server_name, "dns.example");
}

TEST_F(HttpsClientTest, TheSystemFindsAddressesOfNames) {
  const auto local = authority.issue({"DNS:localhost"});
  const FakeHttpsServer server{local, [](const FakeHttpRequest&) { return with_body("x"); }};
  HttpRequest request;
  request.url = "https://localhost:" + std::to_string(server.port()) + "/";
  const auto answer = send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().to_string();
}

TEST_F(HttpsClientTest, EachDistrustHasItsReason) {
  const fakes::TlsAuthority stranger;
  struct Case {
    std::string what;
    fakes::TlsIdentity identity;
    std::string says;
  };
  const std::vector<Case> table = {
      {"another address", authority.issue({"IP:127.0.0.2"}), "it is not for 127.0.0.1"},
      {"only a name", authority.issue({"DNS:dns.example"}), "it is not for 127.0.0.1"},
      {"expired", authority.issue({"IP:127.0.0.1"}, -7200, -3600), "it has expired"},
      {"of tomorrow", authority.issue({"IP:127.0.0.1"}, 3600, 7200), "not valid yet"},
      {"an unknown authority", stranger.issue({"IP:127.0.0.1"}),
       "nobody has signed it whom " + ca_file.string()},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    const FakeHttpsServer server{each.identity, [](const FakeHttpRequest&) { return with_body("x"); }};
    const auto answer = send(get(server));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), base::Code::kUnauthenticated) << answer.error().to_string();
    EXPECT_THAT(answer.error().message(), HasSubstr(each.says));
    EXPECT_TRUE(server.requests().empty()) << "nothing was sent to it";
  }
}

TEST_F(HttpsClientTest, ANameInTheUrlIsNotProvenByAnother) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  for (const std::string host : {"other.example", "sub.dns.example", "127.0.0.2"}) {
    HttpRequest request;
    request.url = "https://" + host + ":" + std::to_string(server.port()) + "/";
    request.address = asio::ip::make_address("127.0.0.1");
    const auto answer = send(std::move(request));
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code(), base::Code::kUnauthenticated);
    EXPECT_THAT(answer.error().message(), HasSubstr("it is not for " + host));
  }
}

TEST_F(HttpsClientTest, TheSystemsAuthoritiesDoNotKnowOurs) {
  settings.policy = *TlsPolicy::create();
  restart();
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  const auto answer = send(get(server));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("whom this system names"));
}

TEST_F(HttpsClientTest, OldTlsIsRefused) {
  FakeTlsOptions options;
  options.most_version = TLS1_1_VERSION;
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }, options};
  const auto answer = send(get(server));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::Code::kUnavailable) << answer.error().to_string();
  EXPECT_THAT(answer.error().message(), HasSubstr("TLS 1.2 or 1.3"));
}

TEST_F(HttpsClientTest, TlsOneTwoIsTaken) {
  FakeTlsOptions options;
  options.most_version = TLS1_2_VERSION;
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }, options};
  EXPECT_TRUE(send(get(server)));
}

TEST_F(HttpsClientTest, APlainServerMakesNoTls) {
  FakeTlsOptions options;
  options.tls = false;
  const FakeHttpsServer server{{}, [](const FakeHttpRequest&) { return with_body("x"); }, options};
  const auto answer = send(get(server), base::Duration{2'000});
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().code(), base::Code::kUnauthenticated);
}

TEST_F(HttpsClientTest, WhatIsTooLargeIsNotTaken) {
  struct Case {
    std::string what;
    FakeHttpReply reply;
    bool fits;
  };
  FakeHttpReply chunked = with_body(std::string(5000, 'x'));
  chunked.chunked = true;
  FakeHttpReply chunked_more = with_body(std::string(5001, 'x'));
  chunked_more.chunked = true;
  FakeHttpReply headers = with_body("x");
  headers.headers = {{"X-Long", std::string(20'000, 'x')}};
  FakeHttpReply many;
  for (int i = 0; i < 2000; ++i) many.headers.emplace_back("X-" + std::to_string(i), "0123456789");
  FakeHttpReply endless;
  endless.raw = "HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x');
  FakeHttpReply extension;
  extension.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(1'000'000, 'x') +
                  "\r\nx\r\n0\r\n\r\n";
  FakeHttpReply trailers;
  trailers.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: " +
                 std::string(1'000'000, 'x') + "\r\n\r\n";
  const std::vector<Case> table = {
      {"just enough", with_body(std::string(5000, 'x')), true},
      {"one byte more", with_body(std::string(5001, 'x')), false},
      {"chunks", chunked, true},
      {"chunks and a byte more", chunked_more, false},
      {"a long header", headers, false},
      {"many headers", many, false},
      {"a body without an end", endless, false},
      {"an extension of a chunk", extension, false},
      {"trailers", trailers, false},
  };
  for (const auto& each : table) {
    SCOPED_TRACE(each.what);
    const FakeHttpsServer server{good, [&](const FakeHttpRequest&) { return each.reply; }};
    HttpRequest request = get(server);
    request.most_body_bytes = 5000;
    const auto answer = send(std::move(request));
    ASSERT_EQ(answer.has_value(), each.fits) << (answer ? "" : answer.error().to_string());
    if (answer) continue;
    EXPECT_EQ(answer.error().code(), base::Code::kOutOfRange) << answer.error().to_string();
  }
}

TEST_F(HttpsClientTest, ASlowServerIsCutOffWhereverItIsSlow) {
  FakeTlsOptions hangs;
  hangs.hang_in_handshake = true;
  const FakeHttpsServer in_handshake{good, [](const FakeHttpRequest&) { return with_body("x"); }, hangs};
  auto answer = send(get(in_handshake), kShort);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_THAT(answer.error().message(), HasSubstr("finish the TLS handshake within 150ms"));
  const FakeHttpsServer in_answer{good, [](const FakeHttpRequest&) {
                                    FakeHttpReply reply;
                                    reply.hang = true;
                                    return reply;
                                  }};
  answer = send(get(in_answer), base::Duration{1'000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_THAT(answer.error().message(), HasSubstr("did not answer within 1s"));
  EXPECT_EQ(client->idle(), 0u);
}

TEST_F(HttpsClientTest, AConnectionThatEndsInTheMiddleIsNoAnswer) {
  for (const std::string raw :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"}) {
    const FakeHttpsServer server{good, [&](const FakeHttpRequest&) {
                                   FakeHttpReply reply;
                                   reply.raw = raw;
                                   return reply;
                                 }};
    const auto answer = send(get(server));
    ASSERT_FALSE(answer) << raw;
    EXPECT_EQ(answer.error().code(), base::Code::kUnavailable) << answer.error().to_string();
    EXPECT_THAT(answer.error().message(), HasSubstr("closed the connection before"));
    EXPECT_EQ(server.requests().size(), 1u) << "it had begun to answer, so it was not asked again";
  }
}

TEST_F(HttpsClientTest, WhatIsNoHttpIsDataLoss) {
  for (const std::string raw : {"hello\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
                                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"}) {
    const FakeHttpsServer server{good, [&](const FakeHttpRequest&) {
                                   FakeHttpReply reply;
                                   reply.raw = raw;
                                   return reply;
                                 }};
    const auto answer = send(get(server));
    ASSERT_FALSE(answer) << raw;
    EXPECT_EQ(answer.error().code(), base::Code::kDataLoss) << raw << answer.error().to_string();
  }
}

TEST_F(HttpsClientTest, InterimAnswersArePassedOver) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.raw =
                                     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
                                 return reply;
                               }};
  const auto answer = send(get(server));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "x");
}

TEST_F(HttpsClientTest, ConnectionsAreUsedAgain) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  for (int i = 0; i < 5; ++i) {
    HttpRequest request = get(server);
    request.method = i % 2 == 0 ? "POST" : "HEAD";
    const auto answer = send(std::move(request));
    ASSERT_TRUE(answer) << answer.error().to_string();
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client->idle(), 1u);
}

TEST_F(HttpsClientTest, AServerThatSaysCloseIsNotKept) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply = with_body("x");
                                 reply.headers = {{"Connection", "close"}};
                                 return reply;
                               }};
  ASSERT_TRUE(send(get(server)));
  ASSERT_TRUE(send(get(server)));
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(client->idle(), 0u);
}

TEST_F(HttpsClientTest, AKeptConnectionThatDiedIsReplaced) {
  // Closed while it was idle: the client sees that before it sends.
  const FakeHttpsServer closes{good, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply = with_body("x");
                                 reply.close_after = true;
                                 return reply;
                               }};
  for (int i = 0; i < 3; ++i) {
    HttpRequest request = get(closes);
    request.method = "POST";
    request.repeatable = true;
    ASSERT_TRUE(send(std::move(request)));
  }
  EXPECT_EQ(closes.requests().size(), 3u);
  // Closed when the next request comes: sent once more if that does no harm.
  const auto hangs_up_on_second = [](const FakeHttpRequest& request) {
    FakeHttpReply reply = with_body("x");
    reply.close_before = request.number == 2;
    return reply;
  };
  const FakeHttpsServer server{good, hangs_up_on_second};
  ASSERT_TRUE(send(get(server)));
  ASSERT_TRUE(send(get(server)));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.connections(), 2);
  const FakeHttpsServer again{good, hangs_up_on_second};
  ASSERT_TRUE(send(get(again)));
  HttpRequest once = get(again);
  once.method = "POST";
  const auto answer = send(std::move(once));
  ASSERT_FALSE(answer) << "it may have reached the server";
  EXPECT_EQ(answer.error().code(), base::Code::kUnavailable);
  EXPECT_EQ(again.requests().size(), 2u);
}

TEST_F(HttpsClientTest, AServerThatOnlyHangsUpIsAskedOnce) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.close_before = true;
                                 return reply;
                               }};
  EXPECT_EQ(send(get(server)).error().code(), base::Code::kUnavailable);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpsClientTest, KeptConnectionsAreBoundedInNumberAndTime) {
  base::ManualClock manual{base::WallTime{}};
  settings.idle_per_origin = 1;
  settings.idle_total = 2;
  client = std::make_unique<HttpsClient>(io.get_executor(), manual, settings);
  const auto answers = [](const FakeHttpRequest&) { return with_body("x"); };
  const FakeHttpsServer one{good, answers};
  const FakeHttpsServer two{good, answers};
  const FakeHttpsServer three{good, answers};
  for (const auto* server : {&one, &two, &three}) ASSERT_TRUE(send(get(*server)));
  EXPECT_EQ(client->idle(), 2u);
  manual.advance(base::Duration{29'999});
  io.restart();
  io.poll();
  EXPECT_EQ(client->idle(), 2u);
  manual.advance(base::Duration{1});
  io.restart();
  io.poll();
  EXPECT_EQ(client->idle(), 0u);
  EXPECT_EQ(manual.pending(), 0u);
}

TEST_F(HttpsClientTest, RedirectsAreAnswersAndNotFollowed) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest& request) {
                                 FakeHttpReply reply = with_body("x");
                                 if (request.target == "/") {
                                   reply.status = 302;
                                   reply.headers = {{"Location", "/there"}};
                                 }
                                 return reply;
                               }};
  const auto answer = send(get(server));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(answer->headers.at("location"), "/there");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpsClientTest, WithoutTlsOnlyLoopbackAndOnlyWhenAllowed) {
  FakeTlsOptions plain;
  plain.tls = false;
  const FakeHttpsServer server{{}, [](const FakeHttpRequest&) { return with_body("x"); }, plain};
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(send(request).error().code(), base::Code::kInvalidArgument);
  settings.loopback_http = true;
  restart();
  ASSERT_TRUE(send(request));
  for (const std::string url :
       {"http://192.0.2.1/", "http://example.test/", "http://127.0.0.1.example.com/"}) {
    request.url = url;
    EXPECT_EQ(send(request).error().code(), base::Code::kInvalidArgument) << url;
  }
}

TEST_F(HttpsClientTest, WhatWouldBreakTheRequestIsRefused) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  const std::vector<std::function<void(HttpRequest&)>> table = {
      [](HttpRequest& request) { request.method = "GET /x HTTP/1.1\r\nX:"; },
      [](HttpRequest& request) { request.method = ""; },
      [](HttpRequest& request) {
        request.headers = {{"X: a\r\nY", "b"}};
      },
      [](HttpRequest& request) {
        request.headers = {{"X", "a\r\nY: b"}};
      },
      [](HttpRequest& request) {
        request.headers = {{"Host", "other.example"}};
      },
      [](HttpRequest& request) {
        request.headers = {{"content-length", "3"}};
      },
      [](HttpRequest& request) {
        request.headers = {{"Transfer-Encoding", "chunked"}};
      },
      [](HttpRequest& request) { request.url = "https://user@127.0.0.1/"; },
  };
  for (const auto& change : table) {
    HttpRequest request = get(server);
    change(request);
    const auto answer = send(std::move(request));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), base::Code::kInvalidArgument) << answer.error().to_string();
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpsClientTest, NobodyThereIsUnavailable) {
  asio::ip::tcp::acceptor taken{io, {asio::ip::address_v4::loopback(), 0}};
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(taken.local_endpoint().port()) + "/";
  taken.close();
  const auto answer = send(std::move(request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::Code::kUnavailable) << answer.error().to_string();
  EXPECT_THAT(answer.error().message(), HasSubstr("nothing takes connections"));
}

TEST_F(HttpsClientTest, AnAddressWithoutRouteIsSaidSo) {
  HttpRequest request;
  request.url = "https://[fe80::1]/";
  EXPECT_EQ(send(std::move(request)).error().code(), base::Code::kFailedPrecondition);
}

TEST_F(HttpsClientTest, TooManyAtOnceAreRefused) {
  settings.most_open = 0;
  restart();
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) { return with_body("x"); }};
  EXPECT_EQ(send(get(server)).error().code(), base::Code::kResourceExhausted);
}

TEST_F(HttpsClientTest, ACancelledRequestEndsAtOnce) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.hang = true;
                                 return reply;
                               }};
  std::optional<base::Result<HttpResponse>> result;
  asio::cancellation_signal signal;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto asked = client->request(get(server), kLong);
        result = co_await std::move(asked);
      },
      asio::bind_cancellation_slot(signal.slot(), asio::detached));
  while (server.requests().empty()) io.poll();
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  while (!result && io.run_one() != 0) {
  }
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().code(), base::Code::kCancelled) << result->error().to_string();
}

TEST_F(HttpsClientTest, ManyAtOnceOnSeveralThreads) {
  const FakeHttpsServer server{good, [](const FakeHttpRequest& request) { return with_body(request.body); }};
  std::atomic<int> fine{0};
  std::atomic<int> left{40};
  for (int i = 0; i < 40; ++i) {
    HttpRequest request = get(server);
    request.method = "POST";
    request.repeatable = true;
    request.body = std::to_string(i);
    asio::co_spawn(
        io,
        [&, request = std::move(request)]() -> asio::awaitable<void> {
          const std::string body = request.body;
          auto asked = client->request(request, kLong);
          const auto answer = co_await std::move(asked);
          if (answer && answer->body == body) ++fine;
          if (--left == 0) io.stop();
        },
        asio::detached);
  }
  std::thread other{[&] { io.run(); }};
  io.run();
  other.join();
  EXPECT_EQ(fine, 40);
  EXPECT_LE(client->idle(), 4u);
}

TEST(TlsPolicyTest, AFileWithoutCertificatesIsRefused) {
  for (const std::string file : {"/does/not/exist", "/etc/hostname"}) {
    const auto policy = TlsPolicy::create(file);
    ASSERT_FALSE(policy) << file;
    EXPECT_EQ(policy.error().code(), base::Code::kFailedPrecondition);
    EXPECT_THAT(policy.error().message(), HasSubstr(file));
  }
}

}  // namespace
}  // namespace paynamed::net
