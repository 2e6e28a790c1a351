// How domains are shown.
#include "command_fixture.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kDegraded =
    R"({"name":"example.test","state":"degraded","code":"ds_mismatch",)"
    R"("reason":"the DS records stand for none of its keys; enter another",)"
    R"("looked":"2026-11-23T11:59:00.000Z","since":null,"dns_instance":"zone",)"
    R"("zone":{"security":"bogus","parent":"test.","delegation":null,)"
    R"("name_servers":["ns1.example.test.","ns2.example.test."],)"
    R"("ds":[{"key_tag":7,"algorithm":13,"digest_type":2,"digest":"ab","matches":false}],)"
    R"("keys":[{"key_tag":9,"algorithm":13,"flags":257,"has_ds":false}],)"
    R"("servers":[{"server":"ns1.example.test.","address":"192.0.2.1:53",)"
    R"("verdict":"serves","serial":5,"explanation":""}],)"
    R"("signatures":{"of":"SOA at ns1","from":"x","until":"2026-12-01T00:00:00.000Z"},)"
    R"("warnings":[{"code":"ds_sha1","message":"only SHA-1"}]},)"
    R"("registration":{"known":true,"status":["active"],"expires":"2027-01-01T00:00:00.000Z"}})";

TEST_F(CommandTest, DomainsAreListedWithTheReason) {
  script.reply(
      200, R"({"items":[{"name":"a.test","state":"fine","looked":"2026-11-23T11:59:00.000Z","reason":null},)"
           R"({"name":"b.test","state":"degraded","looked":null,"reason":"it is bogus"}],"next":null})");
  EXPECT_EQ(run({"domains"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/domains"));
  EXPECT_EQ(out,
            "DOMAIN  STATE     LOOKED AT                 REASON\n"
            "a.test  fine      2026-11-23T11:59:00.000Z\n"
            "b.test  degraded                            it is bogus\n");
  script.reply(200, R"({"items":[{"name":"a.test"}],"next":null})");
  EXPECT_EQ(run({"domains", "--json"}), 0);
  EXPECT_EQ(out, "{\"items\":[{\"name\":\"a.test\"}],\"more\":false}\n");
}

TEST_F(CommandTest, ADomainIsShownWithAllThatWasFound) {
  style.width = 40;
  script.reply(200, kDegraded);
  EXPECT_EQ(run({"domains", "show", "example.test"}), 0) << err;
  EXPECT_THAT(script.lines(), ElementsAre("GET /v1/domains/example.test"));
  EXPECT_THAT(out, HasSubstr("state           degraded\n"));
  EXPECT_THAT(out, HasSubstr("reason          the DS records stand for none of its keys; enter another\n"));
  EXPECT_THAT(out, HasSubstr("name servers    ns1.example.test., ns2.example.test.\n"));
  EXPECT_THAT(out, Not(HasSubstr("delegated to")));
  EXPECT_THAT(out, HasSubstr("signed until    2026-12-01T00:00:00.000Z (SOA at ns1)\n"));
  EXPECT_THAT(out, HasSubstr("registration    active\n"));
  EXPECT_THAT(out, HasSubstr("7           13         2            false          ab\n"));
  EXPECT_THAT(out, HasSubstr("9        13         257    false\n"));
  EXPECT_THAT(out, HasSubstr("ns1.example.test.  192.0.2.1:53  serves   5\n"));
  EXPECT_THAT(out, HasSubstr("ds_sha1  only SHA-1\n"));
  script.reply(200, kDegraded);
  EXPECT_EQ(run({"domains", "show", "example.test", "--json"}), 0);
  EXPECT_EQ(out, kDegraded + "\n");
}

TEST_F(CommandTest, ADomainThatNobodyLookedAtIsShownWithoutFacts) {
  script.reply(200, R"({"name":"a.test","state":"unknown","zone":null,"registration":null})");
  EXPECT_EQ(run({"domains", "show", "a.test"}), 0) << err;
  EXPECT_EQ(out, "domain          a.test\nstate           unknown\n");
  script.reply(404, R"({"detail":"there is no domain b.test"})");
  EXPECT_EQ(run({"domains", "show", "b.test"}), 1);
  EXPECT_EQ(run({"domains", "show"}), 2);
}

}  // namespace
}  // namespace paynamed::ctl
