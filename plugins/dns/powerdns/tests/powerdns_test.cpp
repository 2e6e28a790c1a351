// The plugin against a scripted API: what the conformance suite, which has a real server, cannot make happen.
#include "powerdns.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <paynamed/testing/test_host.hpp>

namespace paynamed::powerdns {
namespace {

using namespace plugin::v1;
using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;
namespace json = boost::json;

constexpr char kZone[] = "example.test.";
constexpr char kName[] = "alice.user._bitcoin-payment.example.test.";
constexpr char kKey[] = "k3y-5f1c";
constexpr char kUrl[] = "http://127.0.0.1:8081/api/v1/servers/localhost/zones/example.test.";

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& each : request.headers()) {
    if (each.name() == name) return each.value();
  }
  return {};
}

struct PowerDnsTest : ::testing::Test {
  TestHost host;
  Instance* plugin = nullptr;
  std::vector<HttpRequest> requests;
  json::array rrsets;                                           // at kName
  std::function<Result<HttpReply>(const HttpRequest&)> script;  // instead, when it answers with a status
  std::function<void()> after_change = [] {};

  void SetUp() override {
    host.set_secret("key", std::string(kKey) + "\n");
    host.set_secret("ca", "-----BEGIN CERTIFICATE-----");
    host.set_service("pn.http/1", "Request",
                     [this](std::string_view bytes, const Call::Info&) -> Result<std::string> {
                       HttpRequest request;
                       request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
                       requests.push_back(request);
                       const Result<HttpReply> reply = answer(request);
                       if (!reply.ok()) return reply.error();
                       return reply->SerializeAsString();
                     });
    plugin = make(config());
  }
  static std::string config(const std::string& more = {}) {
    return R"({"url": "http://127.0.0.1:8081", "api_key": "key")" + more + "}";
  }
  Instance* make(const std::string& json) { return host.create<PowerDns>(json).value(); }

  // As PowerDNS does it, for the one name.
  Result<HttpReply> answer(const HttpRequest& request) {
    if (script) {
      auto scripted = script(request);
      if (!scripted.ok() || scripted->status() != 0) return scripted;
    }
    HttpReply reply;
    if (request.method() == "PATCH") {
      const json::value body = json::parse(request.body());
      json::object change = body.at("rrsets").at(0).as_object();
      rrsets.clear();
      if (change.at("changetype") == "REPLACE") rrsets.push_back(change);
      after_change();
      reply.set_status(204);
      return reply;
    }
    reply.set_status(200);
    json::object zone;
    zone["dnssec"] = false;
    zone["rrsets"] = rrsets;
    reply.set_body(json::serialize(zone));
    return reply;
  }
  void stands(const std::string& value, const std::string& account, bool disabled = false) {
    json::object record{{"content", "\"" + value + "\""}, {"disabled", disabled}};
    json::array comments;
    if (!account.empty())
      comments.push_back(json::object{{"content", "managed by paynamed"}, {"account", account}});
    json::object rrset{{"name", kName}, {"type", "TXT"}, {"ttl", 300}, {"comments", comments}};
    rrset["records"] = json::array();
    rrset["records"].as_array().push_back(record);
    rrsets.clear();
    rrsets.push_back(rrset);
  }
  std::string value_there() const {
    return rrsets.empty() ? "" : json::serialize(rrsets.at(0).at("records").at(0).at("content"));
  }
  int changes() const {
    return static_cast<int>(std::count_if(requests.begin(), requests.end(),
                                          [](const auto& each) { return each.method() == "PATCH"; }));
  }

  static PublishRequest wanted(const std::string& value, const std::vector<std::string>& previous = {}) {
    PublishRequest request;
    request.set_zone(kZone);
    request.mutable_record()->set_name(kName);
    request.mutable_record()->set_value(value);
    request.mutable_record()->set_ttl_seconds(300);
    request.mutable_record()->set_comment("managed by paynamed");
    if (previous.empty()) {
      request.set_absent(true);
    } else {
      request.set_previous_value(previous.front());
    }
    return request;
  }
  Result<PublishReply> publish(const PublishRequest& request) {
    return host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k1"});
  }
  Result<WithdrawReply> withdraw(const std::string& value) {
    WithdrawRequest request;
    request.set_zone(kZone);
    request.set_name(kName);
    request.set_value(value);
    return host.call<WithdrawReply>(plugin, "Withdraw", request, {.idempotency_key = "k2"});
  }
  Result<ReadReply> read() {
    ReadRequest request;
    request.set_zone(kZone);
    request.set_name(kName);
    return host.call<ReadReply>(plugin, "Read", request);
  }
  static HttpReply status(std::uint32_t number, const std::string& body = {}) {
    HttpReply reply;
    reply.set_status(number);
    reply.set_body(body);
    return reply;
  }
};

TEST_F(PowerDnsTest, LooksChangesAndLooksAgainWithTheKey) {
  ASSERT_TRUE(publish(wanted("one")).ok());
  ASSERT_EQ(requests.size(), 3U);
  const std::string look = std::string(kUrl) + "?rrset_name=" + kName;
  EXPECT_EQ(requests[0].method() + " " + requests[0].url(), "GET " + look);
  EXPECT_EQ(requests[1].method() + " " + requests[1].url(), std::string("PATCH ") + kUrl);
  EXPECT_EQ(requests[2].method() + " " + requests[2].url(), "GET " + look);
  for (const auto& each : requests) {
    EXPECT_EQ(header(each, "X-API-Key"), kKey);
    EXPECT_TRUE(each.allow_plain());
    EXPECT_FALSE(each.repeatable());
    EXPECT_EQ(each.trust_pem(), "");
  }
  EXPECT_EQ(header(requests[1], "Content-Type"), "application/json");
  EXPECT_FALSE(host.logged(kKey));
}

TEST_F(PowerDnsTest, TrustsTheConfiguredAuthorities) {
  plugin = make(R"({"url": "https://pdns.example", "api_key": "key", "ca": "ca"})");
  ASSERT_TRUE(read().ok());
  EXPECT_EQ(requests.at(0).trust_pem(), "-----BEGIN CERTIFICATE-----");
  EXPECT_FALSE(requests.at(0).allow_plain());
}

TEST_F(PowerDnsTest, RefusesAWrongTable) {
  const std::string kTables[] = {
      R"({"url": "127.0.0.1:8081", "api_key": "key"})",
      R"({"url": "http://192.0.2.1:8081", "api_key": "key"})",
      R"({"url": "http://localhost.example:8081", "api_key": "key", "allow_plain": false})",
      R"({"url": "http://127.0.0.1:8081"})",
      config(R"(, "zone": "a..b")"),
      config(R"(, "min_ttl": 100, "max_ttl": 99)"),
      config(R"(, "timeout": "1ms")"),
  };
  for (const std::string& table : kTables)
    EXPECT_EQ(host.create<PowerDns>(table).code(), Code::kInvalidArgument) << table;
  EXPECT_TRUE(
      host.create<PowerDns>(R"({"url": "http://192.0.2.1", "api_key": "key", "allow_plain": true})").ok());
}

TEST_F(PowerDnsTest, MarksItsRecordsUnlessToldNotTo) {
  ASSERT_TRUE(publish(wanted("one")).ok());
  EXPECT_EQ(json::serialize(rrsets.at(0).at("comments")),
            R"([{"content":"managed by paynamed","account":"paynamed"}])");
  EXPECT_EQ(read()->records(0).comment(), "managed by paynamed");
  rrsets.clear();
  plugin = make(config(R"(, "owner_marker": false)"));
  ASSERT_TRUE(publish(wanted("one")).ok());
  EXPECT_EQ(json::serialize(rrsets.at(0).at("comments")), "[]");
}

TEST_F(PowerDnsTest, TheSameRecordOfAStrangerIsNotOurs) {
  for (const char* account : {"", "somebody"}) {
    stands("one", account);
    EXPECT_EQ(publish(wanted("one")).code(), Code::kAborted);
    EXPECT_EQ(publish(wanted("one", {"zero"})).code(), Code::kAborted);
    EXPECT_EQ(changes(), 0);
  }
  // Named as the previous one it is taken over.
  const auto taken = publish(wanted("one", {"one"}));
  ASSERT_TRUE(taken.ok()) << taken.error().message();
  EXPECT_TRUE(taken->changed());
  EXPECT_EQ(rrsets.at(0).at("comments").at(0).at("account"), "paynamed");

  stands("one", "");
  plugin = make(config(R"(, "owner_marker": false)"));
  const auto same = publish(wanted("one"));
  ASSERT_TRUE(same.ok()) << same.error().message();
  EXPECT_FALSE(same->changed());
}

TEST_F(PowerDnsTest, AnotherTtlOfTheSameValueIsAChange) {
  stands("one", "paynamed");
  auto request = wanted("one", {"one"});
  EXPECT_FALSE(publish(request)->changed());
  request.mutable_record()->set_ttl_seconds(600);
  EXPECT_TRUE(publish(request)->changed());
  EXPECT_EQ(changes(), 1);
}

TEST_F(PowerDnsTest, ADisabledRecordIsNotLost) {
  stands("theirs", "", true);
  EXPECT_EQ(publish(wanted("one")).code(), Code::kFailedPrecondition);
  EXPECT_EQ(read()->records_size(), 0);
  stands("one", "paynamed");
  rrsets.at(0).at("records").as_array().push_back(json::object{{"content", "\"off\""}, {"disabled", true}});
  EXPECT_EQ(publish(wanted("two", {"one"})).code(), Code::kFailedPrecondition);
  EXPECT_EQ(withdraw("one").code(), Code::kFailedPrecondition);
  EXPECT_EQ(changes(), 0);
}

TEST_F(PowerDnsTest, AWriterRightAfterUsIsTold) {
  after_change = [this] { stands("theirs", ""); };
  const auto lost = publish(wanted("one"));
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.code(), Code::kAborted);
  EXPECT_NE(lost.error().message().find("theirs"), std::string::npos) << lost.error().message();
  EXPECT_EQ(value_there(), R"("\"theirs\"")");

  stands("one", "paynamed");
  after_change = [this] { stands("one", ""); };
  EXPECT_EQ(withdraw("one").code(), Code::kAborted);
}

// ABORTED would say that nothing was done, and nobody would look after ours any more.
TEST_F(PowerDnsTest, OursBesideTheirsIsNotAborted) {
  const auto add = [this](const std::string& value) {
    if (rrsets.empty())
      stands(value, "");
    else
      rrsets.at(0).at("records").as_array().push_back(
          json::object{{"content", "\"" + value + "\""}, {"disabled", false}});
  };
  struct Case {
    const char* rule;
    std::vector<std::string> previous;
    std::function<void()> then;
    Code code;
  };
  const Case kCases[] = {
      {"beside a creation", {}, [&] { add("theirs"); }, Code::kUnknown},
      {"in place of a creation", {}, [&] { stands("theirs", ""); }, Code::kAborted},
      {"a creation is removed", {}, [&] { rrsets.clear(); }, Code::kAborted},
      {"beside a replacement", {"zero"}, [&] { add("theirs"); }, Code::kUnknown},
      {"in place of a replacement", {"zero"}, [&] { stands("theirs", ""); }, Code::kUnknown},
      {"a replacement is removed", {"zero"}, [&] { rrsets.clear(); }, Code::kUnknown},
      {"a replacement is taken back", {"zero"}, [&] { stands("zero", "paynamed"); }, Code::kAborted},
  };
  for (const auto& each : kCases) {
    after_change = [] {};
    rrsets.clear();
    if (!each.previous.empty()) stands(each.previous.front(), "paynamed");
    after_change = each.then;
    EXPECT_EQ(publish(wanted("one", each.previous)).code(), each.code) << each.rule;
  }
  stands("one", "paynamed");
  after_change = [&] {
    add("one");
    add("theirs");
  };
  EXPECT_EQ(withdraw("one").code(), Code::kAborted) << "it stands there again";
}

TEST_F(PowerDnsTest, StatusesAreSentences) {
  struct Case {
    std::uint32_t status;
    Code of_a_question;
    Code of_a_change;
  };
  const Case kCases[] = {
      {301, Code::kFailedPrecondition, Code::kFailedPrecondition},
      {400, Code::kFailedPrecondition, Code::kFailedPrecondition},
      {401, Code::kUnauthenticated, Code::kUnauthenticated},
      {403, Code::kPermissionDenied, Code::kPermissionDenied},
      {404, Code::kNotFound, Code::kNotFound},
      {409, Code::kAborted, Code::kAborted},
      {422, Code::kFailedPrecondition, Code::kFailedPrecondition},
      {429, Code::kResourceExhausted, Code::kResourceExhausted},
      {500, Code::kUnavailable, Code::kInternal},
      {503, Code::kUnavailable, Code::kInternal},
  };
  for (const auto& [number, of_a_question, of_a_change] : kCases) {
    script = [&, number = number](const HttpRequest&) { return status(number, R"({"error": "because"})"); };
    const auto question = read();
    EXPECT_EQ(question.code(), of_a_question) << number;
    EXPECT_FALSE(question.error().message().empty());
    script = [&, number = number](const HttpRequest& request) {
      return request.method() == "PATCH" ? status(number, R"({"error": "because"})") : HttpReply();
    };
    const auto change = publish(wanted("one"));
    EXPECT_EQ(change.code(), of_a_change) << number;
    EXPECT_NE(change.error().detail().find("because"), std::string::npos) << number;
  }
}

TEST_F(PowerDnsTest, AKeyThatCannotBeReadPauses) {
  host.set_service("pn.secret/1", "Read", [](std::string_view, const Call::Info&) -> Result<std::string> {
    return Error(Code::kFailedPrecondition, "The secret file is not there; make it.");
  });
  EXPECT_EQ(publish(wanted("one")).code(), Code::kUnauthenticated);
  EXPECT_TRUE(requests.empty());
}

TEST_F(PowerDnsTest, AWithdrawalNeverSaysNotFound) {
  script = [&](const HttpRequest&) { return status(404); };
  EXPECT_EQ(withdraw("one").code(), Code::kFailedPrecondition);
}

TEST_F(PowerDnsTest, RetryAfterIsPassedOn) {
  struct Case {
    std::string value;
    std::uint32_t wait_ms;
  };
  const Case kCases[] = {{"7", 7'000},  {"0", 1'000}, {"soon", 1'000}, {"99999999", 3'600'000},
                         {"-5", 1'000}, {"7 ", 1'000}};
  for (const auto& [value, wait_ms] : kCases) {
    script = [&, value = value](const HttpRequest&) {
      HttpReply reply = status(429);
      auto* header = reply.add_headers();
      header->set_name("retry-after");
      header->set_value(value);
      return reply;
    };
    EXPECT_EQ(read().error().retry_after_ms(), wait_ms) << value;
  }
}

TEST_F(PowerDnsTest, WhetherSomethingWasChangedIsSaidRight) {
  struct Case {
    Code of_http;
    Code of_a_question;
    Code of_a_change;
  };
  const Case kCases[] = {
      {Code::kUnavailable, Code::kUnavailable, Code::kUnavailable},
      {Code::kUnauthenticated, Code::kUnauthenticated, Code::kUnauthenticated},
      {Code::kResourceExhausted, Code::kResourceExhausted, Code::kResourceExhausted},
      {Code::kUnknown, Code::kUnavailable, Code::kUnknown},
      {Code::kDeadlineExceeded, Code::kUnavailable, Code::kDeadlineExceeded},
      {Code::kOutOfRange, Code::kFailedPrecondition, Code::kUnknown},
      {Code::kDataLoss, Code::kUnavailable, Code::kUnknown},
  };
  for (const auto& each : kCases) {
    script = [&](const HttpRequest&) -> Result<HttpReply> { return Error(each.of_http, "It failed."); };
    EXPECT_EQ(read().code(), each.of_a_question);
    script = [&](const HttpRequest& request) -> Result<HttpReply> {
      if (request.method() == "PATCH") return Error(each.of_http, "It failed.");
      return HttpReply();
    };
    EXPECT_EQ(publish(wanted("one")).code(), each.of_a_change);
  }
}

TEST_F(PowerDnsTest, AFailedLookAfterAChangeLeavesTheOutcomeOpen) {
  const auto fail_after_change = [&](const HttpRequest& request) -> Result<HttpReply> {
    if (request.method() == "GET" && changes() > 0) return Error(Code::kUnavailable, "Nobody listens.");
    return HttpReply();
  };
  script = fail_after_change;
  EXPECT_EQ(publish(wanted("one")).code(), Code::kUnknown);
  EXPECT_EQ(value_there(), R"("\"one\"")");
  requests.clear();
  EXPECT_EQ(withdraw("one").code(), Code::kUnknown);
}

TEST_F(PowerDnsTest, WhatIsNotPowerDnsIsSaid) {
  script = [&](const HttpRequest&) { return status(200, "<html>It works!</html>"); };
  const auto reply = read();
  EXPECT_EQ(reply.code(), Code::kFailedPrecondition);
  EXPECT_NE(reply.error().message().find("\"url\""), std::string::npos) << reply.error().message();
}

TEST_F(PowerDnsTest, SigningStatusShowsNoPrivateKey) {
  const std::string digest(64, 'a');
  script = [&](const HttpRequest& request) {
    if (request.url() == std::string(kUrl) + "/cryptokeys") {
      return status(200, R"([{"active": true, "published": true, "privatekey": "Private-key-format: v1.2",
                             "ds": ["1 13 1 aabb", "1 13 2 )" +
                             digest + R"("]}])");
    }
    return status(200, R"({"dnssec": true, "rrsets": []})");
  };
  SigningStatusRequest request;
  request.set_zone(kZone);
  const auto reply = host.call<SigningStatusReply>(plugin, "SigningStatus", request);
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(reply->state(), SigningStatusReply::SIGNING);
  ASSERT_EQ(reply->ds_size(), 1);
  EXPECT_EQ(reply->ds(0).digest(), std::string(32, '\xaa'));

  script = [&](const HttpRequest& asked) {
    if (asked.url().ends_with("/cryptokeys"))
      return status(500, R"({"privatekey": "Private-key-format: v1.2"})");
    return status(200, R"({"dnssec": true})");
  };
  const auto failed = host.call<SigningStatusReply>(plugin, "SigningStatus", request);
  EXPECT_EQ(failed.error().detail().find("Private"), std::string::npos);
  EXPECT_FALSE(host.logged("Private"));
}

TEST_F(PowerDnsTest, WithoutAnActiveKeyNobodyKnowsWhoSigns) {
  script = [&](const HttpRequest& request) {
    return request.url().ends_with("/cryptokeys") ? status(200, "[]") : status(200, R"({"dnssec": true})");
  };
  SigningStatusRequest request;
  request.set_zone(kZone);
  EXPECT_EQ(host.call<SigningStatusReply>(plugin, "SigningStatus", request)->state(),
            SigningStatusReply::NOT_KNOWN);
}

TEST_F(PowerDnsTest, SigningIsNotSwitched) {
  EXPECT_EQ(host.call<EnableSigningReply>(plugin, "EnableSigning", EnableSigningRequest()).code(),
            Code::kUnimplemented);
  EXPECT_EQ(host.call<DisableSigningReply>(plugin, "DisableSigning", DisableSigningRequest()).code(),
            Code::kUnimplemented);
  EXPECT_FALSE(host.call<DescribeDnsReply>(plugin, "Describe", DescribeDnsRequest())->signing_operations());
  EXPECT_TRUE(requests.empty());
}

TEST_F(PowerDnsTest, AnotherZoneThanTheConfiguredIsNotFound) {
  plugin = make(config(R"(, "zone": "other.test")"));
  EXPECT_EQ(read().code(), Code::kNotFound);
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace paynamed::powerdns
