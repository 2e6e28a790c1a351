// What a check of a domain says, from what was found.
#include "domains/domain_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace paynamed::domains {
namespace {

using plugin::v1::DescribeDnsReply;
using plugin::v1::SigningStatusReply;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kDomain[] = "money.test";
const base::WallTime kNow = *base::from_rfc3339("2026-11-23T12:00:00.000Z");

monitor::ZoneFacts good_facts() {
  monitor::ZoneFacts facts;
  facts.zone = "money.test.";
  facts.parent = "test.";
  facts.ds = {{7, 13, 2, "ab", true}};
  facts.keys = {{7, 13, 257, true}};
  facts.delegation = {"ns1.money.test."};
  facts.name_servers = {"ns1.money.test."};
  monitor::ZoneServerReport server;
  server.server = "ns1.money.test.";
  server.address = "192.0.2.1:53";
  server.verdict = monitor::ZoneServerReport::Verdict::kServes;
  facts.servers = {server};
  names::DomainSecurity security;
  security.security = names::Security::kSecure;
  security.exists = true;
  facts.security = security;
  return facts;
}

// "part verdict code", in order.
std::vector<std::string> said(const Findings& findings) {
  std::vector<std::string> out;
  for (const CheckFinding& each : findings) {
    EXPECT_FALSE(each.sentence.empty());
    out.push_back(each.part + " " + std::string{to_string(each.verdict)} +
                  (each.code.empty() ? "" : " " + each.code));
  }
  return out;
}

TEST(DomainReport, AZoneAsItShouldBeIsFine) {
  EXPECT_THAT(said(judge_zone_facts(kDomain, good_facts(), kNow)),
              ElementsAre("delegation fine", "security fine"));
}

TEST(DomainReport, TroubleIsToldInItsPart) {
  monitor::ZoneFacts facts = good_facts();
  facts.servers.push_back(facts.servers.front());
  facts.servers.back().verdict = monitor::ZoneServerReport::Verdict::kLame;
  facts.servers.back().sentence = "it is lame";
  EXPECT_THAT(said(judge_zone_facts(kDomain, facts, kNow)),
              ElementsAre("delegation failed lame_server", "security fine"));

  facts = good_facts();
  facts.delegation = {"ns2.money.test."};
  facts.ds = {{7, 13, 1, "ab", true}};
  EXPECT_THAT(said(judge_zone_facts(kDomain, facts, kNow)),
              ElementsAre("security warning ds_sha1", "delegation warning delegation_differs"));

  facts = good_facts();
  facts.security->security = names::Security::kInsecure;
  facts.ds = std::vector<monitor::DelegationSigner>{};
  EXPECT_THAT(said(judge_zone_facts(kDomain, facts, kNow)),
              ElementsAre("security failed ds_absent", "delegation fine"));

  facts = good_facts();
  facts.zone = "test.";
  EXPECT_THAT(said(judge_zone_facts(kDomain, facts, kNow)),
              ElementsAre("delegation warning inside_zone", "security fine"));
}

TEST(DomainReport, AQuotaWarnsFromFourFifthsOn) {
  const struct {
    std::uint64_t used;
    std::uint64_t limit;
    const char* says;
  } cases[] = {{0, 0, "quota unknown not_told"},
               {0, 200, "quota fine"},
               {159, 200, "quota fine"},
               {160, 200, "quota warning almost_used_up"},
               {199, 200, "quota warning almost_used_up"},
               {200, 200, "quota failed used_up"},
               {300, 200, "quota failed used_up"}};
  for (const auto& each : cases) {
    DescribeDnsReply reply;
    reply.set_records_used(each.used);
    reply.set_records_limit(each.limit);
    EXPECT_THAT(said({judge_quota(reply)}), ElementsAre(each.says)) << each.used;
  }
}

TEST(DomainReport, TheProvidersLimitsHaveToFit) {
  DescribeDnsReply reply;
  reply.set_compare_and_set(true);
  EXPECT_THAT(said(judge_provider(reply, 300)), ElementsAre());
  reply.set_min_ttl_seconds(300);
  reply.set_max_ttl_seconds(600);
  EXPECT_THAT(said(judge_provider(reply, 300)), ElementsAre());
  EXPECT_THAT(said(judge_provider(reply, 299)), ElementsAre("provider failed ttl"));
  EXPECT_THAT(said(judge_provider(reply, 601)), ElementsAre("provider failed ttl"));
  reply.set_max_txt_bytes(255);
  reply.set_compare_and_set(false);
  EXPECT_THAT(said(judge_provider(reply, 300)),
              ElementsAre("provider warning short_records", "provider warning no_compare_and_set"));
}

TEST(DomainReport, TheProviderHasToSignWithTheKeysThatTheParentKnows) {
  SigningStatusReply status;
  status.set_state(SigningStatusReply::SIGNING);
  auto* ds = status.add_ds();
  ds->set_key_tag(7);
  ds->set_algorithm(13);
  EXPECT_FALSE(compare_ds(kDomain, status, good_facts()));
  ds->set_digest_type(2);
  ds->set_digest("\xab");
  EXPECT_FALSE(compare_ds(kDomain, status, good_facts()));
  ds->set_digest("\xac");
  EXPECT_EQ(compare_ds(kDomain, status, good_facts())->code, "other_keys");
  ds->set_key_tag(8);
  EXPECT_EQ(compare_ds(kDomain, status, good_facts())->code, "other_keys");
  status.set_state(SigningStatusReply::UNSIGNED);
  EXPECT_EQ(compare_ds(kDomain, status, good_facts())->code, "unsigned_there");
  status.set_state(SigningStatusReply::PENDING);
  EXPECT_EQ(compare_ds(kDomain, status, good_facts())->verdict, CheckVerdict::kWarning);
  EXPECT_FALSE(compare_ds(kDomain, SigningStatusReply{}, good_facts()));
}

net::DnsRecord record(std::uint16_t type, std::vector<std::uint8_t> rdata) {
  net::DnsRecord made;
  made.owner = "x.money.test.";
  made.type = net::DnsType{type};
  made.rdata = std::move(rdata);
  return made;
}

TEST(DomainReport, WalletsMeetTheDenial) {
  net::DnsAnswer denial;
  denial.rcode = net::DnsRcode::kNxDomain;
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), denial)), ElementsAre("wallets fine"));
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), std::nullopt)),
              ElementsAre("wallets unknown no_denial"));
  denial.authority = {record(50, {1, 0, 0, 0, 0})};
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), denial)), ElementsAre("wallets fine"));
  denial.authority = {record(50, {1, 1, 0, 10, 0})};
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), denial)),
              ElementsAre("wallets warning nsec3_opt_out", "wallets warning nsec3_iterations"));
  denial.authority = {record(50, {1})};
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), denial)), ElementsAre("wallets fine"))
      << "cut off";
  denial.rcode = net::DnsRcode::kNoError;
  denial.answer = {record(16, {1, 'x'})};
  EXPECT_THAT(said(judge_for_wallets(kDomain, good_facts(), denial)), ElementsAre("wallets failed wildcard"));
}

TEST(DomainReport, WalletsKnowFewAlgorithms) {
  net::DnsAnswer denial;
  monitor::ZoneFacts facts = good_facts();
  facts.keys = {{7, 15, 257, true}};
  EXPECT_THAT(said(judge_for_wallets(kDomain, facts, denial)), ElementsAre("wallets failed algorithm"));
  facts.keys = {{7, 15, 257, true}, {8, 13, 257, true}};
  EXPECT_THAT(said(judge_for_wallets(kDomain, facts, denial)), ElementsAre("wallets fine"));
}

TEST(DomainReport, IsFitUnlessSomethingFailed) {
  DomainReport report;
  report.findings = {{"quota", CheckVerdict::kUnknown, "not_told", "x"},
                     {"wallets", CheckVerdict::kWarning, "w", "x"}};
  EXPECT_TRUE(report.is_fit());
  report.findings.push_back({"security", CheckVerdict::kFailed, "bogus", "x"});
  EXPECT_FALSE(report.is_fit());
}

}  // namespace
}  // namespace paynamed::domains
