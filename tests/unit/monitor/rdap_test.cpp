// Untrusted RDAP: what is read, and what is refused.
#include "monitor/rdap.hpp"

#include <gmock/gmock.h>

#include "monitor/registration_facts.hpp"

namespace paynamed::monitor {
namespace {

using namespace std::chrono_literals;
using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kList = R"({"version":"1.0","services":[)"
                          R"([["com","net"],["http://rdap.example/com/v1/","https://rdap.example/com/v1"]],)"
                          R"([["uk"],["https://rdap.uk/"]],[["co.uk"],["https://rdap.co.uk/"]],)"
                          R"([["plain"],["http://only.plain/"]],"odd",[["short"]],[[7],["https://x/"]]]})";

TEST(RdapBootstrap, TheLongestEntryAndOnlyHttpsCounts) {
  const auto list = RdapBootstrap::parse(kList);
  ASSERT_TRUE(list) << list.error().to_string();
  EXPECT_EQ(list->server_of("example.com"), "https://rdap.example/com/v1/");
  EXPECT_EQ(list->server_of("pay.example.net"), "https://rdap.example/com/v1/");
  EXPECT_EQ(list->server_of("example.uk"), "https://rdap.uk/");
  EXPECT_EQ(list->server_of("example.co.uk"), "https://rdap.co.uk/");
  EXPECT_FALSE(list->server_of("example.plain"));
  EXPECT_FALSE(list->server_of("example.test"));
  EXPECT_EQ(rdap_domain_url(*list->server_of("a.com"), "a.com"), "https://rdap.example/com/v1/domain/a.com");
}

TEST(RdapBootstrap, WhatIsNoListIsRefused) {
  for (const std::string text : {"", "[]", "{", "{}", R"({"services":7})", R"({"services":[]})",
                                 R"({"services":[[["com"],["http://x/"]]]})"}) {
    const auto list = RdapBootstrap::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code(), Code::kDataLoss) << text;
  }
}

TEST(RdapDomain, StatusAndExpiryAreRead) {
  const auto found = parse_rdap_domain(
      R"({"objectClassName":"domain","ldhName":"EXAMPLE.com.","status":["Server Hold","active",7,"\n"],)"
      R"("events":[{"eventAction":"registration","eventDate":"2000-01-01T00:00:00Z"},7,)"
      R"({"eventAction":"expiration","eventDate":"2027-08-13T04:00:00Z"}]})",
      "example.com");
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_THAT(found->status, ElementsAre("server hold", "active"));
  EXPECT_EQ(found->expires, base::from_rfc3339("2027-08-13T04:00:00.000Z"));
  const auto bare = parse_rdap_domain(R"({"objectClassName":"domain","ldhName":"a.com"})", "a.com");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->expires);
}

TEST(RdapDomain, AnAnswerAboutSomethingElseIsRefused) {
  for (const std::string text :
       {"", "<html>", "[]", "{}", R"({"objectClassName":"entity","ldhName":"a.com"})",
        R"({"objectClassName":"domain","ldhName":"b.com"})", R"({"objectClassName":"domain"})"}) {
    const auto found = parse_rdap_domain(text, "a.com");
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code(), Code::kDataLoss);
  }
  const std::string deep = R"({"objectClassName":"domain","ldhName":"a.com","x":)" + std::string(1000, '[') +
                           std::string(1000, ']') + "}";
  EXPECT_FALSE(parse_rdap_domain(deep, "a.com"));
}

TEST(RdapDomain, MuchOfEverythingStaysBounded) {
  std::string status;
  for (int i = 0; i < 5'000; ++i)
    status += (i == 0 ? "" : ",") + std::string{"\"s"} + std::to_string(i) + "\"";
  const auto found = parse_rdap_domain(
      R"({"objectClassName":"domain","ldhName":"a.com","status":[)" + status + "]}", "a.com");
  ASSERT_TRUE(found);
  EXPECT_LE(found->status.size(), 64U);
}

TEST(RdapTimes, AllOffsetsAndFractionsAreRead) {
  const auto noon = base::from_rfc3339("2026-11-23T12:00:00.000Z");
  for (const char* text :
       {"2026-11-23T12:00:00Z", "2026-11-23t12:00:00z", "2026-11-23T12:00:00.123456789Z",
        "2026-11-23T13:30:00+01:30", "2026-11-23T11:00:00-01:00", "2026-11-23 12:00:00Z"}) {
    EXPECT_EQ(parse_any_rfc3339(text), noon) << text;
  }
  for (const char* text : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
                           "2026-11-23T12:00:00", "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00Zx",
                           "2026-11-23T12:00:00+1:00", "-026-11-23T12:00:00Z", "2026-11-23T12:00:00+24:00"}) {
    EXPECT_FALSE(parse_any_rfc3339(text)) << text;
  }
}

TEST(RdapTimes, RetryAfterIsSecondsOrADate) {
  const base::WallTime now = *base::from_rfc3339("1994-11-06T08:49:07.000Z");
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 30s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s) << "it has passed";
  EXPECT_EQ(parse_retry_after("99999999", now), 24h);
  for (const char* text : {"", "-5", "soon", "12 minutes", "99999999999", "Sun, 06 Non 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
}

TEST(RdapRedirect, OnlyHttpsIsFollowed) {
  const std::string from = "https://rdap.example:8443/v1/domain/a.com";
  EXPECT_EQ(https_redirect(from, "https://other.example/x"), "https://other.example/x");
  EXPECT_EQ(https_redirect(from, "/v2/domain/a.com"), "https://rdap.example:8443/v2/domain/a.com");
  for (const std::string to : {"", "http://rdap.example/", "//other.example/x", "domain/b", "ftp://x/",
                               "javascript:alert(1)", "https://x/\r\nHost: y"}) {
    EXPECT_FALSE(https_redirect(from, to)) << to;
  }
  EXPECT_FALSE(https_redirect(from, "https://x/" + std::string(5'000, 'a')));
}

TEST(RegistrationFacts, TheWorstStatusIsTheReason) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"active"}, ""},
      {{"client transfer prohibited", "client hold"}, "client_hold"},
      {{"client hold", "server hold"}, "server_hold"},
      {{"server hold", "redemption period"}, "redemption_period"},
      {{"redemption period", "pending delete"}, "pending_delete"},
  };
  for (const auto& [status, code] : table) {
    RegistrationFacts facts;
    facts.status = status;
    judge_registration("a.com", facts);
    EXPECT_EQ(facts.code, code);
    EXPECT_EQ(facts.reason.empty(), code.empty());
    if (!code.empty()) {
      EXPECT_THAT(facts.reason, HasSubstr("a.com"));
    }
  }
}

TEST(RegistrationFacts, WhatIsKeptComesBack) {
  RegistrationFacts facts{true, "https://x/", base::WallTime{5s}, {"active"}, base::WallTime{9s}, "c",
                          "r",  true};
  const RegistrationFacts back = registration_facts_from(to_json(facts));
  EXPECT_EQ(to_json(back), to_json(facts));
  EXPECT_EQ(back.expires, facts.expires);
  EXPECT_TRUE(object_from("[1]").empty());
  EXPECT_FALSE(registration_facts_from(object_from("{\"known\":1,\"status\":7}")).known);
}

}  // namespace
}  // namespace paynamed::monitor
