// The cln plugin against the strict fake: what is Core Lightning's own, beyond the conformance suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>

#include "cln_lab.hpp"

namespace paynamed::nodes {
namespace {

using namespace plugin::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClnTest : public ::testing::TestWithParam<Transport> {
 protected:
  template <class ReplyMessage>
  Result<ReplyMessage> call(const std::string& method, const google::protobuf::MessageLite& request,
                            std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    const auto bytes = plugin_->call_all({{method, request.SerializeAsString(), "key", timeout}}).at(0);
    if (!bytes.ok()) return bytes.error();
    ReplyMessage reply;
    EXPECT_TRUE(reply.ParseFromString(bytes.value()));
    return reply;
  }
  Result<CreateOfferReply> offer(const std::string& key, std::uint64_t expiry = 0) {
    CreateOfferRequest request;
    request.set_offer_key(key);
    request.set_description("Pay alice");
    request.set_issuer("alice@example.com");
    request.set_absolute_expiry(expiry);
    return call<CreateOfferReply>("CreateOffer", request);
  }
  Result<CreateInvoiceReply> invoice(const std::string& key) {
    CreateInvoiceRequest request;
    request.set_invoice_key(key);
    request.set_amount_msat(1'000);
    request.set_description("coffee");
    return call<CreateInvoiceReply>("CreateInvoice", request);
  }
  Result<WatchPaymentsReply> watch(const std::string& cursor, std::uint32_t wait_ms = 0) {
    WatchPaymentsRequest request;
    request.set_cursor(cursor);
    request.set_wait_ms(wait_ms);
    return call<WatchPaymentsReply>("WatchPayments", request);
  }
  // All that is told from the start, answer by answer.
  std::vector<std::string> told(std::uint32_t most = 0) {
    std::vector<std::string> keys;
    WatchPaymentsRequest request;
    request.set_max(most);
    for (;;) {
      const auto reply = call<WatchPaymentsReply>("WatchPayments", request);
      EXPECT_TRUE(reply.ok()) << reply.error().message();
      if (!reply.ok() || reply->payments().empty()) return keys;
      for (const auto& each : reply->payments())
        keys.push_back(each.invoice_key() + each.offer_id() + each.payer_note());
      request.set_cursor(reply->next_cursor());
    }
  }
  Result<NodeInfoReply> info() { return call<NodeInfoReply>("Info", NodeInfoRequest()); }
  void pay(const std::string& key) {
    const auto made = invoice(key);
    ASSERT_TRUE(made.ok()) << made.error().message();
    ASSERT_TRUE(world_.pay_invoice(made->bolt11()));
  }
  void fault(const char* method, const char* kind, boost::json::object more = {}) {
    more["method"] = method;
    more["kind"] = kind;
    node_.order(more);
  }
  void use_rune(const std::string& rune) {
    plugin_ = plugin_for(table_for(node_, GetParam(), rune), journal_);
  }
  void use_fronting_nodes(boost::json::array nodes) {
    auto table = table_for(node_, GetParam(), node_.rune());
    table["fronting_nodes"] = std::move(nodes);
    plugin_ = plugin_for(std::move(table), journal_);
  }

  fakes::FakeCln node_{"alice", doors_for(GetParam())};
  ClnWorld world_{node_};
  fakes::Journal journal_;
  std::unique_ptr<fakes::HostedPlugin> plugin_ =
      plugin_for(table_for(node_, GetParam(), node_.rune()), journal_);
};

std::string name_of(Transport transport) {
  const std::array<const char*, 3> names{"Socket", "Rest", "Grpc"};
  return names.at(static_cast<std::size_t>(transport));
}

INSTANTIATE_TEST_SUITE_P(, ClnTest, ::testing::Values(Transport::kSocket, Transport::kRest, Transport::kGrpc),
                         [](const auto& each) { return name_of(each.param); });

const std::string kFront = "02" + std::string(64, 'a');
const std::string kOtherFront = "03" + std::string(64, 'b');

TEST_P(ClnTest, ANodeOfAnotherNetworkIsRefused) {
  node_.control("set", {{"network", "bitcoin"}});
  EXPECT_EQ(offer("k").code(), Code::kFailedPrecondition);
  EXPECT_EQ(world_.offers(), 0U);
}

TEST_P(ClnTest, AnOldNodeIsRefused) {
  node_.control("set", {{"version", "v23.11"}});
  const auto made = offer("k");
  ASSERT_EQ(made.code(), Code::kFailedPrecondition);
  EXPECT_THAT(made.error().message(), HasSubstr("v24.11"));
}

TEST_P(ClnTest, AnOfferWithoutAnEndHasOneAfterTheYear9999AndATwinEndsASecondEarlier) {
  EXPECT_GE(offer("one")->absolute_expiry(), 253'402'300'800U);
  EXPECT_GE(offer("two")->absolute_expiry(), 253'402'300'800U);
  const auto end = world_.now() + 3'600;
  EXPECT_EQ(offer("three", end)->absolute_expiry(), end);
  EXPECT_EQ(offer("four", end)->absolute_expiry(), end - 1);
}

TEST_P(ClnTest, ANodeThatWasRestoredDoesNotMakeALostOfferOnceMoreForAnotherKey) {
  const auto lost = offer("one");
  ASSERT_TRUE(lost.ok());
  node_.control("set", {{"offers", boost::json::object{}}});
  const auto made = offer("two");
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_NE(made->offer_id(), lost->offer_id());
}

TEST_P(ClnTest, AnOperatorsOfferIsNeverTakenForOurs) {
  const auto ours = offer("one");
  ASSERT_TRUE(ours.ok());
  // The same terms with another label, made and disabled by hand.
  DisableOfferRequest disable;
  disable.set_offer_key("one");
  ASSERT_TRUE(call<DisableOfferReply>("DisableOffer", disable).ok());
  const auto second = offer("two");
  ASSERT_TRUE(second.ok()) << second.error().message();
  EXPECT_NE(second->offer_id(), ours->offer_id());
}

TEST_P(ClnTest, ARestoredNodeIsNoticedBeforeItPaysAgain) {
  for (const char* key : {"a", "b", "c"}) pay(key);
  const auto all = watch("");
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->payments_size(), 3);
  node_.control("rewind", {{"pay_index", 1}});
  EXPECT_EQ(watch(all->next_cursor()).code(), Code::kOutOfRange);
  // The counter has passed the cursor again, with other payments.
  for (const char* key : {"d", "e", "f"}) pay(key);
  EXPECT_EQ(watch(all->next_cursor()).code(), Code::kOutOfRange);
  const auto again = watch("");
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(again->payments_size(), 4);
  EXPECT_EQ(again->payments(0).pay_key(), all->payments(0).pay_key());
  for (int i = 1; i < 4; ++i) {
    for (const auto& old : all->payments()) EXPECT_NE(again->payments(i).pay_key(), old.pay_key());
  }
}

TEST_P(ClnTest, DeletedInvoicesDoNotStopTheWatch) {
  pay("a");
  const auto first = watch("");
  ASSERT_TRUE(first.ok());
  node_.control("delete_paid");
  pay("b");
  const auto second = watch(first->next_cursor());
  ASSERT_TRUE(second.ok()) << second.error().message();
  ASSERT_EQ(second->payments_size(), 1);
  EXPECT_EQ(second->payments(0).invoice_key(), "b");
}

TEST_P(ClnTest, TheNameThatAPayerSaysItLookedUpIsToldAsItIs) {
  const auto made = offer("k");
  ASSERT_TRUE(made.ok());
  for (const char* name : {"al@example.com", "A l@x"}) {
    ASSERT_TRUE(node_.control("pay_offer", {{"offer", made->offer()}, {"amount_msat", 5'000}, {"name", name}})
                    .at("paid")
                    .as_bool());
  }
  ASSERT_TRUE(world_.pay_offer(made->offer(), 5'000, "no name"));
  const auto told = call<WatchPaymentsReply>("WatchPayments", WatchPaymentsRequest());
  ASSERT_TRUE(told.ok()) << told.error().message();
  ASSERT_EQ(told->payments_size(), 3);
  EXPECT_EQ(told->payments(0).claimed_name(), "al@example.com");
  EXPECT_EQ(told->payments(1).claimed_name(), "A l@x");
  EXPECT_EQ(told->payments(2).claimed_name(), "");
  EXPECT_EQ(told->payments(2).payer_note(), "no name");
}

TEST_P(ClnTest, ABacklogIsReadByPagesAndInOrder) {
  const auto made = offer("k");
  ASSERT_TRUE(made.ok());
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "invoice-" + std::to_string(i);
    if (i % 3 == 0) {
      ASSERT_TRUE(world_.pay_offer(made->offer(), 5'000, key));
      expected.push_back(made->offer_id() + key);
    } else {
      ASSERT_TRUE(invoice("never-paid-" + key).ok());
      pay(key);
      expected.push_back(key);
    }
  }
  const auto before = node_.count("waitanyinvoice");
  EXPECT_EQ(told(100), expected);
  // One for the first payment; one for the cursor and one that finds no more.
  EXPECT_EQ(node_.count("waitanyinvoice") - before, 3);
  for (const std::uint32_t most : {1U, 2U, 7U, 40U}) {
    SCOPED_TRACE(most);
    EXPECT_EQ(told(most), expected);
  }
}

TEST_P(ClnTest, BehindAGapTheNodeIsAsked) {
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) pay(key);
  node_.control("delete", {{"label", "b"}});
  node_.control("delete", {{"label", "e"}});
  EXPECT_THAT(told(), ElementsAre("a", "c", "d", "f"));
  EXPECT_THAT(told(2), ElementsAre("a", "c", "d", "f"));
}

TEST_P(ClnTest, WhatChangesAfterItWasPaidIsToldOnceAndHidesNothing) {
  for (const char* key : {"a", "b", "c", "d"}) pay(key);
  // In the order of changes it comes after those that were paid later.
  node_.control("forget_description", {{"label", "b"}});
  EXPECT_THAT(told(), ElementsAre("a", "b", "c", "d"));
  node_.control("forget_description", {{"label", "a"}});
  EXPECT_THAT(told(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(told(3), ElementsAre("a", "b", "c", "d"));
}

TEST_P(ClnTest, WithoutPagesPaymentsComeOneByOne) {
  // There a list answers also which offer was paid.
  if (GetParam() == Transport::kGrpc) GTEST_SKIP();
  for (const char* key : {"a", "b", "c", "d"}) pay(key);
  fault("listinvoices", "error", {{"code", -32601}, {"message", "Unknown command 'listinvoices'"}});
  EXPECT_THAT(told(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(node_.count("listinvoices"), 1) << "it is not asked for again and again";
}

TEST_P(ClnTest, AStatusThatNobodyKnowsIsNoPayment) {
  pay("a");
  fault("waitanyinvoice", "unknown");
  EXPECT_EQ(watch("").code(), Code::kUnavailable);
  EXPECT_EQ(watch("")->payments_size(), 1);
  fault("listinvoices", "unknown");
  LookupInvoiceRequest request;
  request.set_invoice_key("a");
  EXPECT_EQ(call<LookupInvoiceReply>("LookupInvoice", request).code(), Code::kUnavailable);
}

TEST_P(ClnTest, AnAnswerThatIsNoneLeavesTheOutcomeOpen) {
  fault("invoice", "garbage");
  EXPECT_EQ(invoice("a").code(), Code::kUnknown);
  EXPECT_TRUE(invoice("a").ok());
  EXPECT_EQ(world_.invoices(), 1U);
}

TEST_P(ClnTest, WhatWasMadeAndCannotBeReadLeavesTheOutcomeOpen) {
  fault("decode", "garbage");
  EXPECT_EQ(offer("k").code(), Code::kUnknown);
  fault("decode", "garbage");
  EXPECT_EQ(offer("k").code(), Code::kUnknown) << "also when it was made before";
  EXPECT_TRUE(offer("k").ok());
  ASSERT_TRUE(invoice("a").ok());
  for (const char* read : {"listinvoices", "decode"}) {
    fault(read, "garbage");
    EXPECT_EQ(invoice("a").code(), Code::kUnknown) << read;
  }
  fault("decode", "error", {{"code", -5}, {"message", "lightningd is shutting down"}});
  EXPECT_EQ(invoice("a").code(), Code::kUnknown);
  EXPECT_TRUE(invoice("a").ok());
}

TEST_P(ClnTest, ASlowNodeLeavesTheOutcomeOpen) {
  fault("offer", "slow", {{"seconds", 2}});
  CreateOfferRequest request;
  request.set_offer_key("k");
  // Whoever of host and plugin notices first.
  EXPECT_THAT(call<CreateOfferReply>("CreateOffer", request, std::chrono::milliseconds(1'500)).code(),
              ::testing::AnyOf(Code::kDeadlineExceeded, Code::kUnknown));
  EXPECT_TRUE(call<CreateOfferReply>("CreateOffer", request).ok());
}

TEST_P(ClnTest, ANodeThatShutsDownDidNothing) {
  fault("offer", "error", {{"code", -5}, {"message", "lightningd is shutting down"}});
  EXPECT_EQ(offer("k").code(), Code::kUnavailable);
}

TEST_P(ClnTest, InfoSaysWhatCanArrive) {
  auto said = info();
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->inbound_msat(), 600'000'000U);
  EXPECT_EQ(said->receivable(), TERNARY_YES);
  boost::json::object channel{
      {"connected", false}, {"state", "CHANNELD_NORMAL"}, {"our_amount_msat", 1}, {"amount_msat", 9}};
  node_.control("set", {{"channels", boost::json::array{channel}}});
  said = info();
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->receivable(), TERNARY_NO);
  EXPECT_NE(said->explanation(), "");
}

TEST_P(ClnTest, CustodyIsWhatTheCredentialsCanDo) {
  const bool rest = GetParam() == Transport::kRest;
  EXPECT_EQ(info()->custody(), rest ? CUSTODY_RECEIVE_ONLY : CUSTODY_FULL);
  use_rune(node_.master_rune());
  EXPECT_EQ(info()->custody(), CUSTODY_FULL);
}

TEST_P(ClnTest, ARestartOfTheNodeLosesNothing) {
  pay("a");
  const auto first = watch("");
  ASSERT_TRUE(first.ok());
  node_.control("restart");
  pay("b");
  const auto second = watch(first->next_cursor(), 2'000);
  ASSERT_TRUE(second.ok()) << second.error().message();
  EXPECT_EQ(second->payments_size(), 1);
}

TEST_P(ClnTest, AnAnswerOfManyMegabytesIsTaken) {
  node_.control("stuff", {{"offers", 5'000}, {"size", 1'000}});
  ASSERT_TRUE(offer("k").ok());
  const auto made = offer("k");
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(world_.offers(), 5'001U);
}

TEST_P(ClnTest, OffersLeadThroughTheNodesThatTheConfigurationNames) {
  ASSERT_TRUE(offer("before").ok());
  use_fronting_nodes({kFront, kOtherFront});
  ASSERT_TRUE(offer("after").ok());
  const auto fronting = node_.control("fronting");
  EXPECT_EQ(fronting.at("before"), boost::json::array());
  EXPECT_EQ(fronting.at("after"), (boost::json::array{kFront, kOtherFront}));
  // The same key gives the same offer, although the node makes another one each time.
  EXPECT_EQ(offer("after")->offer_id(), offer("after")->offer_id());
  EXPECT_EQ(world_.offers(), 2U);
}

TEST_P(ClnTest, DescribeSaysThroughWhomOffersLead) {
  const auto summary = [this] {
    return call<DescribeNodesReply>("Describe", DescribeNodesRequest())->summary();
  };
  EXPECT_THAT(summary(), HasSubstr("as the node decides"));
  use_fronting_nodes({kFront});
  EXPECT_THAT(summary(), HasSubstr(kFront));
}

TEST_P(ClnTest, AnOlderNodeMakesNoOffersWithFrontingNodesAndStillTellsOfPayments) {
  pay("a");
  use_fronting_nodes({kFront});
  node_.control("set", {{"version", "v25.12.1"}});
  const auto made = offer("k");
  ASSERT_EQ(made.code(), Code::kFailedPrecondition);
  EXPECT_THAT(made.error().message(), HasSubstr("v26.04"));
  EXPECT_EQ(world_.offers(), 0U);
  EXPECT_THAT(info()->explanation(), HasSubstr("fronting"));
  EXPECT_EQ(watch("")->payments_size(), 1);
}

TEST_P(ClnTest, ACallAfterARestartOfTheNodeIsDoneAtOnce) {
  ASSERT_TRUE(offer("one").ok());
  node_.control("restart");
  const auto made = offer("two");
  EXPECT_TRUE(made.ok()) << made.error().message();
}

}  // namespace
}  // namespace paynamed::nodes
