// Which zone a domain's records belong to.
#include "bridge.hpp"

namespace paynamed::cloudflare {
namespace {

namespace json = boost::json;
using namespace plugin::v1;

struct ZonesTest : CloudflareTest {
  Result<ReadReply> read_in(const std::string& zone) {
    ReadRequest request;
    request.set_zone(zone);
    request.set_name("a.user._bitcoin-payment." + zone);
    return host.call<ReadReply>(plugin, "Read", request);
  }
  std::string id_of(const std::string& name) {
    return std::string(fake.post("zone", json::object{{"name", name}}).at("id").as_string());
  }
};

TEST_F(ZonesTest, ADomainThatIsNoZoneBelongsToTheOneAbove) {
  EXPECT_TRUE(read_in("pay.shop.example.test.").ok());
  EXPECT_EQ(fake.count("zones"), 3);
  EXPECT_TRUE(read_in("pay.shop.example.test.").ok());
  EXPECT_EQ(fake.count("zones"), 3);
}

TEST_F(ZonesTest, AnUnknownZoneIsNotFoundAndNotRemembered) {
  EXPECT_EQ(read_in("new.test.").code(), Code::kNotFound);
  id_of("new.test");
  EXPECT_TRUE(read_in("new.test.").ok());
}

TEST_F(ZonesTest, OfSeveralTheActiveOneServes) {
  fake.post("second_zone", json::object{{"name", "example.test"}, {"account", std::string(32, 'b')}});
  const auto several = read_in(kZone);
  EXPECT_EQ(several.code(), Code::kFailedPrecondition);
  EXPECT_NE(several.error().message().find("\"account_id\""), std::string::npos);
  fake.post("zone", json::object{{"name", "example.test"}, {"status", "moved"}});
  EXPECT_TRUE(read_in(kZone).ok());
}

TEST_F(ZonesTest, TheAccountDecides) {
  fake.post("second_zone", json::object{{"name", "example.test"}, {"account", std::string(32, 'b')}});
  plugin = make({{"account_id", std::string(32, 'b')}});
  EXPECT_TRUE(read_in(kZone).ok());
}

TEST_F(ZonesTest, AGivenZoneIsTheOnlyOne) {
  plugin = make({{"zone_id", id_of("example.test")}});
  EXPECT_TRUE(read_in(kZone).ok());
  EXPECT_TRUE(read_in("pay.example.test.").ok());
  EXPECT_EQ(fake.count("zones"), 0);
  const auto other = read_in("notexample.test.");
  EXPECT_EQ(other.code(), Code::kNotFound);
  EXPECT_NE(other.error().message().find("example.test."), std::string::npos);
}

TEST_F(ZonesTest, ZonesThatAreWaitedForAreAskedForOnce) {
  ReadRequest request;
  request.set_zone(kZone);
  request.set_name(full("a"));
  std::vector<paynamed::testing::PendingCall> open;
  for (int i = 0; i < 20; ++i) open.push_back(host.start(plugin, "Read", request));
  for (const auto& each : open) EXPECT_TRUE(host.wait<ReadReply>(each).ok());
  EXPECT_EQ(fake.count("zones"), 1);
  EXPECT_EQ(fake.count("verify"), 1);
}

TEST_F(ZonesTest, AnIdThatIsNoneIsNotPutIntoAUrl) {
  instead = [](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url().find("/zones?") == std::string::npos) return std::nullopt;
    HttpReply reply;
    reply.set_status(200);
    reply.set_body(
        R"({"success":true,"errors":[],"result":[{"id":"../user","name":"example.test","status":"active"}]})");
    return Result<HttpReply>(reply);
  };
  EXPECT_EQ(read_in(kZone).code(), Code::kNotFound);
}

TEST_F(ZonesTest, SigningIsThatOfTheZone) {
  fake.post("zone", json::object{{"name", "example.test"},
                                 {"dnssec", json::object{{"status", "active"},
                                                         {"key_tag", 7},
                                                         {"algorithm", "13"},
                                                         {"digest_type", "2"},
                                                         {"digest", "ABCD"}}}});
  SigningStatusRequest request;
  request.set_zone(kZone);
  const auto own = host.call<SigningStatusReply>(plugin, "SigningStatus", request);
  ASSERT_TRUE(own.ok()) << own.error().message();
  EXPECT_EQ(own->state(), SigningStatusReply::SIGNING);
  ASSERT_EQ(own->ds_size(), 1);
  request.set_zone("pay.example.test.");
  const auto part = host.call<SigningStatusReply>(plugin, "SigningStatus", request);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->ds_size(), 0);
}

}  // namespace
}  // namespace paynamed::cloudflare
