// What the plugin asks of the daemon's HTTP client, and what it makes of the answers.
#include "webhook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <paynamed/http.hpp>
#include <paynamed/testing/test_host.hpp>

#include "attempt.hpp"
#include "network.hpp"
#include "signing.hpp"

namespace paynamed::webhook {
namespace {

using namespace std::chrono_literals;
using plugin::v1::CheckTargetReply;
using plugin::v1::CheckTargetRequest;
using plugin::v1::DeliverReply;
using plugin::v1::DeliverRequest;
using plugin::v1::DescribeNotifierReply;
using plugin::v1::DescribeNotifierRequest;
using plugin::v1::SigningKey;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kId = "01975c2e-7f3a-7c11-9a4e-5b1f0c2d3e4f";
const std::string kNew = "whsec_FbFQe4OmZ7nvH5w82PQuHVW/YVrTP8aSc0RkXq8BPUc=";
const std::string kOld = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY";
const std::string kPair =
    "whsk_RnCzc3zE8DyX4AX0R9pyYjWWcLv8cvFqUBkaawg98VonE5xI5M3wVk3TfNvmToWYqkm+kr6slmgmyxXlz6NPHQ==";

// A notifier whose work ends when the test says so, with attempts of the plugin.
class Ending final : public Notifier {
 public:
  Ending(Host host, const Config& config) : host_(std::move(host)), settings_(read_settings(config)) {
    made = this;
  }
  void deliver(DeliverRequest request, Reply<DeliverReply> reply) override {
    std::make_shared<Attempt>(settings_, host_, work_.part(), std::move(request), std::move(reply))->begin();
  }
  void end() {
    work_.end([] {});
  }
  void stop(std::function<void()> done) override { done(); }

  static inline Ending* made = nullptr;

 private:
  const Host host_;
  const Settings settings_;
  OpenWork work_;
};

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() {
    host_.set_wall(std::chrono::sys_time<std::chrono::milliseconds>(1'800'000'000'900ms));
    host_.set_secret("new", kNew);
    host_.set_secret("old", kOld);
    host_.set_secret("pair", kPair);
    host_.set_service("pn.http/1", "Request", [this](std::string_view bytes, const Call::Info& info) {
      HttpRequest request;
      EXPECT_TRUE(request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
      requests_.push_back(request);
      infos_.push_back(info);
      return answer_.ok() ? Result<std::string>(answer_->SerializeAsString()) : answer_.error();
    });
    host_.set_service("pn.http/1", "Check", [this](std::string_view bytes, const Call::Info&) {
      EXPECT_TRUE(checked_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
      if (!check_.ok()) return Result<std::string>(check_.error());
      HttpCheckReply reply;
      reply.set_url(*check_);
      return Result<std::string>(reply.SerializeAsString());
    });
    answer_->set_status(200);
  }
  ::testing::AssertionResult make(const std::string& table = "{}") {
    auto made = host_.create<Webhook>(table);
    if (!made.ok()) return ::testing::AssertionFailure() << made.error().message();
    webhook_ = *made;
    return ::testing::AssertionSuccess();
  }
  static DeliverRequest event(const std::vector<std::pair<SigningKey::Kind, std::string>>& keys = {
                                  {SigningKey::HMAC_SHA256, "new"}}) {
    DeliverRequest request;
    request.set_event_id(kId);
    request.set_type("payment.received");
    request.set_event("{\"a\": 1}");
    request.set_attempt(1);
    request.mutable_target()->set_id("t-1");
    request.mutable_target()->set_address("https://hook.example/x");
    for (const auto& [kind, handle] : keys) {
      auto& key = *request.mutable_target()->add_keys();
      key.set_kind(kind);
      key.set_handle(handle);
    }
    return request;
  }
  Result<DeliverReply> deliver(const DeliverRequest& request, std::chrono::milliseconds timeout = 30s) {
    return host_.call<DeliverReply>(webhook_, "Deliver", request, {.timeout = timeout});
  }
  Result<CheckTargetReply> check(const std::string& address) {
    CheckTargetRequest request;
    request.set_address(address);
    return host_.call<CheckTargetReply>(webhook_, "CheckTarget", request);
  }
  std::map<std::string, std::string> sent_headers() const {
    std::map<std::string, std::string> headers;
    for (const auto& each : requests_.back().headers()) headers[each.name()] = each.value();
    return headers;
  }
  void answer_with(unsigned status, const std::map<std::string, std::string>& headers = {}) {
    HttpReply reply;
    reply.set_status(status);
    for (const auto& [name, value] : headers) {
      auto& header = *reply.add_headers();
      header.set_name(name);
      header.set_value(value);
    }
    answer_ = reply;
  }

  paynamed::testing::TestHost host_;
  paynamed::testing::Instance* webhook_ = nullptr;
  std::vector<HttpRequest> requests_;
  std::vector<Call::Info> infos_;
  HttpRequest checked_;
  Result<HttpReply> answer_ = HttpReply();
  Result<std::string> check_ = std::string("https://hook.example/x");
};

TEST_F(WebhookTest, AnEventIsSentAsItIsAndSigned) {
  ASSERT_TRUE(make());
  const auto reply = deliver(event());
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(reply->outcome(), DeliverReply::DELIVERED);
  const HttpRequest& sent = requests_.at(0);
  EXPECT_EQ(sent.method(), "POST");
  EXPECT_EQ(sent.url(), "https://hook.example/x");
  EXPECT_EQ(sent.body(), "{\"a\": 1}");
  EXPECT_TRUE(sent.has_guard());
  EXPECT_EQ(sent.guard().allow_size(), 0);
  EXPECT_FALSE(sent.allow_plain());
  EXPECT_TRUE(sent.truncate_reply());
  EXPECT_TRUE(sent.repeatable());
  EXPECT_EQ(sent.max_reply_bytes(), 20'000U);
  EXPECT_EQ(sent.lane(), "t-1");
  const auto headers = sent_headers();
  EXPECT_EQ(headers.at("Content-Type"), "application/json");
  EXPECT_EQ(headers.at("User-Agent"), "paynamed");
  EXPECT_EQ(headers.at("webhook-id"), kId);
  EXPECT_EQ(headers.at("webhook-timestamp"), "1800000000");
  EXPECT_EQ(headers.at("webhook-signature"), sign_hmac(kNew, signed_text(kId, 1'800'000'000, "{\"a\": 1}")));
}

// JavaScript and Python split the header at single spaces, so there is one between two and none at the ends.
TEST_F(WebhookTest, EveryKeyThatCountsSignsHmacsFirst) {
  ASSERT_TRUE(make());
  ASSERT_TRUE(deliver(event({{SigningKey::ED25519, "pair"},
                             {SigningKey::HMAC_SHA256, "new"},
                             {SigningKey::HMAC_SHA256, "old"}}))
                  .ok());
  const std::string text = signed_text(kId, 1'800'000'000, "{\"a\": 1}");
  EXPECT_EQ(sent_headers().at("webhook-signature"),
            sign_hmac(kNew, text) + " " + sign_hmac(kOld, text) + " " + sign_ed25519(kPair, text));
}

TEST_F(WebhookTest, EachAttemptIsSignedAtItsOwnTime) {
  ASSERT_TRUE(make());
  ASSERT_TRUE(deliver(event()).ok());
  const auto before = sent_headers();
  host_.advance(5min);
  ASSERT_TRUE(deliver(event()).ok());
  EXPECT_EQ(sent_headers().at("webhook-id"), before.at("webhook-id"));
  EXPECT_EQ(sent_headers().at("webhook-timestamp"), "1800000300");
  EXPECT_NE(sent_headers().at("webhook-signature"), before.at("webhook-signature"));
}

TEST_F(WebhookTest, ASecretIsReadAtEachUse) {
  ASSERT_TRUE(make());
  ASSERT_TRUE(deliver(event()).ok());
  host_.set_secret("new", kOld);
  ASSERT_TRUE(deliver(event()).ok());
  EXPECT_EQ(sent_headers().at("webhook-signature"),
            sign_hmac(kOld, signed_text(kId, 1'800'000'000, "{\"a\": 1}")));
}

TEST_F(WebhookTest, WithoutKeysThatCanBeUsedNothingIsSent) {
  ASSERT_TRUE(make());
  host_.set_secret("none", "not a secret");
  struct Case {
    std::vector<std::pair<SigningKey::Kind, std::string>> keys;
    Code code;
  };
  for (const Case& each : std::vector<Case>{
           {{}, Code::kFailedPrecondition},
           {{{SigningKey::ED25519, "pair"}}, Code::kFailedPrecondition},
           {{{SigningKey::HMAC_SHA256, "absent"}}, Code::kUnauthenticated},
           {{{SigningKey::HMAC_SHA256, "none"}}, Code::kFailedPrecondition},
           {{{SigningKey::HMAC_SHA256, "pair"}}, Code::kFailedPrecondition},
           {{{SigningKey::HMAC_SHA256, "new"}, {SigningKey::ED25519, "old"}}, Code::kFailedPrecondition},
           {{{SigningKey::HMAC_SHA256, "new"}, {SigningKey::KIND_UNKNOWN, "old"}},
            Code::kFailedPrecondition}}) {
    EXPECT_EQ(deliver(event(each.keys)).code(), each.code);
  }
  EXPECT_TRUE(requests_.empty());
  EXPECT_FALSE(host_.logged("not a secret"));
}

// The daemon reads what the operator wrote, too, and an event must not be lost for that.
TEST_F(WebhookTest, ARequestThatCannotBeSentThoughItsUrlCanIsTheOperators) {
  ASSERT_TRUE(make(R"({"allow_http": true})"));
  answer_ =
      Error(Code::kInvalidArgument, "The HTTP request cannot be sent: its trust_pem has no certificate.");
  auto reply = deliver(event());
  EXPECT_EQ(reply.code(), Code::kFailedPrecondition);
  EXPECT_EQ(reply.error().message(), answer_.error().message());
  EXPECT_EQ(checked_.url(), "https://hook.example/x");
  EXPECT_TRUE(checked_.has_guard());
  EXPECT_TRUE(checked_.allow_plain());
  check_ = Error(Code::kInvalidArgument, "The URL is not a URL.");
  reply = deliver(event());
  EXPECT_EQ(reply.code(), Code::kInvalidArgument) << "it never will work";
  EXPECT_EQ(reply.error().message(), "The URL is not a URL.");
}

// A name that leads to a forbidden address for a moment is no end: its next attempt may be called again.
TEST_F(WebhookTest, ANameThatMustNotBeCalledNowIsTriedAgain) {
  ASSERT_TRUE(make());
  answer_ = Error(Code::kPermissionDenied, "hook.example has an address that must not be called");
  const auto reply = deliver(event());
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(reply->outcome(), DeliverReply::RETRY);
  EXPECT_EQ(reply->status(), 0U);
  EXPECT_EQ(reply->reason(),
            "The receiver was not called: hook.example has an address that must not be called.");
  check_ = Error(Code::kPermissionDenied, "10.0.0.1 must not be called: it is private (RFC 1918).");
  EXPECT_EQ(deliver(event()).code(), Code::kPermissionDenied) << "an address in the URL, or a port";
  check_ = Error(Code::kUnavailable, "so it was");
  EXPECT_EQ(deliver(event()).code(), Code::kUnavailable) << "nobody knows";
}

// A secret that cannot be read says nothing of the receiver.
TEST_F(WebhookTest, ASecretThatCannotBeReadIsTheOperators) {
  ASSERT_TRUE(make(R"({"ca": "authorities"})"));
  for (const bool of_target : {true, false}) {
    for (const auto& [from, to] :
         std::vector<std::pair<Code, Code>>{{Code::kNotFound, Code::kUnauthenticated},
                                            {Code::kFailedPrecondition, Code::kUnauthenticated},
                                            {Code::kPermissionDenied, Code::kFailedPrecondition},
                                            {Code::kInvalidArgument, Code::kFailedPrecondition},
                                            {Code::kInternal, Code::kFailedPrecondition},
                                            {Code::kUnavailable, Code::kFailedPrecondition}}) {
      host_.set_service("pn.secret/1", "Read", [&](std::string_view bytes, const Call::Info&) {
        plugin::v1::ReadSecretRequest request;
        EXPECT_TRUE(request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        if ((request.handle() == "new") == of_target) return Result<std::string>(Error(from, "so it was"));
        plugin::v1::ReadSecretReply reply;
        reply.set_value(kNew);
        return Result<std::string>(reply.SerializeAsString());
      });
      EXPECT_EQ(deliver(event()).code(), to) << static_cast<int>(from);
    }
  }
  EXPECT_TRUE(requests_.empty());
}

// Whoever stops the instance or gives up has the event brought again, so it is not sent now.
TEST_F(WebhookTest, WhatIsNoLongerWantedIsNotSent) {
  const auto while_a_secret_is_read = [this](const std::function<void()>& what) {
    host_.set_service("pn.secret/1", "Read", [what](std::string_view, const Call::Info&) {
      what();
      plugin::v1::ReadSecretReply reply;
      reply.set_value(kNew);
      return Result<std::string>(reply.SerializeAsString());
    });
  };
  ASSERT_TRUE(make());
  std::optional<paynamed::testing::PendingCall> call;
  while_a_secret_is_read([&] { host_.cancel(webhook_, *call); });
  call = host_.start(webhook_, "Deliver", event());
  EXPECT_EQ(host_.wait_bytes(*call).code(), Code::kUnavailable);
  while_a_secret_is_read([&] { host_.advance(2s); });
  EXPECT_EQ(deliver(event(), 1s).code(), Code::kUnavailable);
  const auto ending = host_.create<Ending>("{}");
  ASSERT_TRUE(ending.ok());
  while_a_secret_is_read([] { Ending::made->end(); });
  const auto reply = host_.call<DeliverReply>(*ending, "Deliver", event());
  EXPECT_EQ(reply.code(), Code::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("was not sent"));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(WebhookTest, AnIdThatCannotBeSignedIsRefused) {
  ASSERT_TRUE(make());
  for (const std::string id : {"", "a.b", "a b", "a\nb"}) {
    DeliverRequest request = event();
    request.set_event_id(id);
    EXPECT_EQ(deliver(request).code(), Code::kInvalidArgument) << id;
  }
  EXPECT_TRUE(requests_.empty());
}

TEST_F(WebhookTest, TheOperatorsTableGoesIntoEachRequest) {
  host_.set_secret("authorities", "PEM");
  ASSERT_TRUE(make(R"({"allow_http": true, "allow": ["10.1.0.0/16", "::1"],
                       "allow_names": ["hooks.internal"],
                       "nat64": ["2001:db8:64::/96"], "ports": [443, 8443],
                       "proxy": "http://proxy.example:3128", "ca": "authorities", "user_agent": "shop/1",
                       "content_type": "application/cloudevents+json"})"));
  ASSERT_TRUE(deliver(event()).ok());
  const HttpRequest& sent = requests_.at(0);
  EXPECT_TRUE(sent.allow_plain());
  EXPECT_THAT(sent.guard().allow(), ::testing::ElementsAre("10.1.0.0/16", "::1"));
  EXPECT_THAT(sent.guard().nat64(), ::testing::ElementsAre("2001:db8:64::/96"));
  EXPECT_THAT(sent.guard().names(), ::testing::ElementsAre("hooks.internal"));
  EXPECT_THAT(sent.guard().ports(), ::testing::ElementsAre(443U, 8443U));
  EXPECT_EQ(sent.proxy(), "http://proxy.example:3128");
  EXPECT_EQ(sent.trust_pem(), "PEM");
  EXPECT_EQ(sent_headers().at("User-Agent"), "shop/1");
  EXPECT_EQ(sent_headers().at("Content-Type"), "application/cloudevents+json");
}

TEST_F(WebhookTest, ATableThatDoesNotFitIsRefused) {
  for (const std::string table : {R"({"allow": ["10.0.0.1/8"]})",
                                  R"({"allow": ["10/8"]})",
                                  R"({"allow": ["::/129"]})",
                                  R"({"allow_names": [".internal"]})",
                                  R"({"allow_names": ["Hooks.internal"]})",
                                  R"({"allow_names": ["10.0.0.1"]})",
                                  R"({"allow_names": ["a..b"]})",
                                  R"({"allow_names": [""]})",
                                  R"({"nat64": ["2001:db8::/33"]})",
                                  R"({"nat64": ["2001:db8::"]})",
                                  R"({"nat64": ["10.0.0.0/32"]})",
                                  R"({"allow": ["64:ff9b:1::/96"]})",
                                  R"({"allow": ["hook.example"]})",
                                  R"({"ports": [0]})",
                                  R"({"ports": [65536]})",
                                  R"({"proxy": "https://proxy.example"})",
                                  R"({"proxy": "http://u@proxy.example"})",
                                  R"({"proxy": "http://proxy.example:99999"})",
                                  R"({"proxy": "http://proxy.example/x"})",
                                  R"({"proxy": "http://[::1]x"})",
                                  R"({"proxy": "http://[::1"})",
                                  R"({"proxy": "http://[1.2.3.4]"})",
                                  R"({"proxy": "http://[::g]:1"})",
                                  R"({"proxy": "http://a:b:1"})",
                                  R"({"proxy": "http://p%20q"})",
                                  R"({"proxy": "http://prox\u00fd.example"})",
                                  R"({"proxy": "http://127.0.0.1.proxy.example"})",
                                  R"({"proxy": "http://127.0.0.1x"})",
                                  R"({"proxy": "http://proxy.example:0"})",
                                  R"({"proxy": "http://[fe80::1%eth0]:3128"})",
                                  R"({"timeout": "999ms"})",
                                  R"({"timeout": "61s"})"}) {
    EXPECT_FALSE(make(table)) << table;
  }
  for (const std::string table :
       {R"({"allow": ["0.0.0.0/0", "::/0", "10.0.0.1", "fd00::/8"]})", R"({"proxy": "http://[::1]:3128/"})",
        R"({"proxy": "http://Proxy_1.example"})", R"({"proxy": "http://192.0.2.1:80"})",
        R"({"timeout": "60s"})"}) {
    EXPECT_TRUE(make(table)) << table;
  }
}

TEST_F(WebhookTest, TheAnswerComesBeforeTheCallsDeadline) {
  ASSERT_TRUE(make(R"({"timeout": "10s"})"));
  ASSERT_TRUE(deliver(event(), 30s).ok());
  ASSERT_TRUE(deliver(event(), 10s).ok());
  ASSERT_TRUE(deliver(event(), 400ms).ok());
  ASSERT_EQ(infos_.size(), 3U);
  // 10 s, 9.5 s and 0.3 s from the same moment.
  EXPECT_EQ(*infos_[0].deadline - *infos_[1].deadline, 500ms);
  EXPECT_EQ(*infos_[1].deadline - *infos_[2].deadline, 9'200ms);
}

TEST_F(WebhookTest, DescribeSaysWhatTheDaemonMakes) {
  ASSERT_TRUE(make(R"({"timeout": "15s"})"));
  const auto reply = host_.call<DescribeNotifierReply>(webhook_, "Describe", DescribeNotifierRequest());
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->signs());
  EXPECT_TRUE(reply->signs_ed25519());
  EXPECT_EQ(reply->timeout_ms(), 15'000U);
}

TEST_F(WebhookTest, AnAddressIsKeptInItsNormalForm) {
  ASSERT_TRUE(make());
  check_ = std::string("https://hook.example/normal");
  const auto reply = check("HTTPS://Hook.Example/normal");
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(reply->address(), "https://hook.example/normal");
  EXPECT_EQ(reply->warning(), "");
  EXPECT_EQ(checked_.url(), "HTTPS://Hook.Example/normal");
  EXPECT_TRUE(checked_.has_guard());
  EXPECT_TRUE(requests_.empty()) << "nothing is sent";
  check_ = std::string("http://hook.example/");
  EXPECT_THAT(check("http://hook.example/")->warning(), HasSubstr("can read the events"));
}

TEST_F(WebhookTest, AnAddressThatMustNotBeCalledIsInvalid) {
  ASSERT_TRUE(make());
  for (const Code code : {Code::kPermissionDenied, Code::kInvalidArgument}) {
    check_ = Error(code, "10.0.0.1 must not be called: it is private (RFC 1918).");
    const auto reply = check("https://10.0.0.1/");
    EXPECT_EQ(reply.code(), Code::kInvalidArgument);
    EXPECT_EQ(reply.error().message(), "10.0.0.1 must not be called: it is private (RFC 1918).");
  }
  EXPECT_EQ(check("https://hook.example/" + std::string(2048, 'x')).code(), Code::kInvalidArgument);
}

TEST_F(WebhookTest, AReceiverIsAskedWhenTheOperatorWantsIt) {
  ASSERT_TRUE(make(R"({"handshake": "events.shop.example"})"));
  struct Case {
    unsigned status;
    std::map<std::string, std::string> headers;
    bool wanted;
    std::string warning;
  };
  for (const Case& each :
       std::vector<Case>{{200, {{"webhook-allowed-origin", "events.shop.example"}}, true, ""},
                         {204, {{"webhook-allowed-origin", "EVENTS.shop.example"}}, true, ""},
                         {200, {{"webhook-allowed-origin", "*"}}, true, ""},
                         {200,
                          {{"webhook-allowed-origin", "*"}, {"webhook-allowed-rate", "120"}},
                          true,
                          "at most 120 requests"},
                         {200, {{"webhook-allowed-origin", "*"}, {"webhook-allowed-rate", "*"}}, true, ""},
                         {200, {}, false, ""},
                         {200, {{"webhook-allowed-origin", "other.example"}}, false, ""},
                         {404, {{"webhook-allowed-origin", "*"}}, false, ""},
                         {301, {{"webhook-allowed-origin", "*"}}, false, ""}}) {
    answer_with(each.status, each.headers);
    const auto reply = check("https://hook.example/x");
    ASSERT_EQ(reply.ok(), each.wanted) << each.status;
    if (reply.ok()) {
      EXPECT_THAT(reply->warning(), HasSubstr(each.warning));
      EXPECT_EQ(reply->warning().empty(), each.warning.empty());
    } else {
      EXPECT_EQ(reply.code(), Code::kInvalidArgument);
      EXPECT_THAT(reply.error().message(), HasSubstr("WebHook-Allowed-Origin: events.shop.example"));
    }
    EXPECT_EQ(requests_.back().method(), "OPTIONS");
    EXPECT_TRUE(requests_.back().has_guard());
    EXPECT_EQ(sent_headers().at("WebHook-Request-Origin"), "events.shop.example");
  }
  answer_ = Error(Code::kUnavailable, "nothing takes connections at hook.example:443");
  EXPECT_EQ(check("https://hook.example/x").code(), Code::kUnavailable);
  answer_ = Error(Code::kPermissionDenied, "hook.example has an address that must not be called");
  EXPECT_EQ(check("https://hook.example/x").code(), Code::kInvalidArgument);
}

TEST_F(WebhookTest, AStopWaitsForTheAnswersThatAreOwed) {
  ASSERT_TRUE(make());
  const auto open = host_.start(webhook_, "Deliver", event());
  host_.stop(webhook_);
  ASSERT_TRUE(open.done());
  EXPECT_TRUE(open.bytes().ok()) << open.bytes().error().message();
  EXPECT_TRUE(host_.take_violations().empty());
}

TEST_F(WebhookTest, NoSecretIsLogged) {
  ASSERT_TRUE(make());
  ASSERT_TRUE(deliver(event({{SigningKey::HMAC_SHA256, "new"}, {SigningKey::ED25519, "pair"}})).ok());
  // Secrets that cannot be used, whose parser could quote them, and a receiver that cannot be reached.
  host_.set_secret("broken", kNew.substr(0, kNew.size() - 4) + "!!!!");
  host_.set_secret("short", kNew.substr(0, 26));
  host_.set_secret("no pair", kPair.substr(0, 60));
  std::vector<std::string> said;
  for (const auto& keys : std::vector<std::vector<std::pair<SigningKey::Kind, std::string>>>{
           {{SigningKey::HMAC_SHA256, "broken"}},
           {{SigningKey::HMAC_SHA256, "short"}},
           {{SigningKey::HMAC_SHA256, "new"}, {SigningKey::ED25519, "no pair"}},
           {{SigningKey::HMAC_SHA256, "pair"}}}) {
    const auto reply = deliver(event(keys));
    ASSERT_FALSE(reply.ok());
    said.push_back(reply.error().message() + reply.error().detail());
  }
  answer_ = Error(Code::kUnavailable, "nothing takes connections there");
  const auto reply = deliver(event({{SigningKey::HMAC_SHA256, "new"}, {SigningKey::ED25519, "pair"}}));
  ASSERT_FALSE(reply.ok());
  said.push_back(reply.error().message() + reply.error().detail());
  for (const auto& line : host_.logs()) said.push_back(line.message);
  for (const auto& each : host_.observations()) said.push_back(each.json);
  for (const auto& each : said) {
    EXPECT_THAT(each, Not(HasSubstr(kNew.substr(6, 12))));
    EXPECT_THAT(each, Not(HasSubstr(kPair.substr(5, 12))));
  }
}

}  // namespace
}  // namespace paynamed::webhook
