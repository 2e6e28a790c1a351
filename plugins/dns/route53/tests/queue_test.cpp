// Which changes go out together, and in which order, told by the requests that the plugin makes.
#include <gtest/gtest.h>

#include <paynamed/testing/test_host.hpp>

#include "owner_name.hpp"
#include "route53.hpp"

namespace paynamed::route53 {
namespace {

using namespace plugin::v1;
using ::paynamed::testing::Instance;
using ::paynamed::testing::PendingCall;
using ::paynamed::testing::TestHost;

constexpr char kZone[] = "example.com.";

struct QueueTest : ::testing::Test {
  TestHost host;
  Instance* plugin = nullptr;
  std::vector<HttpRequest> changes;
  std::vector<std::string> held;
  int status_questions = 0;
  // What the next change requests are answered with, before they succeed.
  std::vector<HttpReply> refusals;

  void SetUp() override {
    host.set_secret("key", "secret");
    host.set_service("pn.http/1", "Request",
                     [this](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                       HttpRequest request;
                       if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                         return Error(Code::kInternal, "?");
                       return answer(request).SerializeAsString();
                     });
    host.set_service("pn.http/1", "HoldBudget",
                     [this](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                       HoldBudgetRequest request;
                       if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                         held.push_back(request.key());
                       return HoldBudgetReply().SerializeAsString();
                     });
    plugin = make("");
  }
  Instance* make(const std::string& more) {
    return host.create<Route53>(R"({"access_key_id": "AKIDEXAMPLE", "secret_access_key": "key")" + more + "}")
        .value();
  }
  HttpReply answer(const HttpRequest& request) {
    if (request.url().find("hostedzonesbyname") != std::string::npos) {
      return reply(200,
                   "<R><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name></"
                   "HostedZone></HostedZones>"
                   "<IsTruncated>false</IsTruncated></R>");
    }
    if (request.url().find("/change/") != std::string::npos) {
      ++status_questions;
      return reply(200, "<R><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status></ChangeInfo></R>");
    }
    if (request.method() != "POST") {
      return reply(200, "<R><ResourceRecordSets/><IsTruncated>false</IsTruncated></R>");
    }
    changes.push_back(request);
    if (!refusals.empty()) {
      const HttpReply refusal = refusals.front();
      refusals.erase(refusals.begin());
      return refusal;
    }
    return reply(200, "<R><ChangeInfo><Id>/change/C" + std::to_string(changes.size()) +
                          "</Id><Status>PENDING</Status></ChangeInfo></R>");
  }
  static HttpReply reply(std::uint32_t status, const std::string& body) {
    HttpReply said;
    said.set_status(status);
    said.set_body(body);
    return said;
  }
  static HttpReply refusal(const std::string& code) {
    return reply(400, "<ErrorResponse><Error><Code>" + code +
                          "</Code><Message>as the test wants it</Message></Error></ErrorResponse>");
  }
  PendingCall publish(const std::string& user, bool background,
                      std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    PublishRequest request;
    request.set_zone(kZone);
    request.mutable_record()->set_name(user + "." + kZone);
    request.mutable_record()->set_value("bitcoin:?lno=" + user);
    request.mutable_record()->set_ttl_seconds(300);
    request.set_absent(true);
    ::paynamed::testing::CallOptions options;
    options.idempotency_key = user;
    options.background = background;
    options.timeout = timeout;
    return host.start(plugin, "Publish", request, options);
  }
  void expect_ok(const std::vector<PendingCall>& calls) {
    for (const auto& call : calls) {
      const auto reply = host.wait<PublishReply>(call);
      EXPECT_TRUE(reply.ok()) << reply.error().message();
    }
  }
  // The users that each change request has, in order.
  std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const auto& request : changes) {
      std::string users;
      for (auto at = request.body().find("<Name>"); at != std::string::npos;
           at = request.body().find("<Name>", at + 1)) {
        users +=
            (users.empty() ? "" : " ") + request.body().substr(at + 6, request.body().find('.', at) - at - 6);
      }
      all.push_back(users);
    }
    return all;
  }
};

TEST_F(QueueTest, WhatQueuesMeanwhileGoesOutTogether) {
  expect_ok({publish("a", true), publish("b", true), publish("c", true), publish("d", true)});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "b c d"}));
}

TEST_F(QueueTest, WhatSomebodyWaitsForOvertakesWithoutStarvingTheRest) {
  expect_ok(
      {publish("a", true), publish("b", true), publish("c", true), publish("x", false), publish("y", false)});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "x y", "b c"}));
  EXPECT_TRUE(changes[0].background());
  EXPECT_FALSE(changes[1].background());
}

TEST_F(QueueTest, BackgroundChangesAreGatheredAndThoseOfSomebodyAreNot) {
  expect_ok({publish("a", true)});
  const auto late = publish("b", true);
  host.advance(std::chrono::milliseconds(300));
  const auto later = publish("c", true);
  host.advance(std::chrono::milliseconds(150));
  EXPECT_EQ(sent(), (std::vector<std::string>{"a"}));
  expect_ok({publish("x", false)});
  EXPECT_EQ(sent()[1], "x");
  expect_ok({late, later});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "x", "b c"}));
}

TEST_F(QueueTest, ABackgroundBatchIsAsLargeAsTheRateAllowsInASecond) {
  plugin = make(R"(, "changes_per_second": 2.5, "change_burst": 7)");
  expect_ok(
      {publish("a", true), publish("b", true), publish("c", true), publish("d", true), publish("x", false)});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "x", "b c", "d"}));
  const auto& budgets = changes[2].budgets();
  ASSERT_EQ(budgets.size(), 2);
  EXPECT_TRUE(budgets[0].key().ends_with("/requests"));
  EXPECT_EQ(budgets[0].cost(), 1U);
  EXPECT_EQ(budgets[0].per_second(), 10);
  EXPECT_EQ(budgets[0].burst(), 45U) << "a tenth is for requests that arrive closer together";
  EXPECT_EQ(budgets[0].reserve(), 5U);
  EXPECT_TRUE(budgets[1].key().ends_with("/changes"));
  EXPECT_EQ(budgets[1].cost(), 2U);
  EXPECT_EQ(budgets[1].per_second(), 2.5);
  EXPECT_EQ(budgets[1].burst(), 7U);
  EXPECT_EQ(budgets[1].reserve(), 3U);
}

TEST_F(QueueTest, ThatAFreshChangeIsPendingNeedsNoQuestion) {
  expect_ok({publish("a", true)});
  const auto state = [this] {
    SyncStatusRequest request;
    request.set_zone(kZone);
    request.set_change_id("C1");
    const auto said = host.call<SyncStatusReply>(plugin, "SyncStatus", request);
    EXPECT_TRUE(said.ok()) << said.error().message();
    return said.ok() ? said->state() : SyncStatusReply::NOT_KNOWN;
  };
  EXPECT_EQ(state(), SyncStatusReply::PENDING);
  EXPECT_EQ(status_questions, 0);
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(state(), SyncStatusReply::IN_SYNC);
  EXPECT_EQ(state(), SyncStatusReply::IN_SYNC);
  EXPECT_EQ(status_questions, 1);
}

TEST_F(QueueTest, OneNameIsChangedByOneBatchAfterTheOther) {
  // The second does not find what it expects; that it is refused is the server's answer, which succeeds here.
  expect_ok({publish("a", true), publish("b", true), publish("b", true), publish("c", true)});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "b c", "b"}));
}

TEST_F(QueueTest, ThrottlingHoldsTheBudgetAndTriesAgain) {
  refusals = {refusal("Throttling"), refusal("PriorRequestNotComplete"), refusal("Throttling")};
  expect_ok({publish("a", true)});
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "a", "a", "a"}));
  ASSERT_EQ(held.size(), 2U);
  EXPECT_TRUE(held[0].ends_with("/changes"));
}

TEST_F(QueueTest, WhoHasNoTimeForAnotherAttemptIsToldWhenToComeAgain) {
  for (int i = 0; i < 20; ++i) refusals.push_back(refusal("Throttling"));
  const auto call = publish("a", false, std::chrono::seconds(3));
  const auto reply = host.wait<PublishReply>(call);
  EXPECT_EQ(reply.code(), Code::kResourceExhausted);
  EXPECT_GT(reply.error().retry_after_ms(), 0U);
}

TEST_F(QueueTest, WhoseTurnNeverCameIsToldThatNothingWasChanged) {
  for (int i = 0; i < 100; ++i) refusals.push_back(refusal("PriorRequestNotComplete"));
  const auto first = publish("a", false, std::chrono::seconds(60));
  const auto second = publish("b", false, std::chrono::milliseconds(10));
  const auto reply = host.wait<PublishReply>(second);
  EXPECT_EQ(reply.code(), Code::kResourceExhausted) << reply.error().message();
  EXPECT_GT(reply.error().retry_after_ms(), 0U);
  host.cancel(plugin, first);
  EXPECT_EQ(host.wait<PublishReply>(first).code(), Code::kResourceExhausted);
}

TEST_F(QueueTest, ARefusalThatNamesNobodyIsHalvedUntilItIsFound) {
  const std::string code = "InvalidChangeBatch";
  // "a" goes alone; then b c d e, b c, b, c, d e.
  refusals = {reply(200, "<R><ChangeInfo><Id>C0</Id></ChangeInfo></R>"), refusal(code), refusal(code),
              refusal(code)};
  std::vector<PendingCall> calls;
  for (const char* user : {"a", "b", "c", "d", "e"}) calls.push_back(publish(user, true));
  EXPECT_EQ(host.wait<PublishReply>(calls[1]).code(), Code::kInvalidArgument);
  calls.erase(calls.begin() + 1);
  expect_ok(calls);
  EXPECT_EQ(sent(), (std::vector<std::string>{"a", "b c d e", "b c", "b", "c", "d e"}));
}

TEST_F(QueueTest, AServersTroubleLeavesTheOutcomeOpen) {
  refusals = {reply(503, "<html>")};
  EXPECT_EQ(host.wait<PublishReply>(publish("a", false)).code(), Code::kUnknown);
  refusals = {reply(200, "no XML")};
  EXPECT_EQ(host.wait<PublishReply>(publish("a", false)).code(), Code::kUnknown);
  refusals = {reply(200, "<R/>")};
  EXPECT_EQ(host.wait<PublishReply>(publish("a", false)).code(), Code::kUnknown);
}

TEST_F(QueueTest, StoppingAnswersEverybody) {
  for (int i = 0; i < 3; ++i) refusals.push_back(refusal("PriorRequestNotComplete"));
  const std::vector<PendingCall> calls = {publish("a", false), publish("b", false), publish("c", true)};
  host.run();
  host.stop(plugin);
  for (const auto& call : calls) EXPECT_TRUE(call.done());
}

}  // namespace
}  // namespace paynamed::route53
