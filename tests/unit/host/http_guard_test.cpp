// pn.http/1 for URLs that somebody else wrote: guard, proxy, answers of which only the status counts.
#include <gmock/gmock.h>

#include "host/http_message.hpp"
#include "http_fixture.hpp"
#include "tests/fakes/tls/fake_proxy.hpp"

namespace paynamed::host {
namespace {

using base::Code;
using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpGuardTest : public HttpFixture {
 protected:
  static FakeHttpReply fine(const FakeHttpRequest&) {
    FakeHttpReply reply;
    reply.body = "fine";
    return reply;
  }
  base::Result<std::string> check(const Request& request) {
    ServiceCall call;
    call.instance = "hooks";
    call.module = "webhook";
    call.method = "Check";
    call.request = request.SerializeAsString();
    base::Result<std::string> result = base::fail(base::internal("no answer"));
    service_->service()(std::move(call), [&](base::Result<std::string> bytes) {
      plugin::v1::HttpCheckReply reply;
      if (!bytes) {
        result = base::fail(bytes.error());
      } else if (reply.ParseFromString(*bytes)) {
        result = reply.url();
      }
    });
    return result;
  }
  static Request guarded(const std::string& url) {
    Request request;
    request.set_url(url);
    request.mutable_guard();
    return request;
  }
};

TEST_F(HttpGuardTest, AnEmptyGuardLetsOnlyPublicAddressesBeCalled) {
  const FakeHttpsServer server{good_, fine};
  Request request = to(server);
  ASSERT_TRUE(ask(request)) << "without a guard";
  request.mutable_guard();
  auto answer = ask(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kPermissionDenied);
  EXPECT_EQ(answer.error().message(), "127.0.0.1 must not be called: it is loopback (RFC 1122)");
  request.set_url("https://localhost:" + std::to_string(server.port()) + "/");
  answer = ask(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(answer.error().message(), HasSubstr("localhost must not be called"));
  EXPECT_EQ(server.requests().size(), 1U);
  request = to(server);
  request.mutable_guard()->add_allow("127.0.0.0/8");
  EXPECT_TRUE(ask(request));
  request.mutable_guard()->add_ports(443);
  EXPECT_EQ(ask(request).error().code(), Code::kPermissionDenied);
}

TEST_F(HttpGuardTest, AGuardOrProxyThatIsNoneIsRefused) {
  const FakeHttpsServer server{good_, fine};
  const std::vector<std::function<void(Request&)>> table = {
      [](Request& request) { request.mutable_guard()->add_allow("10/8"); },
      [](Request& request) { request.mutable_guard()->add_ports(65'536); },
      [](Request& request) { request.mutable_guard()->add_ports(0); },
      [](Request& request) {
        for (int i = 0; i < 65; ++i) request.mutable_guard()->add_ports(443);
      },
      [](Request& request) { request.set_proxy("https://proxy.example"); },
      [](Request& request) { request.set_proxy("http://user:word@proxy.example"); },
      [](Request& request) { request.set_lane(std::string(201, 'x')); },
  };
  for (const auto& change : table) {
    Request request = to(server);
    change(request);
    const auto answer = ask(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(answer.error().message(), HasSubstr("cannot be sent"));
  }
  EXPECT_TRUE(server.requests().empty());
}

// A URL of somebody else may be a secret of theirs, and their hosts are as many as they like.
TEST_F(HttpGuardTest, OfAGuardedUrlNoPathIsLoggedAndNoHostIsALabel) {
  const FakeHttpsServer server{good_, fine};
  Request request = to(server, "/services/s3cret");
  request.mutable_guard()->add_allow("127.0.0.0/8");
  ASSERT_TRUE(ask(request));
  EXPECT_THAT(log_text(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(metrics_.text(), HasSubstr("host=\"guarded\""));
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("127.0.0.1")));
}

TEST_F(HttpGuardTest, ARequestGoesThroughItsProxy) {
  const FakeHttpsServer server{good_, fine};
  const fakes::FakeProxy proxy;
  Request request = to(server);
  request.set_url("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  request.set_proxy("http://127.0.0.1:" + std::to_string(proxy.port()));
  request.mutable_guard()->add_allow("127.0.0.0/8");
  const auto answer = ask(request);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST_F(HttpGuardTest, OfALongAnswerTheBeginningIsTaken) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.status = 201;
                                 reply.body = std::string(100'000, 'x');
                                 return reply;
                               }};
  Request request = to(server);
  request.set_max_reply_bytes(20'000);
  EXPECT_EQ(ask(request).error().code(), Code::kOutOfRange);
  request.set_truncate_reply(true);
  const auto answer = ask(request);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status(), 201U);
  EXPECT_EQ(answer->body().size(), 20'000U);
}

TEST_F(HttpGuardTest, ALaneDoesNotWaitForThePlacesOfAnother) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest& request) {
                                 FakeHttpReply reply;
                                 reply.hang = request.target == "/slow";
                                 return reply;
                               }};
  std::vector<std::future<Answer>> slow;
  for (int i = 0; i < 20; ++i) {
    Request request = to(server, "/slow");
    request.set_lane("slow");
    slow.push_back(start(request, base::Duration{3'000}));
  }
  Request request = to(server, "/fast");
  request.set_lane("fast");
  EXPECT_TRUE(ask(request));
  EXPECT_NE(slow.back().wait_for(std::chrono::seconds(0)), std::future_status::ready);
  for (auto& each : slow) EXPECT_FALSE(get(each));
}

TEST_F(HttpGuardTest, TooManyOfSomethingHereSaysNothingOfTheServer) {
  for (const auto& [sent, code] :
       std::vector<std::pair<bool, Code>>{{false, Code::kResourceExhausted}, {true, Code::kUnknown}}) {
    const auto reply = to_http_reply({base::fail(base::resource_exhausted("too many look-ups")), sent});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), code);
  }
}

TEST_F(HttpGuardTest, ConnectionsToStrangersDoNotTakeThePlacesOfKeptOnes) {
  const FakeHttpsServer server{good_, fine};
  ASSERT_TRUE(ask(to(server)));
  for (std::uint32_t i = 0; i < 70; ++i) {
    Request request = to(server);
    request.mutable_guard()->add_allow("127.0.0.0/8");
    request.mutable_guard()->add_ports(server.port());
    request.mutable_guard()->add_ports(1 + i);  // connections are kept for one guard each
    ASSERT_TRUE(ask(request));
  }
  ASSERT_TRUE(ask(to(server)));
  EXPECT_EQ(server.connections(), 71);
}

TEST_F(HttpGuardTest, CheckGivesTheNormalForm) {
  struct Case {
    std::string url, normal;
  };
  for (const Case& each : std::vector<Case>{{"HTTPS://Hook.Example", "https://hook.example/"},
                                            {"https://hook.example:443/A?b=C", "https://hook.example/A?b=C"},
                                            {"https://hook.example:8443/a/", "https://hook.example:8443/a/"},
                                            {"https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"}}) {
    const auto url = check(guarded(each.url));
    ASSERT_TRUE(url) << url.error().to_string();
    EXPECT_EQ(*url, each.normal);
    EXPECT_EQ(*check(guarded(*url)), each.normal);
  }
}

TEST_F(HttpGuardTest, CheckSaysWhatIsWrongWithoutTheUrl) {
  struct Case {
    std::string url;
    Code code;
    std::string says;
  };
  for (const Case& each :
       std::vector<Case>{{"hook.example", Code::kInvalidArgument, "The URL is not a URL."},
                         {"http://hook.example/?s3cret", Code::kInvalidArgument,
                          "The URL is http://; it must be https://."},
                         {"https://u:s3cret@hook.example/", Code::kInvalidArgument,
                          "The URL has more than scheme, host, port and path."},
                         {"https://127.1/s3cret", Code::kInvalidArgument,
                          "The host '127.1' is neither a name nor an IPv4 address with four numbers."},
                         {"https://10.0.0.1/s3cret", Code::kPermissionDenied,
                          "10.0.0.1 must not be called: it is private (RFC 1918)."}}) {
    const auto url = check(guarded(each.url));
    ASSERT_FALSE(url) << each.url;
    EXPECT_EQ(url.error().code(), each.code);
    EXPECT_EQ(url.error().message(), each.says);
  }
  Request plain = guarded("http://hook.example/x");
  plain.set_allow_plain(true);
  EXPECT_EQ(*check(plain), "http://hook.example/x");
}

}  // namespace
}  // namespace paynamed::host
