#include "host/http_service.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <limits>

#include "http_fixture.hpp"

namespace paynamed::host {
namespace {

namespace asio = boost::asio;
using base::Code;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeTlsOptions;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr base::Duration kShort{300};

class HttpServiceTest : public HttpFixture {};

FakeHttpReply with_body(std::string body) {
  FakeHttpReply reply;
  reply.body = std::move(body);
  return reply;
}

std::string header(const plugin::v1::HttpReply& reply, const std::string& name) {
  for (const auto& each : reply.headers()) {
    if (each.name() == name) return each.value();
  }
  return {};
}

TEST_F(HttpServiceTest, AnAnswerIsAnAnswerWhateverItsStatus) {
  const FakeHttpsServer server{
      good_, [](const FakeHttpRequest& request) {
        FakeHttpReply reply = with_body(request.method + " " + request.body);
        reply.status = std::stoi(request.target.substr(1));
        reply.headers = {{"X-One", "a"}, {"x-one", "b"}, {"Location", "https://other/"}};
        return reply;
      }};
  for (const unsigned status : {200U, 301U, 404U, 429U, 503U}) {
    Request request = to(server, "/" + std::to_string(status));
    request.set_method("POST");
    request.set_body("question");
    const auto answer = ask(request);
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->status(), status);
    EXPECT_EQ(answer->body(), "POST question");
    EXPECT_EQ(header(*answer, "x-one"), "a, b");
  }
  EXPECT_EQ(server.requests().size(), 5u) << "redirects are not followed";
  EXPECT_EQ(server.connections(), 1) << "the connection is kept";
  EXPECT_EQ(server.malformed_requests(), 0);
}

// http.proto, the table of Request: what a plugin concludes about the server.
TEST_F(HttpServiceTest, TheStatusTellsWhetherTheServerMayHaveActed) {
  struct Case {
    std::string what;
    FakeHttpReply reply;
    Code code;
  };
  std::vector<Case> table(6);
  table[0] = {"it hangs up", {}, Code::kUnknown};
  table[0].reply.close_before = true;
  table[1] = {"it says nothing", {}, Code::kDeadlineExceeded};
  table[1].reply.hang = true;
  table[2] = {"it ends in the middle", {}, Code::kUnknown};
  table[2].reply.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  table[3] = {"its body is too large", with_body(std::string(2'000, 'x')), Code::kOutOfRange};
  table[4] = {"its headers are too large", {}, Code::kOutOfRange};
  table[4].reply.headers = {{"X", std::string(100'000, 'x')}};
  table[5] = {"it speaks no HTTP", {}, Code::kDataLoss};
  table[5].reply.raw = "220 mail.example ESMTP\r\n";
  for (const Case& each : table) {
    SCOPED_TRACE(each.what);
    const FakeHttpsServer server{good_, [&](const FakeHttpRequest&) { return each.reply; }};
    Request request = to(server);
    request.set_method("POST");
    request.set_max_reply_bytes(1'000);
    const auto answer = ask(request, each.reply.hang ? kShort : base::Duration{20'000});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), each.code) << answer.error().to_string();
    EXPECT_EQ(server.requests().size(), 1u);
  }
}

TEST_F(HttpServiceTest, WhereNothingWasSentTheStatusSaysSo) {
  const fakes::TlsAuthority stranger;
  const auto answer_of = [](const FakeHttpRequest&) { return with_body("x"); };
  FakeTlsOptions hangs;
  hangs.hang_in_handshake = true;
  FakeTlsOptions plain;
  plain.tls = false;
  const FakeHttpsServer no_handshake{good_, answer_of, hangs};
  const fakes::FakeTlsServer no_tls{
      good_, [](fakes::TlsSession& session) { session.write("220 mail.example ESMTP\r\n"); }, plain};
  const FakeHttpsServer not_trusted{stranger.issue({"IP:127.0.0.1"}), answer_of};
  asio::io_context io;
  asio::ip::tcp::acceptor taken{io, {asio::ip::address_v4::loopback(), 0}};
  const auto nobody = std::to_string(taken.local_endpoint().port());
  taken.close();
  Request nobody_there;
  nobody_there.set_method("GET");
  nobody_there.set_url("https://127.0.0.1:" + nobody + "/");
  Request not_tls = nobody_there;
  not_tls.set_url("https://127.0.0.1:" + std::to_string(no_tls.port()) + "/");
  Request no_route = nobody_there;
  no_route.set_url("https://[fe80::1]/");
  struct Case {
    std::string what;
    Request request;
    base::Duration timeout;
    Code code;
  };
  const std::vector<Case> table = {
      {"nothing listens", nobody_there, base::Duration{20'000}, Code::kUnavailable},
      {"no connection in time", to(no_handshake), kShort, Code::kUnavailable},
      {"no TLS", not_tls, base::Duration{20'000}, Code::kUnavailable},
      {"no trust", to(not_trusted), base::Duration{20'000}, Code::kUnauthenticated},
      {"no route", no_route, base::Duration{20'000}, Code::kUnavailable},
  };
  for (const Case& each : table) {
    SCOPED_TRACE(each.what);
    const auto answer = ask(each.request, each.timeout);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), each.code) << answer.error().to_string();
  }
  EXPECT_TRUE(not_trusted.requests().empty());
}

// A connection that was kept takes the request and dies, and then nobody listens any more: "nothing listens"
// would be a lie about the first attempt.
TEST_F(HttpServiceTest, WhatWasSentOnceStaysSentWhenTheSecondAttemptFindsNobody) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  Request request;
  request.set_method("GET");
  request.set_allow_plain(true);
  request.set_url("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/");
  std::thread server{[&] {
    asio::ip::tcp::socket socket = acceptor.accept();
    const auto read_one = [&] {
      std::string text;
      std::array<char, 4096> block{};
      while (text.find("\r\n\r\n") == text.npos)
        text.append(block.data(), socket.read_some(asio::buffer(block)));
    };
    read_one();
    const std::string_view reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    asio::write(socket, asio::buffer(reply));
    read_one();
    acceptor.close();
    socket.close();
  }};
  const auto first = ask(request);
  const auto second = ask(request);
  server.join();
  ASSERT_TRUE(first) << first.error().to_string();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kUnknown) << second.error().to_string();
}

TEST_F(HttpServiceTest, ARequestIsRepeatedOnlyWhereThatDoesNoHarm) {
  struct Case {
    std::string method;
    bool repeatable;
    bool answered;
  };
  for (const Case& each : {Case{"GET", false, true}, Case{"DELETE", false, true}, Case{"POST", false, false},
                           Case{"PATCH", false, false}, Case{"POST", true, true}}) {
    SCOPED_TRACE(each.method + (each.repeatable ? " repeatable" : ""));
    const FakeHttpsServer server{good_, [](const FakeHttpRequest& request) {
                                   FakeHttpReply reply = with_body("x");
                                   reply.close_before = request.number == 2;
                                   return reply;
                                 }};
    ASSERT_TRUE(ask(to(server)));
    Request request = to(server);
    request.set_method(each.method);
    request.set_repeatable(each.repeatable);
    const auto answer = ask(request);
    EXPECT_EQ(answer.has_value(), each.answered);
    EXPECT_EQ(server.requests().size(), each.answered ? 3u : 2u);
    if (!answer) {
      EXPECT_EQ(answer.error().code(), Code::kUnknown);
    }
  }
}

TEST_F(HttpServiceTest, WhatCannotBeSentIsRefusedWithoutTellingSecrets) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  const auto add = [](Request& request, const std::string& name, const std::string& value) {
    auto& header = *request.add_headers();
    header.set_name(name);
    header.set_value(value);
  };
  const auto add_budget = [](Request& request, const std::string& key, double per_second,
                             std::uint32_t burst) {
    auto& budget = *request.add_budgets();
    budget.set_key(key);
    budget.set_per_second(per_second);
    budget.set_burst(burst);
  };
  const std::vector<std::function<void(Request&)>> table = {
      [](Request& request) { request.set_method(""); },
      [](Request& request) { request.set_method("GET /x HTTP/1.1\r\nX:"); },
      [](Request& request) { request.set_url("ftp://127.0.0.1/?token=s3cret"); },
      [](Request& request) { request.set_url("https://user:s3cret@127.0.0.1/"); },
      [](Request& request) { request.set_url("https://127.0.0.1/#s3cret"); },
      [](Request& request) { request.set_url("http://127.0.0.1/?token=s3cret"); },
      [](Request& request) { request.set_url("not a URL with s3cret"); },
      [](Request& request) { request.set_url(""); },
      [&](Request& request) { add(request, "Host", "other.example"); },
      [&](Request& request) { add(request, "content-length", "3"); },
      [&](Request& request) { add(request, "X", "s3cret\r\nY: b"); },
      [&](Request& request) {
        add(request, "X", "s3cret");
        add(request, "x", "b");
      },
      [&](Request& request) { add(request, "X", std::string(70'000, 'x')); },
      [](Request& request) { request.set_max_reply_bytes(16 * 1024 * 1024 + 1); },
      [](Request& request) { request.set_trust_pem("s3cret, not a certificate"); },
      [&](Request& request) { add_budget(request, "", 1, 1); },
      [&](Request& request) { add_budget(request, "a\nb", 1, 1); },
      [&](Request& request) { add_budget(request, std::string(201, 'x'), 1, 1); },
      [&](Request& request) { add_budget(request, "a", 0, 1); },
      [&](Request& request) { add_budget(request, "a", -1, 1); },
      [&](Request& request) { add_budget(request, "a", std::numeric_limits<double>::quiet_NaN(), 1); },
      [&](Request& request) { add_budget(request, "a", std::numeric_limits<double>::infinity(), 1); },
      [&](Request& request) { add_budget(request, "a", 1, 0); },
      [&](Request& request) {
        add_budget(request, "a", 1, 1);
        add_budget(request, "a", 1, 1);
      },
      [&](Request& request) {
        for (int i = 0; i < 9; ++i) add_budget(request, std::to_string(i), 1, 1);
      },
  };
  for (std::size_t i = 0; i < table.size(); ++i) {
    SCOPED_TRACE(i);
    Request request = to(server);
    table[i](request);
    const auto answer = ask(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::kInvalidArgument) << answer.error().to_string();
    EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("s3cret")));
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpServiceTest, WhoIsTrustedIsTheRequestsMatterAlone) {
  const fakes::TlsAuthority stranger;
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  Request of_system = to(server);
  of_system.clear_trust_pem();
  Request of_stranger = to(server);
  of_stranger.set_trust_pem(stranger.certificate());
  Request written_otherwise = to(server);
  written_otherwise.set_trust_pem("our own authority\n" + authority_.certificate());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(ask(to(server)));
    // The kept connection is of no use to those who would not have made it.
    EXPECT_EQ(ask(of_system).error().code(), Code::kUnauthenticated);
    EXPECT_EQ(ask(of_stranger).error().code(), Code::kUnauthenticated);
    EXPECT_TRUE(ask(written_otherwise));
  }
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(HttpServiceTest, PlainHttpIsForThoseWhoWantIt) {
  FakeTlsOptions options;
  options.tls = false;
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }, options};
  Request request;
  request.set_method("GET");
  request.set_url("http://127.0.0.1:" + std::to_string(server.port()) + "/");
  EXPECT_EQ(ask(request).error().code(), Code::kInvalidArgument);
  request.set_allow_plain(true);
  EXPECT_TRUE(ask(request));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpServiceTest, MoreThanOneServerTakesAtOnceWaitForAConnection) {
  std::atomic<int> answered{0};
  const FakeHttpsServer server{good_, [&](const FakeHttpRequest&) {
                                 ++answered;
                                 return with_body("x");
                               }};
  std::vector<std::future<Answer>> open;
  for (int i = 0; i < 100; ++i) open.push_back(start(to(server)));
  for (auto& each : open) {
    const auto answer = get(each);
    EXPECT_TRUE(answer) << answer.error().to_string();
  }
  EXPECT_EQ(answered, 100);
  EXPECT_LE(server.connections(), 16);
}

TEST_F(HttpServiceTest, AWaitForAConnectionThatTakesTooLongHasSentNothing) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.hang = true;
                                 return reply;
                               }};
  std::stop_source ends;
  std::vector<std::future<Answer>> open;
  for (int i = 0; i < 16; ++i) open.push_back(start(to(server), base::Duration{30'000}, ends.get_token()));
  while (server.requests().size() < 16) std::this_thread::yield();
  const auto late = ask(to(server), kShort);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kUnavailable) << late.error().to_string();
  ends.request_stop();
  for (auto& each : open) EXPECT_EQ(get(each).error().code(), Code::kUnknown) << "it was sent";
  EXPECT_EQ(server.requests().size(), 16u);
}

TEST_F(HttpServiceTest, ARequestOfAnInstanceThatHasStoppedIsNotSent) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  std::stop_source ended;
  ended.request_stop();
  auto open = start(to(server), base::Duration{20'000}, ended.get_token());
  const auto answer = get(open);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kUnavailable);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpServiceTest, ABudgetWithoutRoomSendsNothing) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  Request request = to(server);
  auto& budget = *request.add_budgets();
  budget.set_key("account");
  budget.set_per_second(0.001);
  budget.set_burst(1);
  EXPECT_TRUE(ask(request));
  const auto refused = ask(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_GT(refused.error().retry_after_ms(), 900'000u);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpServiceTest, WhatWasNotSentCostsNothing) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  Request request = to(server);
  auto& budget = *request.add_budgets();
  budget.set_key("account");
  budget.set_per_second(0.001);
  budget.set_burst(1);
  Request to_nobody = request;
  to_nobody.set_url("https://[fe80::1]/");
  EXPECT_EQ(ask(to_nobody).error().code(), Code::kUnavailable);
  EXPECT_TRUE(ask(request));
}

TEST_F(HttpServiceTest, AHeldBudgetIsObeyed) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  ServiceCall call;
  call.instance = "another";
  call.module = "cloud";
  call.method = "HoldBudget";
  plugin::v1::HoldBudgetRequest hold;
  hold.set_key("account");
  hold.set_hold_ms(60'000);
  call.request = hold.SerializeAsString();
  std::promise<bool> held;
  service_->service()(std::move(call),
                      [&](const base::Result<std::string>& bytes) { held.set_value(bytes.has_value()); });
  EXPECT_TRUE(held.get_future().get());
  Request request = to(server);
  auto& budget = *request.add_budgets();
  budget.set_key("account");
  budget.set_per_second(100);
  budget.set_burst(100);
  EXPECT_EQ(ask(request).error().code(), Code::kResourceExhausted);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpServiceTest, AnInstanceThatStopsDoesNotWaitForABudget) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  Request request = to(server);
  auto& budget = *request.add_budgets();
  budget.set_key("account");
  budget.set_per_second(0.01);
  budget.set_burst(1);
  EXPECT_TRUE(ask(request));
  std::stop_source ends;
  auto open = start(request, base::Duration{300'000}, ends.get_token());
  ends.request_stop();
  EXPECT_EQ(get(open).error().code(), Code::kUnavailable);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpServiceTest, ItsEndEndsWhatWaits) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) { return with_body("x"); }};
  Request request = to(server);
  auto& budget = *request.add_budgets();
  budget.set_key("account");
  budget.set_per_second(0.01);
  budget.set_burst(1);
  EXPECT_TRUE(ask(request));
  auto open = start(request, base::Duration{300'000});
  service_.reset();
  EXPECT_EQ(get(open).error().code(), Code::kUnavailable);
}

TEST_F(HttpServiceTest, WhatIsSeenHasNoSecrets) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply = with_body("answer-s3cret");
                                 reply.status = 403;
                                 reply.headers = {{"Set-Cookie", "s3cret"}};
                                 return reply;
                               }};
  Request request = to(server, "/zones/1?token=s3cret");
  request.set_method("PUT");
  request.set_body("s3cret");
  auto& header = *request.add_headers();
  header.set_name("Authorization");
  header.set_value("Bearer s3cret");
  ASSERT_TRUE(ask(request));
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr("http request"));
  EXPECT_THAT(log, HasSubstr("method=PUT"));
  EXPECT_THAT(log, HasSubstr("path=/zones/1"));
  EXPECT_THAT(log, HasSubstr("correlation=c-1"));
  EXPECT_THAT(log, Not(HasSubstr("s3cret")));
  const std::string metrics = metrics_.text();
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(paynamed_http_requests_total{host="127.0.0.1",instance="zone",method="PUT",status="4xx"} 1)"));
  EXPECT_THAT(metrics, HasSubstr("paynamed_http_request_seconds_count{"));
  EXPECT_THAT(metrics, HasSubstr("paynamed_http_connections 1"));
  EXPECT_THAT(metrics, Not(HasSubstr("s3cret")));
  for (const auto& each : server.requests()) EXPECT_FALSE(each.headers.contains("traceparent"));
}

TEST_F(HttpServiceTest, AnUnknownMethodIsUnimplemented) {
  ServiceCall call;
  call.method = "Fetch";
  std::promise<Code> code;
  service_->service()(std::move(call),
                      [&](const base::Result<std::string>& bytes) { code.set_value(bytes.error().code()); });
  EXPECT_EQ(code.get_future().get(), Code::kUnimplemented);
}

}  // namespace
}  // namespace paynamed::host
