// What the guard does at connect time: with names, kept connections, redirects and addresses that change.
#include "client_fixture.hpp"

namespace paynamed::net {
namespace {

using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using testing::ElementsAre;
using testing::HasSubstr;

class GuardedRequest : public ClientFixture {
 protected:
  static std::string url(const FakeHttpsServer& server, const std::string& host = "hook.example") {
    return "https://" + host + ":" + std::to_string(server.port()) + "/hook";
  }
  static FakeHttpReply fine(const FakeHttpRequest&) {
    FakeHttpReply reply;
    reply.body = "fine";
    return reply;
  }
};

TEST_F(GuardedRequest, ANameThatLeadsToAForbiddenAddressIsNotCalled) {
  const FakeHttpsServer server{good_, fine};
  answers({"127.0.0.1"});
  HttpRequest request = post_to(url(server));
  request.guard = guard();
  const auto outcome = attempt(std::move(request));
  ASSERT_FALSE(outcome.result);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kPermissionDenied);
  EXPECT_EQ(outcome.result.error().message(),
            "hook.example has an address that must not be called: it is loopback (RFC 1122)");
  EXPECT_FALSE(outcome.sent);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(GuardedRequest, OneForbiddenAddressOfSeveralRefusesAll) {
  const FakeHttpsServer server{good_, fine};
  for (const std::vector<std::string>& found : std::vector<std::vector<std::string>>{
           {"127.0.0.1", "10.0.0.1"}, {"::ffff:10.0.0.1", "127.0.0.1"}, {"127.0.0.1", "64:ff9b::a00:1"}}) {
    answers(found);
  }
  for (int i = 0; i < 3; ++i) {
    HttpRequest request = post_to(url(server));
    request.guard = guard({"127.0.0.0/8"});
    const auto outcome = attempt(std::move(request));
    ASSERT_FALSE(outcome.result);
    EXPECT_EQ(outcome.result.error().code(), base::Code::kPermissionDenied);
  }
  EXPECT_EQ(server.connections(), 0);
}

// Rebinding: the name is asked for once, and what was judged is what is connected to.
TEST_F(GuardedRequest, ANameThatChangesAfterItsCheckIsCalledWhereItWasChecked) {
  const FakeHttpsServer allowed{good_, fine};
  fakes::FakeTlsOptions elsewhere;
  elsewhere.address = "127.0.0.2";
  // On the same port: it would be reached if the name decided.
  elsewhere.port = allowed.port();
  const FakeHttpsServer inside{good_, fine, elsewhere};
  answers({"127.0.0.1"});
  answers({"127.0.0.2"});
  HttpRequest request = post_to(url(allowed));
  request.guard = guard({"127.0.0.1"});
  const auto outcome = attempt(request);
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_THAT(looked_up(), ElementsAre("hook.example"));
  EXPECT_EQ(allowed.requests().at(0).headers.at("host"), "hook.example:" + std::to_string(allowed.port()));
  EXPECT_EQ(allowed.requests().at(0).server_name, "hook.example");
  // A new connection is judged anew.
  restart();
  const auto after = attempt(std::move(request));
  ASSERT_FALSE(after.result);
  EXPECT_EQ(after.result.error().code(), base::Code::kPermissionDenied);
  EXPECT_EQ(inside.connections(), 0);
}

TEST_F(GuardedRequest, AKeptConnectionServesOnlyTheGuardThatItWasMadeUnder) {
  const FakeHttpsServer server{good_, fine};
  answers({"127.0.0.1"});
  ASSERT_TRUE(attempt(post_to(url(server))).result) << "without a guard";
  HttpRequest request = post_to(url(server));
  request.guard = guard();
  EXPECT_EQ(attempt(request).result.error().code(), base::Code::kPermissionDenied);
  request.guard = guard({"127.0.0.0/8"});
  ASSERT_TRUE(attempt(request).result);
  request.guard = guard({"127.0.0.0/8"});
  ASSERT_TRUE(attempt(request).result) << "the same rules";
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(GuardedRequest, ARedirectIsAnAnswerAndIsNotFollowed) {
  const FakeHttpsServer server{good_, [](const FakeHttpRequest&) {
                                 FakeHttpReply reply;
                                 reply.status = 302;
                                 reply.headers = {{"Location", "http://169.254.169.254/latest/meta-data/"}};
                                 return reply;
                               }};
  answers({"127.0.0.1"});
  HttpRequest request = post_to(url(server));
  request.guard = guard({"127.0.0.0/8"});
  const auto outcome = attempt(std::move(request));
  ASSERT_TRUE(outcome.result);
  EXPECT_EQ(outcome.result->status, 302U);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(looked_up().size(), 1U);
}

TEST_F(GuardedRequest, LiteralsFixedAddressesAndPortsAreJudgedToo) {
  const FakeHttpsServer server{good_, fine};
  HttpRequest literal = post_to(url(server, "127.0.0.1"));
  literal.guard = guard();
  EXPECT_EQ(attempt(std::move(literal)).result.error().code(), base::Code::kPermissionDenied);
  HttpRequest fixed = post_to(url(server));
  fixed.guard = guard();
  fixed.address = boost::asio::ip::make_address("127.0.0.1");
  EXPECT_EQ(attempt(std::move(fixed)).result.error().code(), base::Code::kPermissionDenied);
  HttpRequest port = post_to(url(server, "127.0.0.1"));
  port.guard = guard({"127.0.0.0/8"}, {443});
  EXPECT_EQ(attempt(std::move(port)).result.error().code(), base::Code::kPermissionDenied);
  HttpRequest octal = post_to(url(server, "0177.0.0.1"));
  octal.guard = guard({"127.0.0.0/8"});
  EXPECT_EQ(attempt(std::move(octal)).result.error().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(looked_up().empty());
}

}  // namespace
}  // namespace paynamed::net
