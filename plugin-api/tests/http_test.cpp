// Http: what of a call goes with a request, from the strand and from a thread of the plugin's own.
#include "paynamed/http.hpp"

#include <gtest/gtest.h>

#include "paynamed/dns_provider.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed {
namespace {

using namespace plugin::v1;
using namespace std::chrono_literals;
using testing::TestHost;

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.set_method("GET");
  request.set_url(url);
  return request;
}

class OnStrand final : public DnsProvider {
 public:
  OnStrand(Host host, const Config&) : http_(std::move(host)) {}
  void read(ReadRequest request, Reply<ReadReply> reply) override {
    const Call call = reply.call();
    auto kept = std::make_shared<Reply<ReadReply>>(std::move(reply));
    http_.request(get(request.name()), call, 5s, [kept](const Result<HttpReply>& answer) {
      if (!answer.ok()) return kept->fail(answer.error());
      ReadReply read;
      read.add_records()->set_value(answer->body());
      kept->ok(read);
    });
  }
  void list_names(ListNamesRequest, Reply<ListNamesReply> reply) override {
    http_.request_now(get("https://a.test/"), reply.call(), 5s);
  }
  void withdraw(WithdrawRequest, Reply<WithdrawReply> reply) override {
    http_.hold_budget("user/1", 2min);
    reply.ok();
  }

 private:
  Http http_;
};

class InStraightCode final : public Blocking<DnsProvider> {
 public:
  InStraightCode(Host host, const Config&) : Blocking<DnsProvider>(host), http_(std::move(host)) {}
  ReadReply read(ReadRequest request, Call& call) override {
    ReadReply read;
    read.add_records()->set_value(http_.request_now(get(request.name()), call, 5s).body());
    return read;
  }

 private:
  Http http_;
};

template <class Plugin>
class HttpTest : public ::testing::Test {
 protected:
  HttpTest() {
    host_.set_service("pn.http/1", "Request",
                      [this](std::string_view bytes, const Call::Info& info) -> Result<std::string> {
                        seen_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                        info_ = info;
                        if (seen_.url() == "https://nobody.test/") {
                          return Error(Code::kUnavailable, "There is no such host.");
                        }
                        HttpReply reply;
                        reply.set_body("answer");
                        return reply.SerializeAsString();
                      });
  }
  Result<ReadReply> read(const std::string& url, bool background) {
    ReadRequest request;
    request.set_name(url);
    testing::CallOptions options;
    options.correlation_id = "c1";
    options.traceparent = "t1";
    options.background = background;
    return host_.call<ReadReply>(plugin_, "Read", request, options);
  }
  TestHost host_;
  HttpRequest seen_;
  Call::Info info_;
  testing::Instance* plugin_ = host_.create<Plugin>("{}").value();
};

using Styles = ::testing::Types<OnStrand, InStraightCode>;
TYPED_TEST_SUITE(HttpTest, Styles);

TYPED_TEST(HttpTest, GivesTheAnswerAndPassesOnWhatTheCallIsFor) {
  for (const bool background : {false, true}) {
    const auto reply = this->read("https://a.test/", background);
    ASSERT_TRUE(reply.ok()) << reply.error().message();
    EXPECT_EQ(reply->records(0).value(), "answer");
    EXPECT_EQ(this->seen_.background(), background);
    EXPECT_EQ(this->info_.background, background);
    EXPECT_EQ(this->info_.correlation_id, "c1");
    EXPECT_EQ(this->info_.traceparent, "t1");
  }
}

TYPED_TEST(HttpTest, AFailureIsTheDaemonsOwn) {
  EXPECT_EQ(this->read("https://nobody.test/", false).error().message(), "There is no such host.");
}

using HttpOnStrandTest = HttpTest<OnStrand>;

TEST_F(HttpOnStrandTest, WaitingOnTheStrandIsRefused) {
  const auto listed = host_.call<ListNamesReply>(plugin_, "ListNames", ListNamesRequest());
  EXPECT_EQ(listed.code(), Code::kFailedPrecondition);
}

TEST_F(HttpOnStrandTest, HoldsABudget) {
  HoldBudgetRequest held;
  host_.set_service("pn.http/1", "HoldBudget",
                    [&](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                      held.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                      return HoldBudgetReply().SerializeAsString();
                    });
  ASSERT_TRUE(host_.call<WithdrawReply>(plugin_, "Withdraw", WithdrawRequest()).ok());
  host_.run();
  EXPECT_EQ(held.key(), "user/1");
  EXPECT_EQ(held.hold_ms(), 120'000U);
}

}  // namespace
}  // namespace paynamed
