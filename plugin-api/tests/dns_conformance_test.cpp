// The conformance suite itself: a provider without mistakes passes every case, and each mistake is found by
// the case that is named after the rule.
#include "paynamed/testing/dns_conformance.hpp"

#include <gtest/gtest.h>

#include <set>

#include "faulty_zone.hpp"
#include "paynamed/testing/dns_conformance_gtest.hpp"
#include "paynamed/testing/test_host_caller.hpp"

namespace paynamed::testing {
namespace {

class FaultySubject : public DnsSubject {
 public:
  explicit FaultySubject(Fault fault = Fault::kNone) {
    host_.set_secret("right", kRightToken);
    host_.set_secret("wrong", kWrongToken);
    FaultyZone::connect(&peer_, fault);
    plugin_ = make("right");
    stranger_ = make("wrong");
  }
  DnsCaller& plugin() override { return *plugin_; }
  DnsCaller* plugin_with_wrong_credentials() override { return stranger_.get(); }
  PeerZone& zone() override { return peer_; }
  DnsCapabilities capabilities() const override {
    DnsCapabilities can;
    can.loses_replies = true;
    can.meets_writers = true;
    can.delays = true;
    can.throttles = true;
    return can;
  }
  std::string logged() override { return logged_text(host_); }
  std::vector<std::string> secrets() const override { return {kRightToken, kWrongToken}; }

 private:
  std::unique_ptr<TestHostCaller> make(const std::string& secret) {
    return std::make_unique<TestHostCaller>(host_, [this, secret] {
      return host_.create<FaultyZone>(R"({"token": ")" + secret + R"("})").value();
    });
  }
  MemoryPeer peer_;
  TestHost host_;
  std::unique_ptr<TestHostCaller> plugin_;
  std::unique_ptr<TestHostCaller> stranger_;
};

PAYNAMED_DNS_CONFORMANCE(MemoryZoneConformance, FaultySubject)

struct Planted {
  const char* caught_by;
  Fault fault;
};

class DnsConformanceSuite : public ::testing::TestWithParam<Planted> {};

TEST_P(DnsConformanceSuite, FindsTheMistake) {
  for (const DnsCase& each : dns_cases()) {
    if (std::string(each.name) != GetParam().caught_by) continue;
    FaultySubject subject(GetParam().fault);
    const DnsCaseResult result = run_dns_case(each, subject);
    EXPECT_FALSE(result.failures.empty()) << each.name << " does not find the mistake";
    EXPECT_EQ(result.skipped, "");
    return;
  }
  FAIL() << "there is no case " << GetParam().caught_by;
}

INSTANTIATE_TEST_SUITE_P(
    Planted, DnsConformanceSuite,
    ::testing::Values(Planted{"AReplacedRecordIsNeverAbsentAndNeverDouble", Fault::kDeletesThenAdds},
                      Planted{"PublishAgainstTheExpectationIsAborted", Fault::kAddsBeside},
                      Planted{"AForeignRecordIsRefusedUnlessItIsNamed", Fault::kOverwritesStrangers},
                      Planted{"PublishAgainWithTheSameKeyHasOneSideEffect", Fault::kForgetsKeys},
                      Planted{"ALostReplyToAReplacementIsMadeUpFor", Fault::kForgetsKeys},
                      Planted{"KeysAreToldApart", Fault::kRemembersValues},
                      Planted{"OfRacingCreationsExactlyOneWins", Fault::kChecksBeforeTheLock},
                      Planted{"OfRacingReplacementsExactlyOneWins", Fault::kChecksBeforeTheLock},
                      Planted{"ALostReplyToACreationIsMadeUpFor", Fault::kSaysNothingWasSent},
                      Planted{"WithdrawOfAnotherValueIsAborted", Fault::kWithdrawsAnything},
                      Planted{"WithdrawNeverTakesAForeignRecord", Fault::kWithdrawsAnything},
                      Planted{"WithdrawOfNothingSucceeds", Fault::kWithdrawNeedsARecord},
                      Planted{"UndoOfACreationNeedsNoAnswer", Fault::kWithdrawNeedsARecord},
                      Planted{"ValuesAreSplitAndJoinedAtEveryBoundary", Fault::kReadsOneString},
                      Planted{"BytesThatNeedEscapingSurvive", Fault::kUnescapes},
                      Planted{"ACnameIsAFailedPrecondition", Fault::kIgnoresCnames},
                      Planted{"WrongCredentialsAreToldAndKeptSecret", Fault::kShowsItsToken},
                      Planted{"ReadOfNothingIsEmpty", Fault::kLogsItsToken},
                      Planted{"ThrottlingLosesNothing", Fault::kSwallowsThrottling},
                      Planted{"AThrottledBurstLosesNothing", Fault::kSwallowsThrottling},
                      Planted{"ThrottlingLosesNothing", Fault::kThrottlesWithoutAWish},
                      Planted{"ListNamesGivesEveryNameOnce", Fault::kRepeatsAtPages},
                      Planted{"ListNamesGivesEveryNameOnce", Fault::kStopsAtAPage},
                      Planted{"PublishPutsOneRecordWithItsTtl", Fault::kForgetsTtls},
                      Planted{"TtlLimitsAreKept", Fault::kTakesAnyTtl},
                      Planted{"SeveralRecordsAreReplacedInOneChange", Fault::kReplacesOneByOne},
                      Planted{"AnIncompleteListOfPreviousValuesIsAborted", Fault::kReplacesASubset},
                      Planted{"AnUnknownZoneIsNotFound", Fault::kFindsEveryZone},
                      Planted{"PublishAgainWithTheSameKeyHasOneSideEffect", Fault::kWritesWithoutAChange},
                      Planted{"AnAbortedCreationDoesNotStand", Fault::kAbortsWhatStands},
                      Planted{"AnAbortedReplacementDoesNotStand", Fault::kAbortsWhatStands},
                      Planted{"ASlowServerLeavesTheOutcomeOpen", Fault::kSaysNothingWasSent},
                      Planted{"ListNamesLeavesTheSuffixOut", Fault::kListsTheSuffix},
                      Planted{"ListNamesWithoutASuffixGivesTheZone", Fault::kNeedsASuffix},
                      Planted{"PublishNeedsAnExpectation", Fault::kTakesMissingExpectations}),
    [](const auto& each) { return std::to_string(each.index) + each.param.caught_by; });

}  // namespace
}  // namespace paynamed::testing
