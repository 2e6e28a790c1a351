// The conformance suite of Notifier itself: a notifier without mistakes passes every case, and each mistake
// is found by the case that is named after the rule.
#include "paynamed/testing/notifier_conformance.hpp"

#include <gtest/gtest.h>

#include "faulty_notifier.hpp"
#include "paynamed/testing/notifier_conformance_gtest.hpp"
#include "paynamed/testing/test_host_caller.hpp"

namespace paynamed::testing {
namespace {

class FaultyNotifierSubject : public NotifierSubject {
 public:
  explicit FaultyNotifierSubject(NotifierFault fault = NotifierFault::kNone) {
    FaultyNotifier::connect(&receiver_, fault);
    host_.set_secret("key", kNotifierSecret);
    plugin_ = std::make_unique<TestHostCaller>(host_,
                                               [this] { return host_.create<FaultyNotifier>("{}").value(); });
  }
  PluginCaller& plugin() override { return *plugin_; }
  NotifierWorld& world() override { return receiver_; }
  plugin::v1::NotifierTarget target() override { return with_key("key"); }
  std::optional<plugin::v1::NotifierTarget> target_without_secret() override { return with_key("absent"); }
  std::vector<std::string> bad_addresses() override { return {"", "elsewhere"}; }
  std::vector<std::string> forbidden_addresses() override { return {"memory:forbidden"}; }
  std::string logged() override { return logged_text(host_); }
  std::vector<std::string> secrets() const override { return {kNotifierSecret}; }

 private:
  static plugin::v1::NotifierTarget with_key(const char* handle) {
    plugin::v1::NotifierTarget target;
    target.set_id("t-1");
    target.set_address("memory:receiver");
    auto& key = *target.add_keys();
    key.set_kind(plugin::v1::SigningKey::HMAC_SHA256);
    key.set_handle(handle);
    return target;
  }
  MemoryReceiver receiver_;
  TestHost host_;
  std::unique_ptr<TestHostCaller> plugin_;
};

PAYNAMED_NOTIFIER_CONFORMANCE(MemoryReceiverConformance, FaultyNotifierSubject)

struct Planted {
  const char* caught_by;
  NotifierFault fault;
};

class NotifierConformanceSuite : public ::testing::TestWithParam<Planted> {};

TEST_P(NotifierConformanceSuite, FindsTheMistake) {
  for (const NotifierCase& each : notifier_cases()) {
    if (std::string(each.name) != GetParam().caught_by) continue;
    FaultyNotifierSubject subject(GetParam().fault);
    const NotifierCaseResult result = run_notifier_case(each, subject);
    EXPECT_FALSE(result.failures.empty()) << each.name << " does not find the mistake";
    EXPECT_EQ(result.skipped, "");
    return;
  }
  FAIL() << "there is no case " << GetParam().caught_by;
}

INSTANTIATE_TEST_SUITE_P(
    Planted, NotifierConformanceSuite,
    ::testing::Values(Planted{"DescribeIsWithinBounds", NotifierFault::kTakesForEver},
                      Planted{"DescribeIsWithinBounds", NotifierFault::kSecretWithoutHmac},
                      Planted{"AGoodAddressIsKeptInOneForm", NotifierFault::kOtherForm},
                      Planted{"CheckingSendsNoEvent", NotifierFault::kSendsOnCheck},
                      Planted{"WhatIsNoAddressIsRefused", NotifierFault::kKeepsAnything},
                      Planted{"AForbiddenAddressIsNeverReached", NotifierFault::kCallsAnybody},
                      Planted{"AnEventArrivesAsItIs", NotifierFault::kFormatsTheEvent},
                      Planted{"ALargeEventArrivesWhole", NotifierFault::kCutsLargeEvents},
                      Planted{"ARepeatKeepsItsId", NotifierFault::kNewIds},
                      Planted{"ManyAtOnceAllArrive", NotifierFault::kLosesSome},
                      Planted{"ARestartNeedsNoMemory", NotifierFault::kNeedsTheCheck},
                      Planted{"AKeyThatCannotBeReadIsAnOperators", NotifierFault::kSendsUnsigned},
                      Planted{"OneCallIsOneAttempt", NotifierFault::kTriesTwice},
                      Planted{"AReceiverThatIsAskedTooOftenIsTold", NotifierFault::kDoesNotTellPauses},
                      Planted{"AReceiverThatIsGoneIsTold", NotifierFault::kTriesTheGone},
                      Planted{"OfALongAnswerTheBeginningIsKept", NotifierFault::kKeepsAllAnswers},
                      Planted{"AReceiverThatHangsIsCutOff", NotifierFault::kDeliversToTheSilent},
                      Planted{"AReceiverThatIsAwayIsUnavailable", NotifierFault::kNobodyIsARefusal},
                      Planted{"OneCallIsOneAttempt", NotifierFault::kTellsTheSecret},
                      Planted{"AnEventArrivesAsItIs", NotifierFault::kLogsTheSecret}),
    [](const auto& each) { return std::to_string(each.index) + each.param.caught_by; });

}  // namespace
}  // namespace paynamed::testing
