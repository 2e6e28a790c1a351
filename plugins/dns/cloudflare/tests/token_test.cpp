// What is said of a token, and what is done about one that is refused for a moment.
#include <boost/json/parse.hpp>

#include "bridge.hpp"
#include "usage.hpp"

namespace paynamed::cloudflare {
namespace {

namespace json = boost::json;
using namespace plugin::v1;

struct TokenTest : CloudflareTest {
  void token(json::object known) {
    host.set_secret("token", std::string(known.at("value").as_string()));
    fake.post("token", known);
  }
  void refuse_next(const std::string& path, int count) {
    fake.order({{"kind", "auth_error"}, {"path", path}, {"count", count}});
  }
};

TEST_F(TokenTest, DescribeChecksItOnceAndSaysTheLimits) {
  for (int i = 0; i < 3; ++i) {
    const auto reply = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest());
    ASSERT_TRUE(reply.ok()) << reply.error().message();
    EXPECT_EQ(reply->max_txt_bytes(), 2'000U);
    EXPECT_EQ(reply->min_ttl_seconds(), 60U);
    EXPECT_EQ(reply->max_ttl_seconds(), 86'400U);
    EXPECT_TRUE(reply->comments());
    EXPECT_FALSE(reply->compare_and_set());
    EXPECT_TRUE(reply->replaces_several());
    EXPECT_EQ(reply->max_batch(), 200U);
    EXPECT_EQ(reply->max_request_ms(), 30'000U);
  }
  EXPECT_EQ(fake.count("verify"), 1);
}

TEST_F(TokenTest, DescribeOfAZoneSaysHowManyRecordsItTakes) {
  DescribeDnsRequest request;
  request.set_zone(std::string(fakes::FakeCloudflare::kZone) + ".");
  const auto ask = [&] { return host.call<DescribeDnsReply>(plugin, "Describe", request); };
  const auto before = ask();
  ASSERT_TRUE(before.ok()) << before.error().message();
  EXPECT_EQ(before->records_limit(), 100'000U);
  fake.plant("planted.example.test", "TXT", "\"x\"");
  EXPECT_EQ(ask()->records_used(), before->records_used() + 1);
  EXPECT_EQ(fake.count("usage"), 2);
  // The description is right without.
  fake.order({{"kind", "status"}, {"status", 400}, {"code", 1004}, {"path", "usage"}, {"count", 1}});
  const auto without = ask();
  ASSERT_TRUE(without.ok()) << without.error().message();
  EXPECT_EQ(without->records_limit(), 0U);
  EXPECT_EQ(without->max_txt_bytes(), 2'000U);
  request.set_zone("nowhere.test.");
  EXPECT_EQ(ask()->records_limit(), 0U);
}

TEST_F(TokenTest, AUsageThatIsNoneIsNotKnown) {
  for (const char* result :
       {R"({"record_quota": null, "record_usage": 7})", R"({"record_quota": -1, "record_usage": 7})",
        R"({"record_quota": 10})", "[]", "null"}) {
    DescribeDnsReply reply;
    add_usage(json::parse(result), reply);
    EXPECT_EQ(reply.records_limit(), 0U) << result;
    EXPECT_EQ(reply.records_used(), 0U) << result;
  }
}

TEST_F(TokenTest, ANewTokenIsCheckedAgain) {
  ASSERT_TRUE(read(full("a")).ok());
  token({{"value", "another-token"}});
  ASSERT_TRUE(read(full("a")).ok());
  ASSERT_TRUE(read(full("a")).ok());
  EXPECT_EQ(fake.count("verify"), 2);
}

TEST_F(TokenTest, DescribeSaysItsLimitsAlsoWhenNobodyAnswers) {
  instead = [](const HttpRequest&) {
    return Result<HttpReply>(Error(Code::kUnavailable, "Nothing listens."));
  };
  const auto reply = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest());
  ASSERT_TRUE(reply.ok());
  EXPECT_NE(reply->summary().find("Nothing listens."), std::string::npos) << reply->summary();
}

TEST_F(TokenTest, OneThatCannotBeReadPausesUntilItIsMended) {
  host.set_service("pn.secret/1", "Read", [](std::string_view, const Call::Info&) -> Result<std::string> {
    return Error(Code::kFailedPrecondition, "The secret file is not there; make it.");
  });
  const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
  EXPECT_EQ(reply.code(), Code::kUnauthenticated);
  EXPECT_NE(reply.error().message().find("The secret file is not there"), std::string::npos)
      << reply.error().message();
}

TEST_F(TokenTest, EachRefusalIsASentenceThatSaysWhatToDo) {
  const json::array zone_read{"zone:read"};
  const json::array dns_edit{"dns:edit"};
  const json::array reads{"zone:read", "dns:read"};
  const struct {
    json::object token;
    Code code;
    const char* sentence;
  } cases[] = {
      {{{"value", "expired-token"}, {"status", "expired"}}, Code::kUnauthenticated, "\"expired\""},
      {{{"value", "disabled-token"}, {"status", "disabled"}}, Code::kUnauthenticated, "\"disabled\""},
      {{{"value", "accounts-token"}, {"account", std::string(32, 'a')}},
       Code::kUnauthenticated,
       "\"account_id\""},
      {{{"value", "no-zone-read"}, {"permissions", dns_edit}}, Code::kPermissionDenied, "Zone > Zone > Read"},
      {{{"value", "no-dns-read"}, {"permissions", zone_read}}, Code::kPermissionDenied, "Zone > DNS > Read"},
      {{{"value", "no-dns-edit"}, {"permissions", reads}}, Code::kPermissionDenied, "Zone > DNS > Edit"},
      {{{"value", "other-zone"}, {"zones", json::array{"other.test"}}}, Code::kNotFound, "Zone Resources"},
  };
  for (const auto& each : cases) {
    token(each.token);
    plugin = make();
    const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
    ASSERT_FALSE(reply.ok()) << each.sentence;
    EXPECT_EQ(reply.code(), each.code) << reply.error().message();
    EXPECT_NE(reply.error().message().find(each.sentence), std::string::npos) << reply.error().message();
    EXPECT_FALSE(host.logged(std::string(each.token.at("value").as_string())));
    EXPECT_EQ(reply.error().message().find(each.token.at("value").as_string().c_str()), std::string::npos);
  }
  EXPECT_EQ(fake.txt(bare("a")).size(), 0U);
}

TEST_F(TokenTest, WhatIsNoTokenIsNeverSent) {
  for (const char* secret : {"", "\n", "two words", "line\nbreak\nagain"}) {
    host.set_secret("token", secret);
    const auto reply = host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest());
    EXPECT_EQ(reply.code(), Code::kUnauthenticated) << secret;
  }
  EXPECT_TRUE(seen.empty());
}

TEST_F(TokenTest, UnknownAndMalformedTokensAreTold) {
  host.set_secret("token", "unknown-token");
  EXPECT_EQ(read(full("a")).code(), Code::kUnauthenticated);
  host.set_secret("token", "short");
  EXPECT_EQ(read(full("a")).code(), Code::kUnauthenticated);
}

TEST_F(TokenTest, ATokenOfAnAccountIsCheckedThere) {
  token({{"value", "accounts-token"}, {"account", std::string(32, 'a')}});
  plugin = make({{"account_id", std::string(32, 'a')}});
  EXPECT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
}

TEST_F(TokenTest, ARefusalForAMomentIsNobodysFailure) {
  ASSERT_TRUE(read(full("a")).ok());
  refuse_next("dns_records", 1);
  EXPECT_TRUE(publish(wanted(full("a"), "bitcoin:?lno=1")).ok());
  refuse_next("dns_records", 1);
  refuse_next("verify", 2);
  EXPECT_TRUE(read(full("a")).ok());
}

TEST_F(TokenTest, ARefusalThatStaysIsTold) {
  ASSERT_TRUE(read(full("a")).ok());
  refuse_next("dns_records|verify", 100);
  EXPECT_EQ(read(full("a")).code(), Code::kUnauthenticated);
}

TEST_F(TokenTest, OnlyWhatIsSaidOfTheTokenIsAVerdictOnIt) {
  const struct {
    int status;
    int code;
    Code told;
  } cases[] = {
      {401, 0, Code::kUnauthenticated},       {403, 9999, Code::kUnauthenticated},
      {400, 6003, Code::kUnauthenticated},    {400, 9999, Code::kUnavailable},
      {404, 7003, Code::kUnavailable},        {500, 0, Code::kUnavailable},
      {429, 10300, Code::kResourceExhausted}, {400, 10300, Code::kResourceExhausted},
  };
  for (const auto& each : cases) {
    plugin = make();
    fake.order({{"kind", "status"}, {"status", each.status}, {"code", each.code}, {"path", "verify"}});
    const auto reply = publish(wanted(full("a"), "bitcoin:?lno=1"));
    EXPECT_EQ(reply.code(), each.told) << each.status << " " << each.code;
    fake.post("no_faults", json::object());
  }
}

TEST_F(TokenTest, ACallThatWaitsForTheCheckIsAnsweredWhenTheInstanceStops) {
  refuse_next("verify", 100);
  WithdrawRequest request = unwanted(full("a"), "bitcoin:?lno=1");
  const auto open = host.start(plugin, "Withdraw", request);
  host.run();
  ASSERT_FALSE(open.done());
  host.stop(plugin);
  ASSERT_TRUE(open.done());
  EXPECT_EQ(open.bytes().code(), Code::kUnavailable);
}

TEST_F(TokenTest, TheBudgetIsOfTheTokenAndDoesNotTellIt) {
  ASSERT_TRUE(read(full("a")).ok());
  ASSERT_FALSE(seen.empty());
  for (const auto& each : seen) {
    ASSERT_EQ(each.budgets_size(), 1);
    EXPECT_EQ(each.budgets(0).key(), seen.front().budgets(0).key());
    EXPECT_EQ(each.budgets(0).key().find(fakes::FakeCloudflare::kToken), std::string::npos);
    EXPECT_EQ(each.budgets(0).burst(), 30U);
    EXPECT_DOUBLE_EQ(each.budgets(0).per_second(), 3.9);
  }
}

TEST_F(TokenTest, TheBudgetNeverLetsMoreThroughThanWasConfigured) {
  for (const int requests : {40, 100, 1'199, 1'200, 12'345}) {
    plugin = make({{"requests_per_5_minutes", requests}});
    seen.clear();
    ASSERT_TRUE(read(full("a")).ok());
    const auto& budget = seen.front().budgets(0);
    EXPECT_LE(budget.burst() + 300 * budget.per_second(), requests + 1e-6);
    EXPECT_GE(budget.burst(), 1U);
  }
}

TEST_F(TokenTest, TheTokenGoesOnlyWhereItIsSafe) {
  for (const char* endpoint :
       {"http://192.0.2.1/client/v4", "http://127.0.0.1.example.com/", "http://localhost.example.com"}) {
    const auto made = host.create<Cloudflare>(
        json::serialize(json::object{{"endpoint", endpoint}, {"api_token", "token"}}));
    ASSERT_FALSE(made.ok()) << endpoint;
    EXPECT_NE(made.error().message().find("\"endpoint\""), std::string::npos);
  }
}

}  // namespace
}  // namespace paynamed::cloudflare
