// Single changes: refusals, lost replies, other writers.
#include <algorithm>

#include "bridge.hpp"

namespace paynamed::cloudflare {
namespace {

namespace json = boost::json;
using namespace plugin::v1;

struct ChangesTest : CloudflareTest {
  static HttpReply answer(int status, const std::string& body) {
    HttpReply reply;
    reply.set_status(static_cast<std::uint32_t>(status));
    reply.set_body(body);
    return reply;
  }
};

TEST_F(ChangesTest, APublicationAloneCostsThreeRequests) {
  ASSERT_TRUE(read(full("a")).ok());
  fake.reset_counters();
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_TRUE(reply->changed());
  EXPECT_EQ(fake.count("requests"), 3);
  EXPECT_EQ(fake.count("unquoted"), 0);
  const auto again = publish(wanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed());
  const auto found = read(full("a"));
  ASSERT_EQ(found->records_size(), 1);
  EXPECT_EQ(found->records(0).comment(), "owner=paynamed; managed");
}

TEST_F(ChangesTest, AReplacedRecordIsNeverAbsentOrDouble) {
  ASSERT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
  ASSERT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=2", {"bitcoin:?lno=1"})).ok());
  fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=x"));
  fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=y"));
  ASSERT_TRUE(
      publish(wanted(full("a"), "bitcoin:?lno=3", {"bitcoin:?lno=2", "bitcoin:?lno=x", "bitcoin:?lno=y"}))
          .ok());
  const auto history = fake.history(bare("a"));
  ASSERT_EQ(history.size(), 5U);
  EXPECT_EQ(history[1], std::vector{quoted("bitcoin:?lno=2")});
  EXPECT_EQ(history[4], std::vector{quoted("bitcoin:?lno=3")});
}

TEST_F(ChangesTest, WhatMustNotBeIsRefusedBeforeAnythingIsSent) {
  const auto with = [](const std::function<void(PublishRequest&)>& change) {
    auto request = wanted(full("a"), "bitcoin:?lno=1");
    change(request);
    return request;
  };
  const PublishRequest requests[] = {
      with([](auto& r) { r.mutable_record()->set_ttl_seconds(59); }),
      with([](auto& r) { r.mutable_record()->set_ttl_seconds(86'401); }),
      with([](auto& r) { r.mutable_record()->set_value(""); }),
      with([](auto& r) { r.mutable_record()->set_value(std::string(2'001, 'x')); }),
      with([](auto& r) { r.mutable_record()->set_comment("two\nlines"); }),
      with([](auto& r) { r.mutable_record()->set_comment(std::string(85, 'x')); }),
      with([](auto& r) { r.mutable_record()->set_name("a\"b." + std::string(kZone)); }),
      with([](auto& r) { r.clear_expected(); }),
      with([](auto& r) { r.mutable_previous_values(); }),
  };
  for (const auto& each : requests) {
    EXPECT_EQ(publish(each).code(), Code::kInvalidArgument) << each.record().comment().size();
  }
  EXPECT_TRUE(seen.empty());
}

TEST_F(ChangesTest, TheLongestCommentFits) {
  auto request = wanted(full("a"), "bitcoin:?lno=1");
  request.mutable_record()->set_comment(std::string(84, 'x'));
  EXPECT_TRUE(publish(request).ok());
}

TEST_F(ChangesTest, ALostReplyIsMadeUpForByTheSecondLook) {
  ASSERT_TRUE(read(full("a")).ok());
  fake.order({{"kind", "lose_reply"}, {"method", "POST"}});
  const auto made = publish(wanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_TRUE(made->changed());
  fake.order({{"kind", "lose_reply"}, {"method", "DELETE"}});
  ASSERT_TRUE(withdraw(unwanted(full("a"), "bitcoin:?lno=1")).ok());
  EXPECT_TRUE(fake.txt(bare("a")).empty());
}

TEST_F(ChangesTest, AChangeThatTheSecondLookDoesNotShowIsUnknown) {
  ASSERT_TRUE(read(full("a")).ok());
  fake.order({{"kind", "close"}, {"method", "POST"}});
  EXPECT_EQ(publish(wanted(full("a"), "bitcoin:?lno=1")).code(), Code::kUnknown);
  fake.order({{"kind", "status"}, {"status", 502}, {"method", "POST"}, {"text", "<html>"}});
  EXPECT_EQ(publish(wanted(full("a"), "bitcoin:?lno=1")).code(), Code::kUnknown);
  EXPECT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
}

TEST_F(ChangesTest, ReadingIsTriedAgain) {
  ASSERT_TRUE(read(full("a")).ok());
  fake.order({{"kind", "status"}, {"status", 503}, {"method", "GET"}, {"count", 2}});
  EXPECT_TRUE(read(full("a")).ok());
  fake.order({{"kind", "status"}, {"status", 503}, {"method", "GET"}, {"count", 3}});
  EXPECT_EQ(read(full("a")).code(), Code::kUnavailable);
}

TEST_F(ChangesTest, ABlockHoldsTheBudgetForAsLongAsItIsAsked) {
  ASSERT_TRUE(read(full("a")).ok());
  const struct {
    json::object headers;
    std::uint32_t ms;
  } cases[] = {{{{"retry-after", "17"}}, 17'000},
               {{}, 300'000},
               {{{"retry-after", "soon"}}, 300'000},
               {{{"retry-after", "-5"}}, 1'000},
               {{{"retry-after", "99999999"}}, 3'600'000}};
  for (const auto& each : cases) {
    held.clear();
    fake.order({{"kind", "status"}, {"status", 429}, {"headers", each.headers}});
    const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
    ASSERT_EQ(reply.code(), Code::kResourceExhausted);
    EXPECT_EQ(reply.error().retry_after_ms(), each.ms);
    host.run();
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held.front().hold_ms(), each.ms);
    EXPECT_EQ(held.front().key(), seen.back().budgets(0).key());
  }
}

TEST_F(ChangesTest, TooManyRequestsIsThatWhateverItsStatus) {
  ASSERT_TRUE(read(full("a")).ok());
  for (const int status : {400, 403, 429, 503}) {
    fake.order({{"kind", "status"}, {"status", status}, {"code", 10300}});
    const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
    EXPECT_EQ(reply.code(), Code::kResourceExhausted) << status;
    EXPECT_GT(reply.error().retry_after_ms(), 0U) << status;
  }
}

TEST_F(ChangesTest, AUsedUpBudgetSaysWhenToComeAgain) {
  ASSERT_TRUE(read(full("a")).ok());
  instead = [](const HttpRequest&) {
    return Result<HttpReply>(Error(Code::kResourceExhausted, "No room before the deadline.", {}, 4'000));
  };
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_EQ(reply.code(), Code::kResourceExhausted);
  EXPECT_EQ(reply.error().retry_after_ms(), 4'000U);
}

TEST_F(ChangesTest, WhoCameLaterGivesWay) {
  // Another daemon writes between our look and our record, or right after it.
  for (const bool before : {true, false}) {
    const std::string user = before ? "before" : "after";
    const auto plant = [&, done = false](const HttpRequest& request) mutable {
      if (done || (before ? request.method() != "GET" || request.url().find(user) == std::string::npos
                          : request.method() != "POST")) {
        return;
      }
      done = true;
      fake.plant(bare(user), "TXT", quoted("bitcoin:?lno=theirs"), "owner=paynamed; managed");
    };
    afterwards = plant;
    const auto reply = publish(wanted(full(user), "bitcoin:?lno=ours"));
    if (before) {
      EXPECT_EQ(reply.code(), Code::kAborted);
      EXPECT_EQ(fake.txt(bare(user)), std::vector{quoted("bitcoin:?lno=theirs")});
    } else {
      ASSERT_TRUE(reply.ok()) << reply.error().message();
      EXPECT_EQ(fake.txt(bare(user)), std::vector{quoted("bitcoin:?lno=ours")});
    }
  }
}

TEST_F(ChangesTest, AStrangersRecordIsNeverTakenAway) {
  afterwards = [&, done = false](const HttpRequest& request) mutable {
    if (done || request.method() != "POST") return;
    done = true;
    fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=stranger"));
  };
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=ours"));
  EXPECT_EQ(reply.code(), Code::kAborted);
  EXPECT_EQ(fake.txt(bare("a")), std::vector{quoted("bitcoin:?lno=stranger")});
}

// ABORTED would say that nothing was done, and nobody would look after ours any more.
TEST_F(ChangesTest, WhatStandsBesideAStrangersRecordIsNotAborted) {
  ASSERT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
  afterwards = [&, done = false](const HttpRequest& request) mutable {
    if (done || request.method() != "PATCH") return;
    done = true;
    fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=stranger"));
  };
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=2", {"bitcoin:?lno=1"}));
  EXPECT_EQ(reply.code(), Code::kUnknown);
  EXPECT_NE(reply.error().message().find("bitcoin:?lno=stranger"), std::string::npos)
      << reply.error().message();
  EXPECT_EQ(fake.txt(bare("a")), (std::vector{quoted("bitcoin:?lno=2"), quoted("bitcoin:?lno=stranger")}));
}

TEST_F(ChangesTest, OursIsAbortedOnlyOnceItIsSeenToBeGone) {
  const struct {
    const char* fault;
    Code code;
    std::size_t standing;
  } cases[] = {{"close", Code::kUnknown, 2}, {"lose_reply", Code::kAborted, 1}};
  for (const auto& each : cases) {
    const std::string user = each.fault;
    afterwards = [&, done = false](const HttpRequest& request) mutable {
      if (done || request.method() != "POST") return;
      done = true;
      fake.plant(bare(user), "TXT", quoted("bitcoin:?lno=stranger"));
      fake.order({{"kind", each.fault}, {"method", "DELETE"}});
    };
    EXPECT_EQ(publish(wanted(full(user), "bitcoin:?lno=ours")).code(), each.code) << each.fault;
    EXPECT_EQ(fake.txt(bare(user)).size(), each.standing) << each.fault;
  }
}

TEST_F(ChangesTest, WhoeverWritesAllTheTimeLeavesTheOutcomeOpen) {
  afterwards = [&, number = 0](const HttpRequest& request) mutable {
    if (request.method() == "GET") return;
    fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=" + std::to_string(++number)), "owner=paynamed");
  };
  EXPECT_EQ(publish(wanted(full("a"), "bitcoin:?lno=ours")).code(), Code::kUnknown);
  const auto stands = fake.txt(bare("a"));
  EXPECT_EQ(std::count(stands.begin(), stands.end(), quoted("bitcoin:?lno=ours")), 1);
}

TEST_F(ChangesTest, AnIdenticalRecordThatCameBetweenIsASuccess) {
  afterwards = [&, done = false](const HttpRequest& request) mutable {
    if (done || request.url().find("name.exact") == std::string::npos) return;
    done = true;
    fake.plant(bare("a"), "TXT", quoted("bitcoin:?lno=1"), "owner=paynamed");
  };
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_FALSE(reply->changed());
  EXPECT_EQ(fake.txt(bare("a")).size(), 1U);
}

TEST_F(ChangesTest, ARecordThatIsGoneAlreadyIsWithdrawn) {
  ASSERT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
  afterwards = [&, done = false](const HttpRequest& request) mutable {
    if (done || request.method() != "GET") return;
    done = true;
    fake.post("remove", json::object{{"zone", "example.test"}, {"name", bare("a")}});
  };
  const auto reply = withdraw(unwanted(full("a"), "bitcoin:?lno=1"));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_FALSE(reply->changed());
}

// What stands in place of a list must never be taken for an empty one: a second record would be added.
TEST_F(ChangesTest, HostileAnswersToALookAddNothing) {
  ASSERT_TRUE(read(full("a")).ok());
  std::string deep = R"({"success":true,"result":)" + std::string(5'000, '[') + std::string(5'000, ']') + "}";
  const std::string one = R"({"id":"0123","name":"x.example.test","type":"TXT","content":"\"a\"","ttl":300)";
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), std::string("\xff\xfe"),
        deep, std::string(R"({"success":"yes","result":[]})"), std::string(R"({"result":[]})"),
        std::string(R"({"success":true,"result":null})"), std::string(R"({"success":true,"result":{}})"),
        std::string(R"({"success":true,"result":[1]})"), std::string(R"({"success":true,"result":[{}]})"),
        R"({"success":true,"result":[)" + one + R"(,"ttl":-1}]})",
        std::string(
            R"({"success":true,"result":[{"id":"../..","name":"x","type":"TXT","content":"","ttl":1}]})"),
        std::string(R"({"success":true,"result":[{"id":"1","name":7,"type":"TXT","content":"","ttl":1}]})"),
        std::string(
            R"({"success":true,"result":[{"id":"1","name":"x","type":"TXT","content":"","ttl":1e300}]})"),
        std::string(R"({"success":false,"errors":"all"})"),
        std::string(R"({"success":false,"errors":[[],{"code":"x"}]})")}) {
    instead = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
      if (request.method() != "GET") return std::nullopt;
      return Result<HttpReply>(answer(200, body));
    };
    EXPECT_FALSE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok()) << body.substr(0, 80);
  }
  EXPECT_EQ(fake.count("post"), 0);
}

TEST_F(ChangesTest, WordsOfAStrangerAreShortAndOnOneLine) {
  ASSERT_TRUE(read(full("a")).ok());
  instead = [](const HttpRequest&) {
    std::string words;
    for (int i = 0; i < 1'000; ++i) words += "\\n\u00e9";
    return Result<HttpReply>(
        answer(400, R"({"success":false,"errors":[{"code":1004,"message":")" + words + "\"}]}"));
  };
  const auto reply = read(full("a"));
  ASSERT_EQ(reply.code(), Code::kInvalidArgument);
  EXPECT_LT(reply.error().message().size(), 500U);
  EXPECT_EQ(reply.error().message().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace paynamed::cloudflare
