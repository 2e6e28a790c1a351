// The conformance suite of NodeBackend itself: a backend without mistakes passes every case, and each mistake
// is found by the case that is named after the rule.
#include "paynamed/testing/node_conformance.hpp"

#include <gtest/gtest.h>

#include "faulty_node.hpp"
#include "paynamed/testing/node_conformance_gtest.hpp"
#include "paynamed/testing/test_host_caller.hpp"

namespace paynamed::testing {
namespace {

class FaultySubject : public NodeSubject {
 public:
  explicit FaultySubject(NodeFault fault = NodeFault::kNone) {
    FaultyNode::connect(&node_, fault);
    plugin_ =
        std::make_unique<TestHostCaller>(host_, [this] { return host_.create<FaultyNode>("{}").value(); });
  }
  NodeCallee callee() override { return at(""); }
  std::optional<NodeCallee> unpaid_node() override { return at("other"); }
  std::optional<NodeCallee> unreachable_node() override { return at("gone"); }
  std::optional<NodeCallee> node_with_wrong_credentials() override { return at("refuses"); }
  NodeWorld& world() override { return node_; }
  NodeCapabilities capabilities() const override {
    NodeCapabilities can;
    can.loses_replies = true;
    return can;
  }
  std::string logged() override { return logged_text(host_); }
  std::vector<std::string> secrets() const override { return {kNodeToken}; }

 private:
  NodeCallee at(const char* node) {
    NodeCallee callee{plugin_.get()};
    callee.node.set_node(node);
    return callee;
  }
  MemoryNode node_;
  TestHost host_;
  std::unique_ptr<TestHostCaller> plugin_;
};

PAYNAMED_NODE_CONFORMANCE(MemoryNodeConformance, FaultySubject)

struct Planted {
  const char* caught_by;
  NodeFault fault;
};

class NodeConformanceSuite : public ::testing::TestWithParam<Planted> {};

TEST_P(NodeConformanceSuite, FindsTheMistake) {
  for (const NodeCase& each : node_cases()) {
    if (std::string(each.name) != GetParam().caught_by) continue;
    FaultySubject subject(GetParam().fault);
    const NodeCaseResult result = run_node_case(each, subject);
    EXPECT_FALSE(result.failures.empty()) << each.name << " does not find the mistake";
    EXPECT_EQ(result.skipped, "");
    return;
  }
  FAIL() << "there is no case " << GetParam().caught_by;
}

INSTANTIATE_TEST_SUITE_P(
    Planted, NodeConformanceSuite,
    ::testing::Values(Planted{"DescribeSaysWhatTheMethodsDo", NodeFault::kPromisesToPay},
                      Planted{"TwoKeysNeverShareAnOffer", NodeFault::kSharesOffers},
                      Planted{"ADisabledOfferIsNeverGivenToAnotherKey", NodeFault::kSharesOffers},
                      Planted{"TheSameOfferKeyGivesTheSameOffer", NodeFault::kForgetsOfferKeys},
                      Planted{"ALostReplyToAnOfferIsMadeUpFor", NodeFault::kForgetsOfferKeys},
                      Planted{"AHundredOffersAtOnceAreKeptApart", NodeFault::kForgetsOfferKeys},
                      Planted{"TheSameOfferKeyWithOtherTermsIsRefused", NodeFault::kIgnoresOfferTerms},
                      Planted{"DisableOfWhatWasNeverMadeSucceeds", NodeFault::kUndoNeedsAnOffer},
                      Planted{"DisableNeedsOnlyTheKey", NodeFault::kDisablesOnlyById},
                      Planted{"AnOfferWhoseReplyWasLostCanBeUndone", NodeFault::kDisablesOnlyById},
                      Planted{"ASingleUseOfferIsPaidOnce", NodeFault::kEnablesTheUsed},
                      Planted{"TheSameInvoiceKeyGivesTheSameInvoice", NodeFault::kForgetsInvoiceKeys},
                      Planted{"ALostReplyToAnInvoiceIsMadeUpFor", NodeFault::kForgetsInvoiceKeys},
                      Planted{"AHundredInvoicesAtOnceAreKeptApart", NodeFault::kForgetsInvoiceKeys},
                      Planted{"TheSameInvoiceKeyWithOtherTermsIsRefused", NodeFault::kIgnoresInvoiceTerms},
                      Planted{"AnInvoiceIsMadeAsAsked", NodeFault::kPaidByDefault},
                      Planted{"AnExpiredInvoiceSaysSo", NodeFault::kNeverExpires},
                      Planted{"PagesLoseNothing", NodeFault::kSkipsAtPages},
                      Planted{"PagesLoseNothing", NodeFault::kRepeatsAtPages},
                      Planted{"PagesLoseNothing", NodeFault::kPayKeysOfThePage},
                      Planted{"AnOldCursorStaysGood", NodeFault::kCountsFromItsStart},
                      Planted{"ACursorOfAnotherNodeIsRefused", NodeFault::kTakesAnyCursor},
                      Planted{"ACursorThatIsNoneIsRefused", NodeFault::kReadsCursorsLoosely},
                      Planted{"NothingNewIsEmpty", NodeFault::kAdvancesWithoutPayment},
                      Planted{"PaymentsAreToldAsTheyAre", NodeFault::kDropsTheNote},
                      Planted{"ALostReplyToAnOfferIsMadeUpFor", NodeFault::kSaysNothingWasSent},
                      Planted{"ALostReplyToADisablingIsMadeUpFor", NodeFault::kSaysNothingWasSent},
                      Planted{"WrongCredentialsAreToldAndKeptSecret", NodeFault::kShowsItsToken},
                      Planted{"InfoIsTrueToDescribe", NodeFault::kLogsItsToken},
                      Planted{"AMalformedOfferIsRefused", NodeFault::kTakesAnyAmount},
                      Planted{"AMalformedInvoiceIsRefused", NodeFault::kTakesAnyAmount},
                      Planted{"AnUnknownNodeIsNotFound", NodeFault::kTakesAnyNode}),
    [](const auto& each) { return std::to_string(each.index) + each.param.caught_by; });

}  // namespace
}  // namespace paynamed::testing
