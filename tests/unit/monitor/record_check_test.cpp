// What a look says about a name, by what the DNS answers.
#include "monitor/record_check.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

namespace paynamed::monitor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using base::Code;
using net::DnsRcode;
using net::DnsType;
using testing::HasSubstr;
using Verdict = Finding::Verdict;

constexpr const char* kOwner = "alice.user._bitcoin-payment.example.com.";
const std::string kValue = "bitcoin:?lno=lno1xyz";
const std::vector<std::uint8_t> kTrunk{1, 2, 3};

net::DnsRecord txt(const std::string& value, const std::string& owner = kOwner) {
  net::DnsRecord record{owner, DnsType::kTxt, 1, 60, {static_cast<std::uint8_t>(value.size())}};
  record.rdata.insert(record.rdata.end(), value.begin(), value.end());
  return record;
}

net::DnsAnswer answer_of(std::vector<net::DnsRecord> records, DnsRcode rcode = DnsRcode::kNoError) {
  net::DnsAnswer answer;
  answer.rcode = rcode;
  answer.authoritative = true;
  answer.answer = std::move(records);
  return answer;
}

net::DnsAnswer good() {
  return answer_of({txt(kValue)});
}

net::DnsAnswer lame() {
  net::DnsAnswer answer = good();
  answer.authoritative = false;
  return answer;
}

net::DnsAnswer alias() {
  return answer_of({{kOwner, DnsType::kCname, 1, 60, {0}}, txt(kValue, "elsewhere.example.com.")});
}

state::Proof proof_of(const std::string& value) {
  state::Proof proof;
  proof.value = value;
  proof.leaf = {9};
  proof.trunk = kTrunk;
  return proof;
}

using Answer = base::Result<net::DnsAnswer>;

base::Result<net::DnsAnswer> failure(Code code) {
  return base::fail(base::Status{code, "the sentence"});
}

struct RecordCheckTest : testing::Test {
  asio::io_context io;
  base::ManualClock clock{base::WallTime{1'700'000'000s}};
  QueryBudget budget{{.queries_per_second = 1'000}, clock};
  // What the world says.
  std::vector<std::string> addresses{"192.0.2.1", "192.0.2.2"};
  std::map<std::string, Answer> answers;  // by address, with " tcp" or without; good() without an entry
  base::Status servers_trouble;
  base::Result<state::Proof> proof = proof_of(kValue);
  bool joins = true;  // what is known of the zone's keys proves its records
  names::DomainSecurity security{names::Security::kSecure, true, true, "all is well"};
  // What it was asked.
  std::vector<std::string> asked;
  int searches = 0;
  int proofs = 0;
  std::vector<std::string> resolvers;  // asked in place of servers, if there are some
  std::unique_ptr<RecordCheck> check;

  void SetUp() override { make_check({}); }
  void make_check(RecordCheck::Settings settings) {
    DnsQuestions questions;
    questions.ask = [this](net::Endpoint server, net::DnsQuestion, net::DnsCarrier carrier) {
      return ask(std::move(server), carrier);
    };
    questions.servers_of = [this](std::string) { return servers_of(); };
    questions.prove = [this](std::string) { return prove(); };
    questions.domain_security = [this](std::string) { return domain_security(); };
    questions.join = [this](const std::string&, const std::vector<net::DnsRecord>& leaf,
                            const std::vector<std::uint8_t>& trunk) -> base::Result<state::Proof> {
      EXPECT_EQ(trunk, kTrunk);
      if (!joins || leaf.empty()) return base::fail(base::failed_precondition("the keys are others"));
      return proof_of(net::txt_value(leaf.front().rdata).value());
    };
    questions.ask_resolver = [this](std::size_t resolver, net::DnsQuestion question) {
      return ask_resolver(resolver, std::move(question));
    };
    settings.resolvers = resolvers;
    check = std::make_unique<RecordCheck>(std::move(settings), std::move(questions), budget, clock);
  }
  asio::awaitable<Answer> ask_resolver(std::size_t resolver, net::DnsQuestion question) {
    EXPECT_TRUE(question.recursion_desired);
    EXPECT_TRUE(question.checking_disabled);
    asked.push_back(resolvers.at(resolver));
    const auto found = answers.find(asked.back());
    Answer answer = found == answers.end() ? Answer{good()} : found->second;
    if (answer) answer->authoritative = false;
    co_return answer;
  }
  asio::awaitable<Answer> ask(net::Endpoint server, net::DnsCarrier carrier) {
    const std::string address = server.address.to_string();
    asked.push_back(address + (carrier == net::DnsCarrier::kTcp ? " tcp" : ""));
    auto found = answers.find(asked.back());
    if (found == answers.end()) found = answers.find(address);
    co_return found == answers.end() ? Answer{good()} : found->second;
  }
  asio::awaitable<base::Result<names::ZoneServers>> servers_of() {
    ++searches;
    if (!servers_trouble.ok()) co_return base::fail(servers_trouble);
    names::ZoneServers found{"example.com.", {}, {}};
    for (const auto& address : addresses)
      found.servers.push_back(
          {"ns" + address.substr(8) + ".example.com.", {asio::ip::make_address(address)}, {}});
    co_return found;
  }
  asio::awaitable<base::Result<state::Proof>> prove() {
    ++proofs;
    co_return proof;
  }
  asio::awaitable<base::Result<names::DomainSecurity>> domain_security() { co_return security; }

  Finding look(Depth depth = Depth::kOne, const std::string& name = "alice@example.com") {
    state::WatchedName watched;
    watched.name = name;
    watched.value = kValue;
    std::optional<Finding> found;
    asio::co_spawn(asio::make_strand(io), check->look(watched, depth),
                   [&](std::exception_ptr thrown, Finding finding) {
                     EXPECT_FALSE(thrown);
                     found = std::move(finding);
                   });
    for (int i = 0; i < 1'000 && !found; ++i) {
      io.restart();
      io.poll();
      if (!found) clock.advance(1ms);
    }
    EXPECT_TRUE(found) << "the look never ended";
    return found.value_or(Finding{});
  }
};

TEST_F(RecordCheckTest, ALookIsOneQuestionAtAnotherAddressEachTime) {
  EXPECT_EQ(look().verdict, Verdict::kFine);
  EXPECT_EQ(proofs, 1) << "nothing was known of the zone's keys";
  for (int i = 0; i < 3; ++i) {
    const Finding finding = look();
    EXPECT_EQ(finding.verdict, Verdict::kFine);
    ASSERT_TRUE(finding.proof);
    EXPECT_EQ(finding.proof->value, kValue);
  }
  EXPECT_EQ(asked.size(), 4U);
  EXPECT_NE(asked[0], asked[1]);
  EXPECT_EQ(asked[0], asked[2]);
  EXPECT_EQ(proofs, 1);
  EXPECT_EQ(searches, 1);
  // Servers and keys are found out anew after a while.
  clock.advance(1h + 1ms);
  EXPECT_EQ(look().verdict, Verdict::kFine);
  EXPECT_EQ(proofs, 2);
  EXPECT_EQ(searches, 2);
}

TEST_F(RecordCheckTest, ManyLooksAtOnceShareOneSearchAndOneProof) {
  state::WatchedName alice;
  alice.name = "alice@example.com";
  alice.value = kValue;
  int fine = 0;
  for (int i = 0; i < 30; ++i) {
    asio::co_spawn(asio::make_strand(io), check->look(alice, Depth::kOne),
                   [&](std::exception_ptr, Finding finding) { fine += finding.verdict == Verdict::kFine; });
  }
  const auto began = clock.monotonic();
  while (fine < 30 && clock.monotonic() < began + 10s) {
    io.restart();
    io.poll();
    clock.advance(1ms);
  }
  EXPECT_EQ(fine, 30);
  EXPECT_EQ(searches, 1);
  EXPECT_EQ(proofs, 1);
  // A search and a proof are 24 of 1,000 questions a second.
  EXPECT_LT(clock.monotonic() - began, 200ms);
}

TEST_F(RecordCheckTest, BeforeANameChangesItsStateAllIsAskedAnew) {
  look();
  clock.advance(31s);
  asked.clear();
  EXPECT_EQ(look(Depth::kAll).verdict, Verdict::kFine);
  EXPECT_EQ(asked.size(), 2U);
  EXPECT_EQ(proofs, 2);
  EXPECT_EQ(searches, 2);
}

struct Row {
  const char* name;
  Answer first;
  Answer second;
  Depth depth;
  Verdict verdict;
  const char* code;
  const char* says;
};

struct ByAnswer : RecordCheckTest, testing::WithParamInterface<Row> {};

TEST_P(ByAnswer, AreJudged) {
  const Row& row = GetParam();
  answers.emplace("192.0.2.1", row.first);
  answers.emplace("192.0.2.2", row.second);
  // One address after the other: what a look finds must not depend on whose turn it is.
  for (int turn = 0; turn < 2; ++turn) {
    const Finding finding = look(row.depth);
    EXPECT_EQ(finding.verdict, row.verdict) << finding.sentence;
    EXPECT_EQ(finding.code, row.code);
    EXPECT_THAT(finding.sentence, HasSubstr(row.says));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ByAnswer,
    testing::Values(
        Row{"Absent", answer_of({}, DnsRcode::kNxDomain), answer_of({}, DnsRcode::kNxDomain), Depth::kOne,
            Verdict::kWrong, "absent", "NXDOMAIN"},
        Row{"NoData", answer_of({}), answer_of({}), Depth::kOne, Verdict::kWrong, "absent", "no data"},
        Row{"OtherValue", answer_of({txt("bitcoin:?lno=lno1abc")}), answer_of({txt("bitcoin:?lno=lno1abc")}),
            Depth::kOne, Verdict::kWrong, "other_value", "lno1abc"},
        Row{"ValueThatIsNoText", answer_of({txt("bitcoin:\xff\xfe\n")}),
            answer_of({txt("bitcoin:\xff\xfe\n")}), Depth::kOne, Verdict::kWrong, "other_value",
            "'bitcoin:??"
            "?'"},
        Row{"ExtraRecord", answer_of({txt(kValue), txt("hello")}), answer_of({txt(kValue), txt("hello")}),
            Depth::kOne, Verdict::kWrong, "extra_record", "2 TXT records"},
        Row{"Alias", alias(), alias(), Depth::kOne, Verdict::kWrong, "alias", "CNAME"},
        Row{"OneIsStale", good(), answer_of({txt("bitcoin:?lno=lno1old")}), Depth::kAll, Verdict::kWrong,
            "other_value", "192.0.2.2"},
        Row{"OneIsSilent", failure(Code::kDeadlineExceeded), good(), Depth::kOne, Verdict::kFine, "", ""},
        Row{"OneIsSilentOfAll", failure(Code::kDeadlineExceeded), good(), Depth::kAll, Verdict::kFine, "",
            ""},
        Row{"OneRefuses", answer_of({}, DnsRcode::kRefused), good(), Depth::kAll, Verdict::kFine, "", ""},
        Row{"AllRefuse", answer_of({}, DnsRcode::kRefused), answer_of({}, DnsRcode::kRefused), Depth::kAll,
            Verdict::kUnknown, "", "REFUSED"},
        Row{"AllFail", answer_of({}, DnsRcode::kServFail), answer_of({}, DnsRcode::kServFail), Depth::kOne,
            Verdict::kUnknown, "", "SERVFAIL"},
        Row{"AllLame", lame(), lame(), Depth::kOne, Verdict::kUnknown, "", "lame"},
        Row{"AllSilent", failure(Code::kDeadlineExceeded), failure(Code::kDeadlineExceeded), Depth::kAll,
            Verdict::kUnknown, "", "the sentence"},
        Row{"NoRoute", failure(Code::kFailedPrecondition), failure(Code::kFailedPrecondition), Depth::kOne,
            Verdict::kUnknown, "", "the sentence"},
        Row{"Malformed", failure(Code::kDataLoss), failure(Code::kDataLoss), Depth::kAll, Verdict::kUnknown,
            "", "the sentence"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

struct TroubleRow {
  Code code;
  Verdict verdict;
};

struct ByProof : RecordCheckTest, testing::WithParamInterface<TroubleRow> {};

TEST_P(ByProof, WhatKeepsARecordFromBeingProven) {
  proof = base::fail(base::Status{GetParam().code, "why not"});
  const Finding finding = look(Depth::kAll);
  EXPECT_EQ(finding.verdict, GetParam().verdict);
  EXPECT_EQ(finding.sentence, "why not");
  if (GetParam().code == Code::kFailedPrecondition) {
    EXPECT_EQ(finding.code, "not_proven");
  }
}

TEST_P(ByProof, WhatKeepsAZonesServersFromBeingFound) {
  servers_trouble = base::Status{GetParam().code, "why not"};
  const Finding finding = look();
  EXPECT_EQ(finding.verdict, GetParam().verdict);
  EXPECT_EQ(finding.sentence, "why not");
  if (GetParam().code == Code::kFailedPrecondition) {
    EXPECT_EQ(finding.code, "not_delegated");
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, ByProof,
                         testing::Values(TroubleRow{Code::kNotFound, Verdict::kWrong},
                                         TroubleRow{Code::kFailedPrecondition, Verdict::kWrong},
                                         TroubleRow{Code::kUnavailable, Verdict::kUnknown},
                                         TroubleRow{Code::kDeadlineExceeded, Verdict::kUnknown},
                                         TroubleRow{Code::kResourceExhausted, Verdict::kUnknown},
                                         TroubleRow{Code::kInternal, Verdict::kUnknown},
                                         TroubleRow{Code::kCancelled, Verdict::kUnknown}));

TEST_F(RecordCheckTest, WhatTheValidatorSeesAndTheServersDoNotIsWrong) {
  proof = proof_of("bitcoin:?lno=lno1old");
  const Finding finding = look(Depth::kAll);
  EXPECT_EQ(finding.verdict, Verdict::kWrong);
  EXPECT_EQ(finding.code, "other_value");
}

TEST_F(RecordCheckTest, KeysThatWereRolledAreProvenAnew) {
  look();
  joins = false;
  EXPECT_EQ(look().verdict, Verdict::kFine);
  EXPECT_EQ(proofs, 2);
}

TEST_F(RecordCheckTest, NamesOfABrokenZoneAreNotTriedOneByOne) {
  proof = base::fail(base::failed_precondition("the DS is wrong"));
  security = {names::Security::kBogus, true, true, "example.com does not validate"};
  EXPECT_EQ(look().code, "not_proven");
  const Finding second = look(Depth::kAll, "bob@example.com");
  // Another owner's answer is not bob's.
  EXPECT_EQ(second.verdict, Verdict::kWrong);
  for (int i = 0; i < 5; ++i) {
    const Finding again = look();
    EXPECT_EQ(again.code, "not_proven");
    EXPECT_EQ(again.sentence, "example.com does not validate");
  }
  EXPECT_EQ(proofs, 1);
  clock.advance(31s);
  proof = proof_of(kValue);
  EXPECT_EQ(look().verdict, Verdict::kFine);
}

TEST_F(RecordCheckTest, ABrokenZoneIsProvenAnewWhenItsNamesAreLookedAtOften) {
  make_check({.zone_for = 2s});
  proof = base::fail(base::failed_precondition("the DS is wrong"));
  security = {names::Security::kBogus, true, true, "example.com does not validate"};
  EXPECT_EQ(look().code, "not_proven");
  EXPECT_EQ(look().code, "not_proven");
  EXPECT_EQ(proofs, 1);
  clock.advance(3s);
  proof = proof_of(kValue);
  EXPECT_EQ(look().verdict, Verdict::kFine);
}

TEST_F(RecordCheckTest, AZoneThatNobodyAnswersForIsLeftAloneForAWhile) {
  answers.emplace("192.0.2.1", failure(Code::kDeadlineExceeded));
  answers.emplace("192.0.2.2", failure(Code::kUnavailable));
  EXPECT_EQ(look().verdict, Verdict::kUnknown);
  const std::size_t questions = asked.size();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(look().verdict, Verdict::kUnknown);
  EXPECT_EQ(asked.size(), questions);
  answers.clear();
  clock.advance(61s);
  EXPECT_EQ(look().verdict, Verdict::kFine);
  EXPECT_EQ(searches, 2);
}

struct ThroughResolvers : RecordCheckTest {
  ThroughResolvers() { resolvers = {"tls://192.0.2.1", "https://dns.example/dns-query"}; }
  void TearDown() override { EXPECT_EQ(searches, 0) << "no authoritative server can be reached"; }
  void both_say(const Answer& answer) {
    for (const auto& resolver : resolvers) answers.insert_or_assign(resolver, answer);
  }
};

TEST_F(ThroughResolvers, ALookIsOneQuestionAtAnotherEachTime) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(look().verdict, Verdict::kFine);
  EXPECT_THAT(asked, testing::ElementsAre(resolvers[1], resolvers[0], resolvers[1]));
  EXPECT_EQ(proofs, 1);
  asked.clear();
  EXPECT_EQ(look(Depth::kAll).verdict, Verdict::kFine);
  EXPECT_THAT(asked, testing::UnorderedElementsAreArray(resolvers));
}

TEST_F(ThroughResolvers, OneThatRemembersWhatWasThereBeforeIsNotBelievedAlone) {
  answers.insert_or_assign(resolvers[1], answer_of({txt("bitcoin:?lno=lno1old")}));
  const Finding one = look(Depth::kOne);
  EXPECT_EQ(one.code, "other_value");
  EXPECT_THAT(one.sentence, HasSubstr("https://dns.example/dns-query has another value"));
  EXPECT_EQ(look(Depth::kAll).verdict, Verdict::kFine);
  both_say(answer_of({txt("bitcoin:?lno=lno1old")}));
  EXPECT_EQ(look(Depth::kAll).code, "other_value");
  both_say(answer_of({}, DnsRcode::kNxDomain));
  EXPECT_EQ(look(Depth::kAll).code, "absent");
}

TEST_F(ThroughResolvers, WhatTheyCannotSaySaysNothing) {
  answers.insert_or_assign(resolvers[1], failure(Code::kUnauthenticated));
  EXPECT_EQ(look(Depth::kOne).verdict, Verdict::kFine) << "the other one is asked";
  both_say(answer_of({}, DnsRcode::kServFail));
  const Finding finding = look(Depth::kAll);
  EXPECT_EQ(finding.verdict, Verdict::kUnknown);
  EXPECT_THAT(finding.sentence, HasSubstr("SERVFAIL"));
}

TEST_F(ThroughResolvers, ARecordThatCannotBeProvenIsWrong) {
  proof = base::fail(base::failed_precondition("the signature is over"));
  EXPECT_EQ(look(Depth::kAll).code, "not_proven");
}

TEST_F(RecordCheckTest, ACutAnswerIsAskedForByTcp) {
  net::DnsAnswer cut = good();
  cut.truncated = true;
  answers.emplace("192.0.2.1", cut);
  answers.emplace("192.0.2.2", cut);
  look(Depth::kAll);
  EXPECT_THAT(asked,
              testing::UnorderedElementsAre("192.0.2.1", "192.0.2.1 tcp", "192.0.2.2", "192.0.2.2 tcp"));
}

TEST_F(RecordCheckTest, ACutAnswerWithTcpBlockedSaysNothingAndWhatToDo) {
  net::DnsAnswer cut = good();
  cut.truncated = true;
  for (const std::string address : {"192.0.2.1", "192.0.2.2"}) {
    answers.emplace(address, cut);
    answers.emplace(address + " tcp", failure(Code::kUnavailable));
  }
  const Finding finding = look(Depth::kAll);
  EXPECT_EQ(finding.verdict, Verdict::kUnknown);
  EXPECT_THAT(finding.sentence, testing::HasSubstr("too long for UDP, and nothing comes by TCP"));
  EXPECT_THAT(finding.sentence, testing::HasSubstr("open TCP port 53 there"));
}

}  // namespace
}  // namespace paynamed::monitor
