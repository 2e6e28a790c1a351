// The route53 plugin in the daemon's plugin host against the fake: what is its own beyond the conformance
// suite.
#include <gtest/gtest.h>
#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "route53_lab.hpp"

namespace paynamed::dns_providers {
namespace {

using namespace plugin::v1;
using fakes::FakeRoute53;
using fakes::HostedPlugin;
using Calls = std::vector<testing::DnsCall>;

constexpr char kZone[] = "example.test.";

std::string name_of(const std::string& user) {
  return user + ".user._bitcoin-payment." + kZone;
}

PublishRequest creation(const std::string& user, const std::string& value = "bitcoin:?lno=one") {
  PublishRequest request;
  request.set_zone(kZone);
  request.mutable_record()->set_name(name_of(user));
  request.mutable_record()->set_value(value);
  request.mutable_record()->set_ttl_seconds(300);
  request.set_absent(true);
  return request;
}

testing::DnsCall call_of(const std::string& method, const google::protobuf::MessageLite& request) {
  return {method, request.SerializeAsString(), "key"};
}

template <class Message>
Result<Message> decoded(const Result<std::string>& bytes) {
  if (!bytes.ok()) return bytes.error();
  Message message;
  EXPECT_TRUE(message.ParseFromString(*bytes));
  return message;
}

template <class Message>
Result<Message> call(HostedPlugin& plugin, const std::string& method,
                     const google::protobuf::MessageLite& request) {
  return decoded<Message>(plugin.call_all({call_of(method, request)}).at(0));
}

std::string text_of(const Error& error) {
  return std::to_string(static_cast<int>(error.code())) + ": " + error.message() + " " + error.detail();
}

struct Route53Test : ::testing::Test {
  Route53Lab lab;
  const FakeRoute53& fake = lab.fake();
  std::unique_ptr<HostedPlugin> plugin = lab.make();

  Calls creations(int count, const std::string& prefix = "u") {
    Calls calls;
    for (int i = 0; i < count; ++i) calls.push_back(call_of("Publish", creation(prefix + std::to_string(i))));
    return calls;
  }
  void expect_all_ok(const std::vector<Result<std::string>>& replies) {
    for (const auto& reply : replies) EXPECT_TRUE(reply.ok()) << text_of(reply.error());
  }
  Result<SyncStatusReply> sync(const std::string& change_id) {
    SyncStatusRequest request;
    request.set_zone(kZone);
    request.set_change_id(change_id);
    return call<SyncStatusReply>(*plugin, "SyncStatus", request);
  }
};

TEST_F(Route53Test, DescribeOfAZoneSaysHowManyRecordSetsItTakes) {
  DescribeDnsRequest request;
  const auto ask = [&] { return call<DescribeDnsReply>(*plugin, "Describe", request); };
  EXPECT_EQ(ask()->records_limit(), 0U) << "no zone was asked for";
  EXPECT_EQ(fake.requests("GetHostedZoneLimit"), 0);
  request.set_zone(kZone);
  const auto before = ask();
  ASSERT_TRUE(before.ok()) << text_of(before.error());
  EXPECT_EQ(before->records_limit(), 10'000U);
  fake.plant({name_of("planted"), "TXT", 300, {"\"x\""}});
  EXPECT_EQ(ask()->records_used(), before->records_used() + 1);
  // Whose policy does not allow that question has no numbers and everything else.
  fake.fault({{"action", "GetHostedZoneLimit"},
              {"kind", "error"},
              {"status", 403},
              {"code", "AccessDenied"},
              {"message", "not authorized"}});
  const auto without = ask();
  ASSERT_TRUE(without.ok()) << text_of(without.error());
  EXPECT_EQ(without->records_limit(), 0U);
  EXPECT_TRUE(without->compare_and_set());
  request.set_zone("nowhere.test.");
  EXPECT_EQ(ask()->records_limit(), 0U);
}

TEST_F(Route53Test, WritesOfAZoneAreFewAndNeverOverlap) {
  fake.settings({{"processing_seconds", 0.05}});
  expect_all_ok(plugin->call_all(creations(600)));
  EXPECT_EQ(fake.record_sets().size(), 602U);
  EXPECT_LE(fake.requests("ChangeResourceRecordSets"), 5);
  EXPECT_EQ(fake.refusals("PriorRequestNotComplete"), 0);
}

TEST_F(Route53Test, TwoDaemonsWaitForEachOther) {
  fake.settings({{"processing_seconds", 0.3}});
  const auto other = lab.make();
  std::vector<Result<std::string>> theirs;
  std::thread thread([&] { theirs = other->call_all(creations(10, "a")); });
  expect_all_ok(plugin->call_all(creations(10, "b")));
  thread.join();
  expect_all_ok(theirs);
  EXPECT_EQ(fake.record_sets().size(), 22U);
}

TEST_F(Route53Test, OneBadChangeDoesNotFailTheOthers) {
  for (const char* shape : {"error", "messages"}) {
    fake.settings({{"error_shape", shape}, {"processing_seconds", 0.05}});
    const std::string prefix = shape;
    for (const char* number : {"7", "23", "49"}) {
      fake.plant({name_of(prefix + number), "TXT", 60, {"\"foreign\""}});
    }
    const auto before = fake.requests("ChangeResourceRecordSets");
    const auto replies = plugin->call_all(creations(50, prefix));
    for (std::size_t i = 0; i < replies.size(); ++i) {
      const bool bad = i == 7 || i == 23 || i == 49;
      EXPECT_EQ(replies[i].code(), bad ? Code::kAborted : Code::kOk) << shape << i;
    }
    EXPECT_LE(fake.requests("ChangeResourceRecordSets") - before, 4) << "the messages name the bad ones";
  }
}

TEST_F(Route53Test, ReadsShareAnswers) {
  Calls reads;
  for (int i = 0; i < 650; ++i) {
    const std::string user = "r" + std::to_string(i);
    ReadRequest request;
    request.set_zone(kZone);
    request.set_name(name_of(user));
    reads.push_back(call_of("Read", request));
  }
  expect_all_ok(plugin->call_all(creations(600, "r")));
  const auto before = fake.requests("ListResourceRecordSets");
  const auto replies = plugin->call_all(reads);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto reply = decoded<ReadReply>(replies[i]);
    ASSERT_TRUE(reply.ok()) << text_of(reply.error());
    EXPECT_EQ(reply->records_size(), i < 600 ? 1 : 0) << i;
  }
  EXPECT_LE(fake.requests("ListResourceRecordSets") - before, 6);
}

TEST_F(Route53Test, AChangeIsPendingAndThenInSyncForAllWhoShareIt) {
  fake.settings({{"pending_seconds", 1.0}, {"processing_seconds", 0.05}});
  std::set<std::string> ids;
  for (const auto& reply : plugin->call_all(creations(100)))
    ids.insert(decoded<PublishReply>(reply)->change_id());
  EXPECT_LE(ids.size(), 3U);
  const std::string id = *ids.rbegin();
  EXPECT_EQ(sync(id)->state(), SyncStatusReply::PENDING);
  Calls many;
  SyncStatusRequest request;
  request.set_zone(kZone);
  request.set_change_id(id);
  for (int i = 0; i < 100; ++i) many.push_back(call_of("SyncStatus", request));
  expect_all_ok(plugin->call_all(many));
  EXPECT_LE(fake.requests("GetChange"), 1);
  while (sync(id)->state() == SyncStatusReply::PENDING) plugin->pass(std::chrono::milliseconds(100));
  EXPECT_EQ(sync(id)->state(), SyncStatusReply::IN_SYNC);
  expect_all_ok(plugin->call_all(many));
  EXPECT_LE(fake.requests("GetChange"), 4);
  EXPECT_EQ(sync("CUNKNOWN")->state(), SyncStatusReply::NOT_KNOWN);
  EXPECT_EQ(sync("../hostedzone")->state(), SyncStatusReply::NOT_KNOWN);
}

TEST_F(Route53Test, ASlowerAccountThanConfiguredLosesNothing) {
  fake.settings({{"change_rate", 40.0}, {"change_burst", 40}});
  expect_all_ok(plugin->call_all(creations(30, "a")));
  expect_all_ok(plugin->call_all(creations(30, "b")));
  EXPECT_EQ(fake.record_sets().size(), 62U);
  EXPECT_GT(fake.refusals("Throttling"), 0);
}

TEST_F(Route53Test, TheAccountsRatesAreKept) {
  fake.settings({{"request_rate", 20.0}, {"request_burst", 10}, {"change_rate", 50.0}, {"change_burst", 50}});
  const auto careful = lab.make(
      FakeRoute53::kSecretAccessKey,
      {{"requests_per_second", 15}, {"request_burst", 8}, {"changes_per_second", 45}, {"change_burst", 45}});
  expect_all_ok(careful->call_all(creations(150)));
  EXPECT_EQ(fake.record_sets().size(), 152U);
  EXPECT_EQ(fake.refusals("Throttling"), 0);
}

TEST_F(Route53Test, AClockThatIsOffIsCorrectedOnce) {
  for (const auto& [offset, code] :
       {std::pair(3600, "SignatureDoesNotMatch"), std::pair(-7200, "RequestExpired")}) {
    fake.settings({{"clock_offset", offset}, {"skew_code", code}});
    const std::string user = std::string("c") + std::to_string(offset > 0);
    const auto reply = call<PublishReply>(*plugin, "Publish", creation(user));
    ASSERT_TRUE(reply.ok()) << text_of(reply.error());
    EXPECT_TRUE(call<PublishReply>(*plugin, "Publish", creation(user + "x")).ok());
    EXPECT_EQ(fake.refusals(code), 1) << "once, then it is known";
  }
  EXPECT_NE(lab.journal().text().find("clock"), std::string::npos);
}

TEST_F(Route53Test, AClockThatIsOffIsCorrectedOnceForAllThatAreUnderWay) {
  constexpr int kAtOnce = 12;
  expect_all_ok(plugin->call_all(creations(kAtOnce)));
  // Lists, for looks at names follow each other.
  ListNamesRequest list;
  list.set_zone(kZone);
  const Calls lists(kAtOnce, call_of("ListNames", list));
  // Whether several are under way when the first is refused is not in our hands: again until they are.
  std::int64_t refused_at_once = 0;
  for (int hours = 1; hours <= 40 && refused_at_once < 2; ++hours) {
    const auto before = fake.refusals("SignatureDoesNotMatch");
    fake.settings({{"clock_offset", 3'600 * hours}, {"skew_code", "SignatureDoesNotMatch"}});
    for (const auto& each : plugin->call_all(lists)) {
      EXPECT_TRUE(each.ok()) << (each.ok() ? "" : text_of(each.error()));
    }
    refused_at_once = fake.refusals("SignatureDoesNotMatch") - before;
    EXPECT_GE(refused_at_once, 1);
    EXPECT_LE(refused_at_once, kAtOnce) << "each is signed anew once at most";
  }
  EXPECT_GT(refused_at_once, 1) << "they were never under way at once";
}

TEST_F(Route53Test, ZonesAreFoundByTheirExactName) {
  fake.control("add_zone", {{"name", kZone}, {"private", true}});
  fake.control("add_zone", {{"name", "a.example.test."}});
  EXPECT_TRUE(call<PublishReply>(*plugin, "Publish", creation("one")).ok())
      << "the private zone does not count";
  fake.control("add_zone", {{"name", kZone}});
  const auto fresh = lab.make();
  const auto several = call<PublishReply>(*fresh, "Publish", creation("two"));
  EXPECT_EQ(several.code(), Code::kFailedPrecondition);
  EXPECT_NE(several.error().message().find("zone_id"), std::string::npos);

  const auto named = lab.make(FakeRoute53::kSecretAccessKey, {{"zone_id", "/hostedzone/" + fake.zone_id()}});
  EXPECT_TRUE(call<PublishReply>(*named, "Publish", creation("three")).ok());
  PublishRequest elsewhere = creation("four");
  elsewhere.set_zone("other.test.");
  elsewhere.mutable_record()->set_name("four.other.test.");
  const auto wrong = call<PublishReply>(*named, "Publish", elsewhere);
  EXPECT_EQ(wrong.code(), Code::kNotFound);
  EXPECT_NE(wrong.error().message().find("is not other.test."), std::string::npos);
  const auto none = lab.make(FakeRoute53::kSecretAccessKey, {{"zone_id", "ZNONE"}});
  EXPECT_EQ(call<PublishReply>(*none, "Publish", creation("five")).code(), Code::kNotFound);
}

TEST_F(Route53Test, AFullZoneIsSaidToBeFull) {
  const auto id = fake.control("add_zone", {{"name", "full.test."}, {"quota", 3}});
  PublishRequest request = creation("x");
  request.set_zone("full.test.");
  Calls calls;
  for (const char* user : {"a.full.test.", "b.full.test.", "c.full.test."}) {
    request.mutable_record()->set_name(user);
    calls.push_back(call_of("Publish", request));
  }
  int created = 0;
  for (const auto& reply : plugin->call_all(calls)) {
    if (reply.ok()) {
      ++created;
      continue;
    }
    EXPECT_EQ(reply.code(), Code::kFailedPrecondition);
    EXPECT_NE(reply.error().message().find("quota"), std::string::npos) << text_of(reply.error());
  }
  EXPECT_EQ(created, 1) << "what fits is not refused with what does not";
}

TEST_F(Route53Test, WhatOtherProvidersCannotHaveIsNotHidden) {
  fake.control("plant", {{"zone_id", fake.zone_id()},
                         {"name", kZone},
                         {"record_type", "A"},
                         {"ttl", nullptr},
                         {"values", boost::json::array()},
                         {"alias", {"Z2FDTNDATAQYW2", "d111.cloudfront.net.", "false"}}});
  fake.plant({"mail.example.test.", "MX", 60, {"10 mx.example.test.", "20 mx2.example.test."}});
  fake.plant({"\\052.example.test.", "TXT", 60, {"\"\\344\""}});
  std::map<std::pair<std::string, std::uint32_t>, std::vector<std::string>> found;
  ListZoneRequest request;
  request.set_zone(kZone);
  request.set_limit(2);
  do {
    const auto page = call<ListZoneReply>(*plugin, "ListZone", request);
    ASSERT_TRUE(page.ok()) << text_of(page.error());
    for (const auto& each : page->records()) found[{each.name(), each.type()}].push_back(each.rdata());
    request.set_page(page->next_page());
  } while (!request.page().empty());
  EXPECT_EQ((found[{kZone, 1}]), std::vector<std::string>{""}) << "an alias has no data of its own";
  EXPECT_EQ((found[{kZone, 2}].size()), 4U);
  EXPECT_EQ((found[{"mail.example.test.", 15}].size()), 2U);
  EXPECT_EQ((found[{"*.example.test.", 16}]), std::vector<std::string>{"\x01\xe4"});
  EXPECT_NE(lab.journal().text().find("alias of another AWS resource"), std::string::npos);
}

TEST_F(Route53Test, NamesAreListedOverManyPages) {
  expect_all_ok(plugin->call_all(creations(650)));
  fake.plant({"z.example.test.", "TXT", 60, {"\"not below\""}});
  ListNamesRequest request;
  request.set_zone(kZone);
  request.set_suffix("user._bitcoin-payment.example.test.");
  request.set_limit(1000);
  std::set<std::string> names;
  do {
    const auto page = call<ListNamesReply>(*plugin, "ListNames", request);
    ASSERT_TRUE(page.ok()) << text_of(page.error());
    for (const auto& each : page->records()) EXPECT_TRUE(names.insert(each.name()).second);
    request.set_page(page->next_page());
  } while (!request.page().empty());
  EXPECT_EQ(names.size(), 650U);
}

TEST_F(Route53Test, TheSigningStatusHasTheDsRecords) {
  fake.control("signing", {{"zone", fake.zone_id()},
                           {"status", "SIGNING"},
                           {"keys",
                            {{{"Name", "ksk"}, {"DSRecord", "12345 13 2 00FFab"}, {"Status", "ACTIVE"}},
                             {{"Name", "old"}, {"DSRecord", "1 13 2 01"}, {"Status", "INACTIVE"}}}}});
  SigningStatusRequest request;
  request.set_zone(kZone);
  auto status = call<SigningStatusReply>(*plugin, "SigningStatus", request);
  ASSERT_TRUE(status.ok()) << text_of(status.error());
  EXPECT_EQ(status->state(), SigningStatusReply::SIGNING);
  ASSERT_EQ(status->ds_size(), 1);
  EXPECT_EQ(status->ds(0).key_tag(), 12345U);
  EXPECT_EQ(status->ds(0).digest(), std::string("\x00\xff\xab", 3));
  fake.control("signing",
               {{"zone", fake.zone_id()}, {"status", "ACTION_NEEDED"}, {"message", "KMS says no"}});
  status = call<SigningStatusReply>(*plugin, "SigningStatus", request);
  EXPECT_EQ(status->state(), SigningStatusReply::ERROR);
  EXPECT_NE(status->explanation().find("KMS says no"), std::string::npos);
}

TEST_F(Route53Test, PermissionsAreTold) {
  fake.control("key", {{"id", FakeRoute53::kAccessKeyId},
                       {"secret", FakeRoute53::kSecretAccessKey},
                       {"actions", {"ListHostedZonesByName", "ListResourceRecordSets"}}});
  const auto reply = call<PublishReply>(*plugin, "Publish", creation("a"));
  EXPECT_EQ(reply.code(), Code::kPermissionDenied);
  EXPECT_NE(text_of(reply.error()).find("route53:ChangeResourceRecordSets"), std::string::npos)
      << text_of(reply.error());
}

TEST_F(Route53Test, HostileAnswersAreNoAnswers) {
  const std::string bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
  ReadRequest read;
  read.set_zone(kZone);
  read.set_name(name_of("a"));
  ASSERT_TRUE(call<ReadReply>(*plugin, "Read", read).ok());
  for (const std::string& body :
       {std::string("<html>"), bomb, std::string("<a/>"), std::string(100'000, '<')}) {
    fake.fault({{"action", "ListResourceRecordSets"}, {"kind", "garbage"}, {"body", body}});
    EXPECT_TRUE(call<ReadReply>(*plugin, "Read", read).ok()) << "a question is asked again";
    fake.fault({{"action", "ChangeResourceRecordSets"}, {"kind", "garbage"}, {"body", body}});
    const std::string user = "g" + std::to_string(body.size());
    EXPECT_EQ(call<PublishReply>(*plugin, "Publish", creation(user)).code(), Code::kUnknown);
    const auto again = call<PublishReply>(*plugin, "Publish", creation(user));
    ASSERT_TRUE(again.ok()) << text_of(again.error());
    EXPECT_FALSE(again->changed()) << "it had been made";
  }
}

TEST_F(Route53Test, TroubleOfTheServerIsTriedAgainUntilAllStands) {
  fake.settings({{"occasional_5xx", 0.3}});
  Calls calls = creations(60);
  std::size_t failed = calls.size();
  for (int attempt = 0; attempt < 50 && failed > 0; ++attempt) {
    const auto replies = plugin->call_all(calls);
    failed = replies.size() - static_cast<std::size_t>(std::count_if(replies.begin(), replies.end(),
                                                                     [](const auto& r) { return r.ok(); }));
  }
  EXPECT_EQ(failed, 0U);
  EXPECT_EQ(fake.record_sets().size(), 62U);
}

// The sources over true HTTP; which of them is asked, and when, is in the plugin's own tests.
struct Route53CredentialsTest : ::testing::Test {
  Route53Lab lab;
  const FakeRoute53& fake = lab.fake();
  std::filesystem::path token =
      std::filesystem::temp_directory_path() / ("token-" + std::to_string(::getpid()));

  void SetUp() override {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ROLE_ARN",
                             "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED"}) {
      ::unsetenv(name);
    }
    ::setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    ::setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
  }
  void TearDown() override { std::filesystem::remove(token); }
  void expect_publishes() {
    const auto plugin = lab.make_without_keys();
    const auto reply = call<PublishReply>(*plugin, "Publish", creation("a"));
    EXPECT_TRUE(reply.ok()) << text_of(reply.error());
  }
};

TEST_F(Route53CredentialsTest, WebIdentity) {
  std::ofstream(token) << "web-identity-token\n";
  ::setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token.c_str(), 1);
  ::setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/paynamed", 1);
  expect_publishes();
  EXPECT_EQ(fake.requests("AssumeRoleWithWebIdentity"), 1);
}

TEST_F(Route53CredentialsTest, AContainer) {
  ::setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", (fake.endpoint() + "/container/credentials").c_str(), 1);
  ::setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token", 1);
  expect_publishes();
  EXPECT_EQ(fake.requests("container"), 1);
}

TEST_F(Route53CredentialsTest, AnInstance) {
  ::setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.endpoint().c_str(), 1);
  expect_publishes();
  EXPECT_EQ(fake.requests("metadata"), 3);
}

TEST_F(Route53CredentialsTest, OnesThatAwsDoesNotKnowAnyMoreAreAskedForAgain) {
  ::setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.endpoint().c_str(), 1);
  const auto plugin = lab.make_without_keys();
  ASSERT_TRUE(call<PublishReply>(*plugin, "Publish", creation("a")).ok());
  fake.control("no_key", {{"id", "ASIATEMPORARY0000001"}});
  const auto reply = call<PublishReply>(*plugin, "Publish", creation("b"));
  EXPECT_TRUE(reply.ok()) << text_of(reply.error());
  EXPECT_EQ(fake.requests("metadata"), 6);
}

}  // namespace
}  // namespace paynamed::dns_providers
