// Requests through a proxy, which finds the hosts.
#include "client_fixture.hpp"

namespace paynamed::net {
namespace {

using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeProxy;
using fakes::FakeProxyOptions;
using testing::ElementsAre;
using testing::HasSubstr;

class HttpsProxy : public ClientFixture {
 protected:
  static HttpRequest through(const FakeProxy& proxy, const std::string& url) {
    HttpRequest request = post_to(url);
    request.proxy = *HttpProxy::parse("http://127.0.0.1:" + std::to_string(proxy.port()));
    request.guard = guard();
    return request;
  }
  static FakeHttpReply echo(const FakeHttpRequest& request) {
    FakeHttpReply reply;
    reply.body = request.method + " " + request.target + " " + request.body;
    return reply;
  }
};

TEST_F(HttpsProxy, AnHttpsRequestGoesThroughATunnel) {
  const FakeHttpsServer server{good_, echo};
  const FakeProxy proxy;
  const std::string port = std::to_string(server.port());
  const auto outcome = attempt(through(proxy, "https://hook.example:" + port + "/a?b"));
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_EQ(outcome.result->body, "POST /a?b event");
  EXPECT_THAT(proxy.requests(), ElementsAre("CONNECT hook.example:" + port + " HTTP/1.1"));
  EXPECT_EQ(server.requests().at(0).server_name, "hook.example");
  EXPECT_TRUE(looked_up().empty()) << "the proxy finds the host";
  ASSERT_TRUE(attempt(through(proxy, "https://hook.example:" + port + "/again")).result);
  EXPECT_EQ(proxy.requests().size(), 1U) << "the tunnel is kept";
  EXPECT_EQ(proxy.malformed_requests(), 0);
}

TEST_F(HttpsProxy, APlainRequestIsSentInAbsoluteForm) {
  const FakeHttpsServer server{{}, echo, plain()};
  const FakeProxy proxy;
  const std::string port = std::to_string(server.port());
  HttpRequest request = through(proxy, "http://hook.example:" + port + "/a?b");
  request.allow_plain = true;
  const auto outcome = attempt(std::move(request));
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_EQ(outcome.result->body, "POST /a?b event");
  EXPECT_THAT(proxy.requests(), ElementsAre("POST http://hook.example:" + port + "/a?b HTTP/1.1"));
  EXPECT_EQ(server.requests().at(0).headers.at("host"), "hook.example:" + port);
}

TEST_F(HttpsProxy, TheCertificateIsStillTheHosts) {
  const FakeHttpsServer server{good_, echo};
  const FakeProxy proxy;
  const auto outcome =
      attempt(through(proxy, "https://other.example:" + std::to_string(server.port()) + "/"));
  ASSERT_FALSE(outcome.result);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnauthenticated);
  EXPECT_FALSE(outcome.sent);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpsProxy, AddressesInUrlsAreJudgedBeforeTheProxyIsAsked) {
  const FakeProxy proxy;
  for (const std::string url : {"https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://127.1/"}) {
    EXPECT_FALSE(attempt(through(proxy, url)).result) << url;
  }
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(HttpsProxy, AProxyThatDoesNotConnectIsUnavailableAndNothingWasSent) {
  struct Case {
    std::string what, answer, says;
  };
  for (const Case& each : std::vector<Case>{
           {"refused", "HTTP/1.1 407 Request rejected by proxy\r\n\r\n", "the proxy answered 407 to CONNECT"},
           {"no such host", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "the proxy answered 502 to CONNECT"},
           {"a redirect", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "the proxy answered 302 to CONNECT"},
           {"no HTTP", "hello\r\n\r\n", "through the proxy"},
           {"half a head", "HTTP/1.1 200 OK\r\nX: y", "through the proxy"},
           {"a head without an end", "HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x'), "through the proxy"},
           {"words before TLS", "HTTP/1.1 200 OK\r\n\r\nhello", "cannot be reached"},
       }) {
    SCOPED_TRACE(each.what);
    FakeProxyOptions options;
    options.answer = each.answer;
    const FakeProxy proxy{options};
    const auto outcome = attempt(through(proxy, "https://hook.example/"));
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code(), base::Code::kUnavailable) << outcome.result.error().to_string();
    EXPECT_THAT(outcome.result.error().message(), HasSubstr(each.says));
    EXPECT_FALSE(outcome.sent);
  }
}

TEST_F(HttpsProxy, AProxyThatSaysNothingIsCutOff) {
  FakeProxyOptions options;
  options.hang = true;
  const FakeProxy proxy{options};
  const auto outcome = attempt(through(proxy, "https://hook.example/"), base::Duration{300});
  ASSERT_FALSE(outcome.result);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_FALSE(outcome.sent);
}

TEST_F(HttpsProxy, OnlyAPlainUrlNamesAProxy) {
  const auto proxy = HttpProxy::parse("http://proxy.example:3128/");
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->host, "proxy.example");
  EXPECT_EQ(proxy->port, 3128);
  for (const std::string bad :
       {"", "proxy.example:3128", "https://proxy.example", "socks5://proxy.example",
        "http://user:word@proxy.example", "http://proxy.example/path", "http://p/?q"}) {
    EXPECT_FALSE(HttpProxy::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace paynamed::net
