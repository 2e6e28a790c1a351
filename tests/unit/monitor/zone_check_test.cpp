// What a look finds out about a zone, by what its parent and its servers answer, and how it is judged.
#include "monitor/zone_check.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "monitor/zone_judgement.hpp"
#include "names/proof/rdata.hpp"
#include "tests/fakes/dnssec/signed_zone.hpp"

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using base::Code;
using fakes::record;
using fakes::Records;
using net::DnsRcode;
using net::DnsType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Serves = ZoneServerReport::Verdict;
using Verdict = ZoneFinding::Verdict;

constexpr const char* kZone = "example.test.";
constexpr std::uint32_t kNow = 1'750'000'000;
constexpr std::uint32_t kDay = 86'400;

net::DnsAnswer answer_of(Records records, DnsRcode rcode = DnsRcode::kNoError) {
  net::DnsAnswer answer;
  answer.rcode = rcode;
  answer.authoritative = true;
  answer.answer = std::move(records);
  return answer;
}

// One server of the zone.
struct Server {
  std::uint32_t serial = 7;
  std::uint32_t ends_in = 10 * kDay;  // signatures, of 14 days
  std::vector<std::string> names{"ns1.example.test.", "ns2.example.test."};
  bool is_signed = true;
  std::optional<net::DnsAnswer> instead;
  base::Status trouble;
};

struct ZoneCheckTest : testing::Test {
  asio::io_context io;
  base::ManualClock clock{base::WallTime{std::chrono::seconds{kNow}}};
  QueryBudget budget{{.queries_per_second = 1'000}, clock};
  // What the world says.
  fakes::SignedTree tree;
  fakes::SigningKey other_key{kZone, 13};
  std::map<std::string, Server> servers{{"192.0.2.1", {}}, {"192.0.2.2", {}}};
  std::vector<std::string> parents{"192.0.2.10", "192.0.2.11"};
  std::map<std::string, base::Status> parent_trouble;
  std::map<std::string, Records> ds_at;  // by parent's address, instead of `ds`
  Records ds{tree.zone.key().ds()};
  std::vector<std::string> delegation{"ns1.example.test.", "ns2.example.test."};
  bool parent_has_zone = false;
  base::Status search_trouble;
  base::Status parent_search_trouble;
  base::Result<names::DomainSecurity> security =
      names::DomainSecurity{names::Security::kSecure, true, true, "it is signed"};
  // What it was asked.
  std::vector<std::string> searches;
  std::vector<std::string> asked;
  std::unique_ptr<ZoneCheck> check;

  void SetUp() override {
    DnsQuestions questions;
    questions.ask = [this](net::Endpoint server, net::DnsQuestion question, net::DnsCarrier carrier) {
      return ask(std::move(server), std::move(question), carrier);
    };
    questions.servers_of = [this](std::string name) { return servers_of(std::move(name)); };
    questions.domain_security = [this](std::string) { return domain_security(); };
    check = std::make_unique<ZoneCheck>(ZoneCheck::Settings{}, std::move(questions), budget, clock);
  }
  asio::awaitable<base::Result<names::ZoneServers>> servers_of(std::string name) {
    searches.push_back(name);
    names::ZoneServers found;
    const bool is_parent = name == "test.";
    const base::Status& trouble = is_parent ? parent_search_trouble : search_trouble;
    if (!trouble.ok()) co_return base::fail(trouble);
    found.zone = is_parent ? "test." : kZone;
    if (is_parent) {
      for (const auto& address : parents)
        found.servers.push_back({"ns.test.", {asio::ip::make_address(address)}, {}});
    } else {
      for (const auto& [address, server] : servers)
        found.servers.push_back(
            {"ns" + address.substr(8) + "." + kZone, {asio::ip::make_address(address)}, {}});
    }
    co_return found;
  }
  asio::awaitable<base::Result<names::DomainSecurity>> domain_security() { co_return security; }

  static Records ns(const std::vector<std::string>& names) {
    Records records;
    for (const auto& name : names) records.push_back(record(std::string{kZone} + " 300 IN NS " + name));
    return records;
  }
  net::DnsAnswer parent_answer(const std::string& address, DnsType type) {
    if (type == DnsType::kNs) {
      net::DnsAnswer referral;
      referral.authoritative = parent_has_zone;
      (parent_has_zone ? referral.answer : referral.authority) = ns(delegation);
      return referral;
    }
    EXPECT_EQ(type, DnsType::kDs);
    const auto special = ds_at.find(address);
    const Records& set = special == ds_at.end() ? ds : special->second;
    if (!set.empty()) return answer_of(tree.tld.sign(set, {kNow - 7 * kDay, kNow + 7 * kDay, {}, {}, {}}));
    net::DnsAnswer none = answer_of({});
    none.authority = {record("test. 300 IN SOA ns.test. h.test. 1 2 3 4 5")};
    return none;
  }
  net::DnsAnswer zone_answer(const Server& server, DnsType type) {
    if (server.instead) return *server.instead;
    const fakes::Signing how{kNow + server.ends_in - 14 * kDay, kNow + server.ends_in, {}, {}, {}};
    Records set;
    if (type == DnsType::kSoa) {
      set = {record(std::string{kZone} + " 300 IN SOA ns1.example.test. h.example.test. " +
                    std::to_string(server.serial) + " 2 3 4 5")};
    } else if (type == DnsType::kNs) {
      set = ns(server.names);
    } else {
      EXPECT_EQ(type, DnsType::kDnskey);
      if (!server.is_signed) return answer_of({});
      set = {tree.zone.key().dnskey()};
    }
    return answer_of(server.is_signed ? tree.zone.sign(set, how) : set);
  }
  asio::awaitable<base::Result<net::DnsAnswer>> ask(net::Endpoint server, net::DnsQuestion question,
                                                    net::DnsCarrier carrier) {
    const std::string address = server.address.to_string();
    asked.push_back(address + " " + net::to_string(question.type) +
                    (carrier == net::DnsCarrier::kTcp ? " tcp" : ""));
    EXPECT_EQ(question.name, kZone);
    if (std::ranges::find(parents, address) != parents.end()) {
      if (const auto known = parent_trouble.find(address); known != parent_trouble.end())
        co_return base::fail(known->second);
      co_return parent_answer(address, question.type);
    }
    const Server& known = servers.at(address);
    if (!known.trouble.ok()) co_return base::fail(known.trouble);
    co_return zone_answer(known, question.type);
  }

  base::Result<ZoneFacts> look() {
    std::optional<base::Result<ZoneFacts>> found;
    asio::co_spawn(asio::make_strand(io), check->look("example.test"),
                   [&](std::exception_ptr thrown, base::Result<ZoneFacts> facts) {
                     EXPECT_FALSE(thrown);
                     found = std::move(facts);
                   });
    for (int i = 0; i < 10'000 && !found; ++i) {
      io.restart();
      io.poll();
      if (!found) clock.advance(1ms);
    }
    EXPECT_TRUE(found) << "the look never ended";
    return found.value_or(base::fail(base::internal("the look never ended")));
  }
  ZoneFacts facts() {
    auto found = look();
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? *found : ZoneFacts{};
  }
  ZoneFinding finding(const std::optional<SerialMark>& mark = {}) {
    return judge_zone("example.test", facts(), mark, clock.wall());
  }
  std::vector<std::string> warnings() {
    std::vector<std::string> codes;
    for (const auto& each : zone_warnings("example.test", facts(), clock.wall())) codes.push_back(each.code);
    return codes;
  }
  void set_security(names::Security verdict, bool exists = true) {
    security = names::DomainSecurity{verdict, exists, true, "the sentence"};
  }
};

TEST_F(ZoneCheckTest, AHealthyZoneIsFineAndItsFactsAreComplete) {
  const ZoneFacts found = facts();
  EXPECT_EQ(judge_zone("example.test", found, {}, clock.wall()).verdict, Verdict::kFine);
  EXPECT_THAT(zone_warnings("example.test", found, clock.wall()), IsEmpty());
  EXPECT_EQ(found.zone, kZone);
  EXPECT_EQ(found.parent, "test.");
  ASSERT_EQ(found.ds->size(), 1U);
  EXPECT_TRUE(found.ds->front().matches);
  EXPECT_EQ(found.ds->front().digest.size(), 64U);
  ASSERT_EQ(found.keys->size(), 1U);
  EXPECT_TRUE(found.keys->front().has_ds);
  EXPECT_EQ(found.keys->front().key_tag, found.ds->front().key_tag);
  EXPECT_THAT(*found.delegation, ElementsAre("ns1.example.test.", "ns2.example.test."));
  EXPECT_EQ(*found.name_servers, *found.delegation);
  EXPECT_EQ(found.servers.size(), 2U);
  EXPECT_EQ(found.servers.front().serial, 7U);
  // SOA and DNSKEY at two servers, DS at two parents; those of the parent end first.
  EXPECT_EQ(found.signatures.size(), 6U);
  EXPECT_THAT(found.first_to_end()->of, HasSubstr("DS at ns.test. at 192.0.2.1"));
  EXPECT_EQ(found.first_to_end()->until, base::WallTime{std::chrono::seconds{kNow + 7 * kDay}});
}

TEST_F(ZoneCheckTest, EveryServerIsAskedThreeThingsAndTheParentIsRemembered) {
  facts();
  EXPECT_EQ(asked.size(), 2U * 2 + 2 * 3);
  EXPECT_THAT(searches, ElementsAre(kZone, "test."));
  facts();
  EXPECT_THAT(searches, ElementsAre(kZone, "test.", kZone));
  clock.advance(2h);
  facts();
  EXPECT_EQ(searches.size(), 5U);
}

TEST_F(ZoneCheckTest, AWrongDsIsSaidWithTheKeysThatTheZoneHas) {
  ds = {other_key.ds()};
  set_security(names::Security::kBogus);
  const ZoneFinding found = finding();
  EXPECT_EQ(found.code, "ds_mismatch");
  const auto tag = names::key_tag_of(tree.zone.key().dnskey().rdata);
  EXPECT_THAT(found.sentence, HasSubstr("key tags " + std::to_string(tag)));
  EXPECT_THAT(found.sentence, HasSubstr("at the registrar"));
}

TEST_F(ZoneCheckTest, DsRecordsWithoutAnyKeyAreAMismatchToo) {
  for (auto& [address, server] : servers) server.is_signed = false;
  set_security(names::Security::kBogus);
  EXPECT_EQ(finding().code, "ds_mismatch");
}

TEST_F(ZoneCheckTest, ASecondDsThatStandsForNoKeyIsNoTrouble) {
  ds = {tree.zone.key().ds(), other_key.ds()};
  const ZoneFacts found = facts();
  EXPECT_EQ(judge_zone("example.test", found, {}, clock.wall()).verdict, Verdict::kFine);
  EXPECT_EQ(std::ranges::count(*found.ds, true, &DelegationSigner::matches), 1);
}

TEST_F(ZoneCheckTest, ANameWithoutDsIsNotTheSameAsAnUnsignedZone) {
  ds.clear();
  set_security(names::Security::kInsecure);
  EXPECT_EQ(finding().code, "ds_absent");
  for (auto& [address, server] : servers) server.is_signed = false;
  EXPECT_EQ(finding().code, "unsigned");
}

TEST_F(ZoneCheckTest, ADomainThatIsGoneIsNotDelegated) {
  set_security(names::Security::kInsecure, false);
  EXPECT_EQ(finding().code, "not_delegated");
  set_security(names::Security::kSecure, false);
  EXPECT_EQ(finding().code, "not_delegated");
  search_trouble = base::not_found("there is no such domain");
  const auto failed = look();
  ASSERT_FALSE(failed);
  EXPECT_EQ(judge_zone_trouble(failed.error()).code, "not_delegated");
  EXPECT_EQ(judge_zone_trouble(base::unavailable("nobody")).verdict, Verdict::kUnknown);
}

TEST_F(ZoneCheckTest, ExpiredSignaturesAreSaidWithTheServerAlsoWhenOthersAreFine) {
  servers["192.0.2.2"].ends_in = 0U - kDay;
  const ZoneFinding found = finding();
  EXPECT_EQ(found.code, "signatures_expired");
  EXPECT_THAT(found.sentence, HasSubstr("at ns2.example.test. at 192.0.2.2:53 ended at 2025-06-14"));
  servers["192.0.2.1"].ends_in = 0U - kDay;
  set_security(names::Security::kBogus);
  EXPECT_EQ(finding().code, "signatures_expired");
}

TEST_F(ZoneCheckTest, AnotherBrokenChainHasTheValidatorsSentence) {
  set_security(names::Security::kBogus);
  const ZoneFinding found = finding();
  EXPECT_EQ(found.code, "bogus");
  EXPECT_EQ(found.sentence, "the sentence");
}

TEST_F(ZoneCheckTest, ALameServerIsSaidByName) {
  net::DnsAnswer not_authoritative = answer_of({});
  not_authoritative.authoritative = false;
  for (const auto& [instead, says] :
       {std::pair{answer_of({}, DnsRcode::kRefused), "REFUSED"}, {not_authoritative, "lame delegation"}}) {
    servers["192.0.2.2"].instead = instead;
    const ZoneFinding found = finding();
    EXPECT_EQ(found.code, "lame_server");
    EXPECT_THAT(found.sentence, HasSubstr(says));
    EXPECT_THAT(found.sentence, HasSubstr("ns2.example.test. at 192.0.2.2:53"));
  }
  servers["192.0.2.1"].instead = answer_of({}, DnsRcode::kRefused);
  EXPECT_EQ(finding().code, "not_delegated") << "all of them";
}

TEST_F(ZoneCheckTest, ASilentServerIsSaidAndAllSilentMeansNothing) {
  servers["192.0.2.2"].trouble = base::deadline_exceeded("no answer within 3s");
  const ZoneFinding found = finding();
  EXPECT_EQ(found.code, "silent_server");
  EXPECT_THAT(found.sentence, HasSubstr("no answer within 3s"));
  EXPECT_THAT(asked, testing::Contains("192.0.2.2 SOA tcp"));
  servers["192.0.2.1"].trouble = base::unavailable("nothing listens");
  EXPECT_EQ(finding().verdict, Verdict::kUnknown);
}

TEST_F(ZoneCheckTest, AnAddressWithoutRouteSaysNothingAboutTheZone) {
  servers["192.0.2.2"].trouble = base::failed_precondition("no route");
  EXPECT_EQ(finding().verdict, Verdict::kFine);
  EXPECT_EQ(facts().servers.back().verdict, Serves::kNotAsked);
}

TEST_F(ZoneCheckTest, AServerIsStaleOnlyWhenItIsBehindWhatWasThereLongAgo) {
  servers["192.0.2.1"].serial = 10;
  servers["192.0.2.2"].serial = 9;
  EXPECT_EQ(finding().verdict, Verdict::kFine) << "a transfer takes its time";
  const auto mark = next_mark(facts(), {}, clock.wall());
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->serial, 10U);
  EXPECT_EQ(finding(mark).verdict, Verdict::kFine);
  clock.advance(16min);
  servers["192.0.2.1"].serial = 30;
  const ZoneFinding found = finding(mark);
  EXPECT_EQ(found.code, "stale_server");
  EXPECT_THAT(found.sentence, HasSubstr("still has version 9"));
  EXPECT_EQ(next_mark(facts(), mark, clock.wall())->serial, 10U)
      << "it stays until the server has come along";
  servers["192.0.2.2"].serial = 10;
  EXPECT_EQ(finding(mark).verdict, Verdict::kFine);
  EXPECT_EQ(next_mark(facts(), mark, clock.wall())->serial, 30U);
}

TEST_F(ZoneCheckTest, APrimaryThatWasSetBackMakesNobodyStale) {
  const SerialMark mark{100, clock.wall()};
  clock.advance(1h);
  EXPECT_EQ(finding(mark).verdict, Verdict::kFine);
  EXPECT_TRUE(is_older_serial(0xfffffff0U, 5)) << "serials go round";
}

TEST_F(ZoneCheckTest, WeakThingsAreWarnedOf) {
  ds = {tree.zone.key().ds(1)};
  EXPECT_THAT(warnings(), ElementsAre("ds_sha1"));
  ds = {tree.zone.key().ds(1), tree.zone.key().ds(2)};
  EXPECT_THAT(warnings(), IsEmpty());
  delegation = {"ns1.example.test.", "old.example.test."};
  EXPECT_THAT(warnings(), ElementsAre("delegation_differs"));
  delegation = {"ns1.example.test.", "ns2.example.test."};
  ds_at["192.0.2.11"] = {other_key.ds()};
  EXPECT_THAT(warnings(), ElementsAre("parents_disagree"));
  ds_at.clear();
  for (auto& [address, server] : servers) server.ends_in = kDay;
  EXPECT_THAT(warnings(), ElementsAre("signatures_ending"));
}

TEST_F(ZoneCheckTest, AParentThatServesTheZoneTooDoesNotTellItsDelegation) {
  parent_has_zone = true;
  EXPECT_FALSE(facts().delegation);
  EXPECT_TRUE(facts().ds);
}

TEST_F(ZoneCheckTest, AParentThatCannotBeAskedLeavesTheRest) {
  parent_trouble["192.0.2.10"] = base::deadline_exceeded("silence");
  EXPECT_TRUE(facts().ds) << "the other one tells";
  asked.clear();
  facts();
  EXPECT_THAT(asked, testing::Not(testing::Contains("192.0.2.10 DS"))) << "it is left alone for a while";
  parent_trouble["192.0.2.11"] = base::unavailable("nothing listens");
  EXPECT_FALSE(facts().ds);
  clock.advance(2h);
  parent_search_trouble = base::unavailable("nobody");
  const ZoneFacts found = facts();
  EXPECT_EQ(found.parent, "");
  EXPECT_TRUE(found.keys);
  EXPECT_EQ(judge_zone("example.test", found, {}, clock.wall()).verdict, Verdict::kFine);
}

TEST_F(ZoneCheckTest, WithoutAValidationNothingIsSaid) {
  security = base::fail(base::deadline_exceeded("too late"));
  EXPECT_EQ(finding().verdict, Verdict::kUnknown);
  set_security(names::Security::kIndeterminate);
  EXPECT_EQ(finding().verdict, Verdict::kUnknown);
}

TEST_F(ZoneCheckTest, WhatIsKeptComesBack) {
  const ZoneFacts found = facts();
  ZoneRecord record{to_json(found), identity_of(found), SerialMark{4'000'000'000U, clock.wall()},
                    SignatureMark{clock.wall() + 1h, clock.wall()}};
  const ZoneRecord back = zone_record_from(to_text(record));
  EXPECT_EQ(back.known, record.known);
  EXPECT_EQ(back.facts, record.facts);
  EXPECT_EQ(back.mark->serial, 4'000'000'000U);
  EXPECT_EQ(back.signatures->until, record.signatures->until);
  EXPECT_EQ(back.signatures->seen, clock.wall());
  for (const char* text : {"", "[]", "{", R"({"facts":1,"known":[],"mark":{"serial":"x","seen":"y"}})"}) {
    EXPECT_TRUE(zone_record_from(text).known.empty());
    EXPECT_FALSE(zone_record_from(text).mark);
  }
}

}  // namespace
}  // namespace paynamed::monitor
