#include "api/message.hpp"

#include <gtest/gtest.h>

#include "api/auth.hpp"
#include "api/cursor.hpp"
#include "api/rate_limit.hpp"
#include "api/render.hpp"

namespace paynamed::api {
namespace {

TEST(PercentEncoding, DecodesWhatIsWellFormedOnly) {
  EXPECT_EQ(percent_decode("alice%40example.com"), "alice@example.com");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const auto* broken : {"%", "%4", "%zz", "a%00b", "%4g"})
    EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
}

TEST(PercentEncoding, KeepsAPathSegmentInOnePiece) {
  EXPECT_EQ(percent_encode("alice@example.com"), "alice@example.com");
  EXPECT_EQ(percent_encode("a/b?c#d\r\n"), "a%2Fb%3Fc%23d%0D%0A");
}

TEST(Query, RefusesWhatItDoesNotKnowAndNamesTheNearest) {
  auto query = Query::parse("limt=5", {"limit", "cursor"});
  ASSERT_FALSE(query);
  EXPECT_NE(query.error().message().find("did you mean 'limit'?"), std::string::npos)
      << query.error().message();
  EXPECT_FALSE(Query::parse("limit=1&limit=2", {"limit"}));
  EXPECT_FALSE(Query::parse("limit=%4", {"limit"}));
}

TEST(Query, NumbersHaveBounds) {
  for (const auto* bad : {"limit=0", "limit=11", "limit=", "limit=-1", "limit=1x", "limit=99999999999999"}) {
    auto query = Query::parse(bad, {"limit"});
    ASSERT_TRUE(query);
    EXPECT_FALSE(query->number("limit", 1, 10, 5)) << bad;
  }
  EXPECT_EQ(*Query::parse("limit=10", {"limit"})->number("limit", 1, 10, 5), 10U);
  EXPECT_EQ(*Query::parse("", {"limit"})->number("limit", 1, 10, 5), 5U);
}

TEST(Prefer, WaitIsReadAsRfc7240Says) {
  struct Case {
    std::string value;
    std::optional<int> seconds;
  };
  for (const Case& c : std::vector<Case>{{"wait=10", 10},
                                         {"respond-async, wait=10", 10},
                                         {"WAIT = \"7\"; x=y, foo", 7},
                                         {"wait=5, wait=9", 5},
                                         {"wait=3600", 60},
                                         {"wait=0", 0},
                                         {"wait=-1", std::nullopt},
                                         {"wait", std::nullopt},
                                         {"waiting=4", std::nullopt},
                                         {"", std::nullopt}}) {
    Headers headers;
    headers.add("Prefer", c.value);
    const auto wait = preferred_wait(headers, std::chrono::seconds{60});
    EXPECT_EQ(wait.has_value(), c.seconds.has_value()) << c.value;
    if (wait && c.seconds) {
      EXPECT_EQ(*wait, std::chrono::seconds{*c.seconds}) << c.value;
    }
  }
}

TEST(Traceparent, OnlyVersion00WithIdsThatAreNotZero) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(is_traceparent(good));
  EXPECT_FALSE(is_traceparent("01" + good.substr(2)));
  EXPECT_FALSE(is_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  EXPECT_FALSE(is_traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
  EXPECT_FALSE(is_traceparent("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_FALSE(is_traceparent(good + "-x"));
  EXPECT_FALSE(is_traceparent(""));
}

TEST(Cursor, IsOpaqueAndOfOneList) {
  const std::string cursor = make_cursor("names", "alice@example.com");
  EXPECT_EQ(read_cursor("names", cursor), "alice@example.com");
  EXPECT_EQ(cursor.find("alice"), std::string::npos);
  EXPECT_EQ(read_cursor("runs", cursor), std::nullopt);
  EXPECT_EQ(read_cursor("names", cursor.substr(0, 1)), std::nullopt);
  EXPECT_EQ(read_cursor("names", std::string(600, 'A')), std::nullopt);
  EXPECT_EQ(read_cursor("names", "!!!"), std::nullopt);
  EXPECT_EQ(read_cursor("names", ""), std::nullopt);
}

TEST(RateLimiter, FillsAgainWithTimeUpToItsBurst) {
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  RateLimiter limiter{RateLimit{2, 4}, clock};
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(limiter.take(1).allowed) << i;
  const auto refused = limiter.take(1);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_EQ(refused.reset_seconds, 1U);
  EXPECT_TRUE(limiter.take(2).allowed) << "another key has a bucket of its own";
  clock.advance(base::Duration{500});
  EXPECT_TRUE(limiter.take(1).allowed);
  EXPECT_FALSE(limiter.take(1).allowed);
  clock.advance(std::chrono::hours{1});
  EXPECT_EQ(limiter.take(1).remaining, 3U);
  EXPECT_EQ(limiter.policy(), R"("default";q=4;w=2)");
}

TEST(Authenticator, TellsTheTenantOfAKey) {
  std::vector<ApiKey> keys{{"default", "one"}, {"default", "two"}, {"other", "three"}, {"broken", ""}};
  const Authenticator authenticator{[&keys] { return keys; }};
  const auto tenant = [&](const std::string& header) {
    const auto caller = authenticator.authenticate(&header);
    return caller ? caller->tenant : std::string{to_string(caller.error().code())};
  };
  EXPECT_EQ(tenant("Bearer one"), "default");
  EXPECT_EQ(tenant("bearer two"), "default");
  EXPECT_EQ(tenant("Bearer three"), "other");
  for (const auto* bad : {"", "Bearer", "Bearer ", "Bearer on", "Bearer onee", "Basic one", "one"}) {
    EXPECT_EQ(tenant(bad), "UNAUTHENTICATED") << bad;
  }
  EXPECT_FALSE(authenticator.authenticate(nullptr));
  keys = {{"default", "new"}};
  EXPECT_EQ(tenant("Bearer new"), "default");
  EXPECT_EQ(tenant("Bearer one"), "UNAUTHENTICATED") << "a rotated key must not be good any more";
}

}  // namespace
}  // namespace paynamed::api
