// scripts/live-test, pointed at real servers and strict fakes of this machine as at somebody's provider.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/fakes/cloudflare/fake_cloudflare.hpp"
#include "tests/fakes/daemon/child.hpp"
#include "tests/fakes/dns/knot_lab.hpp"
#include "tests/fakes/dns/pdns_server.hpp"
#include "tests/fakes/route53/fake_route53.hpp"

namespace paynamed::live {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr char kScript[] = PAYNAMED_SOURCE_DIR "/scripts/live-test";
using Words = std::vector<std::string>;

fakes::Ended run(Words words, const Words& environment) {
  words.insert(words.begin(), kScript);
  // Nothing of whoever runs the tests may be in it.
  Words clean{"env"};
  for (const char* name : {"PAYNAMED_LIVE_ZONE", "PAYNAMED_LIVE_TABLE", "CLOUDFLARE_API_TOKEN",
                           "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PDNS_API_URL",
                           "PDNS_API_KEY", "DNS_SERVER", "TSIG_NAME", "TSIG_SECRET"}) {
    clean.insert(clean.end(), {"-u", name});
  }
  clean.insert(clean.end(), environment.begin(), environment.end());
  clean.insert(clean.end(), words.begin(), words.end());
  return fakes::run_program(clean, {}, std::chrono::seconds{380});
}

fakes::Ended run_suite(const std::string& provider, const Words& environment) {
  return run({provider, "--yes", "--no-build", "--build", PAYNAMED_BUILD_DIR}, environment);
}

// At least this many cases were run, not skipped: a suite of nothing would pass, too.
void expect_passed(const fakes::Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.errors;
  EXPECT_THAT(ended.output, AllOf(ContainsRegex("PASSED  . [3-9][0-9] tests"), Not(HasSubstr("FAILED"))));
  EXPECT_THAT(ended.errors, Not(HasSubstr("left behind")));
}

TEST(LiveScript, TheProviderIsCloudflare) {
  const fakes::FakeCloudflare fake{{"--quota", "2000"}};
  fake.post("limit", json::object{{"most", 1'000'000}});
  expect_passed(run_suite("cloudflare", {"PAYNAMED_LIVE_ZONE=example.test",
                                         std::string("CLOUDFLARE_API_TOKEN=") + fakes::FakeCloudflare::kToken,
                                         "CLOUDFLARE_ENDPOINT=" + fake.endpoint(),
                                         R"(PAYNAMED_LIVE_TABLE={"requests_per_5_minutes": 1000000})"}));
  EXPECT_TRUE(fake.get("zone?zone=example.test").at("records").as_array().empty())
      << "nothing is left behind";
}

TEST(LiveScript, TheProviderIsRoute53) {
  const fakes::FakeRoute53 fake;
  fake.settings({{"request_rate", 100'000.0}, {"request_burst", 100'000}});
  const auto before = fake.record_sets().size();
  expect_passed(
      run_suite("route53", {"PAYNAMED_LIVE_ZONE=example.test",
                            std::string("AWS_ACCESS_KEY_ID=") + fakes::FakeRoute53::kAccessKeyId,
                            std::string("AWS_SECRET_ACCESS_KEY=") + fakes::FakeRoute53::kSecretAccessKey,
                            "ROUTE53_ENDPOINT=" + fake.endpoint(),
                            R"(PAYNAMED_LIVE_TABLE={"requests_per_second": 1000, "request_burst": 10000})"}));
  EXPECT_EQ(fake.record_sets().size(), before) << "nothing is left behind";
}

TEST(LiveScript, TheProviderIsPowerDns) {
  fakes::PdnsServer server;
  server.add_zone("powered.test.", {"ns1.powered.test."}, true);
  expect_passed(run_suite("powerdns", {"PAYNAMED_LIVE_ZONE=powered.test",
                                       "PDNS_API_URL=http://127.0.0.1:" + std::to_string(server.api_port()),
                                       "PDNS_API_KEY=" + fakes::PdnsServer::api_key()}));
  EXPECT_THAT(server.api("GET", "/zones/powered.test.").body, Not(HasSubstr("live-")))
      << "nothing is left behind";
}

TEST(LiveScript, TheProviderTakesDynamicUpdates) {
  const fakes::KnotLab lab;
  expect_passed(
      run_suite("rfc2136", {"PAYNAMED_LIVE_ZONE=example.test", "DNS_SERVER=" + lab.addresses().front(),
                            "DNS_PORT=" + std::to_string(lab.port()), "TSIG_NAME=" + lab.tsig_name(),
                            "TSIG_SECRET=" + lab.tsig_secret(), "TSIG_ALGORITHM=" + lab.tsig_algorithm()}));
}

struct RefusedCase {
  const char* rule;
  Words words;
  Words environment;
  std::vector<const char*> says;
};

TEST(LiveScript, WhatIsMissingIsSaidAndNothingIsDone) {
  const std::vector<RefusedCase> cases = {
      {"no provider", {}, {}, {"provider"}},
      {"another provider", {"bind"}, {}, {"bind"}},
      {"every missing variable",
       {"route53", "--yes"},
       {},
       {"PAYNAMED_LIVE_ZONE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}},
      {"one missing variable",
       {"cloudflare", "--yes"},
       {"PAYNAMED_LIVE_ZONE=example.com"},
       {"CLOUDFLARE_API_TOKEN"}},
      {"no zone's name",
       {"cloudflare", "--yes"},
       {"PAYNAMED_LIVE_ZONE=not a zone", "CLOUDFLARE_API_TOKEN=x"},
       {"PAYNAMED_LIVE_ZONE"}},
      {"no JSON",
       {"cloudflare", "--yes"},
       {"PAYNAMED_LIVE_ZONE=example.com", "CLOUDFLARE_API_TOKEN=x", "PAYNAMED_LIVE_TABLE={"},
       {"PAYNAMED_LIVE_TABLE"}},
      {"nobody to ask",
       {"cloudflare"},
       {"PAYNAMED_LIVE_ZONE=example.com", "CLOUDFLARE_API_TOKEN=x"},
       {"--yes"}},
  };
  for (const RefusedCase& each : cases) {
    const auto ended = run(each.words, each.environment);
    EXPECT_EQ(ended.exit_code, 64) << each.rule << ended.output << ended.errors;
    for (const char* part : each.says) EXPECT_THAT(ended.errors, HasSubstr(part)) << each.rule;
  }
}

TEST(LiveScript, HelpListsTheVariables) {
  const auto ended = run({"--help"}, {});
  EXPECT_EQ(ended.exit_code, 0) << ended.errors;
  for (const char* name :
       {"PAYNAMED_LIVE_ZONE", "CLOUDFLARE_API_TOKEN", "AWS_SECRET_ACCESS_KEY", "PDNS_API_KEY", "TSIG_SECRET"})
    EXPECT_THAT(ended.output, HasSubstr(name));
}

}  // namespace
}  // namespace paynamed::live
