// What goes with calls about added nodes, and what becomes of answers of another node than was added.
#include "process/added_node_calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "nodes/node_identity.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::process {
namespace {

namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using pipeline::PluginAnswer;
using pipeline::PluginCall;
using ::testing::HasSubstr;
using Lease = PluginCalls::Around::Lease;

constexpr const char* kAddress = "https://a:1";
const std::string kId(66, 'a');
const std::string kOther(66, 'b');

class AddedNodeCallsTest : public ::testing::Test {
 protected:
  AddedNodeCallsTest() { add(kAddress); }

  void add(const std::string& address) {
    state::NodeRow node;
    node.place = {"node", address};
    node.secrets = {"rune"};
    node.node_id = kId;
    book.put_node(node);
  }
  static PluginCall call(const std::string& method, const std::string& address = kAddress) {
    v1::NodeInfoRequest request;
    request.mutable_node()->set_node(address);
    PluginCall call;
    call.instance = "node";
    call.method = method;
    call.request = request.SerializeAsString();
    call.timeout = base::Duration{5'000};
    return call;
  }
  // What came of admit() by now.
  struct Admission {
    std::optional<base::Result<Lease>> result;
    base::Duration left{};  // of the call's time
  };
  std::shared_ptr<Admission> ask(PluginCall wanted) {
    auto admission = std::make_shared<Admission>();
    auto asking = [](AddedNodeCalls& of, PluginCall asked,
                     std::shared_ptr<Admission> into) -> asio::awaitable<void> {
      auto result = co_await of.admit(asked);
      into->left = asked.timeout;
      into->result.emplace(std::move(result));
    };
    asio::co_spawn(io, asking(calls, std::move(wanted), admission), asio::detached);
    settle();
    return admission;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  // The code of the refusal; kOk: it was let through at once.
  Code admitted(const std::string& method, const std::string& address = kAddress) {
    const auto admission = ask(call(method, address));
    if (!admission->result) return Code::kUnknown;
    return *admission->result ? Code::kOk : admission->result->error().code();
  }
  template <class Reply>
  PluginAnswer answered(const std::string& method, const std::string& node_id,
                        const std::string& address = kAddress) {
    Reply reply;
    reply.set_node_id(node_id);
    PluginAnswer answer{reply.SerializeAsString(), false};
    calls.judge(call(method, address), answer);
    return answer;
  }

  asio::io_context io;
  base::ManualClock clock{base::WallTime{base::Duration{1'700'000'000'000}}};
  nodes::NodeBook book{clock};
  AddedNodeCalls calls{book, clock};
};

TEST_F(AddedNodeCallsTest, WhileAnotherNodeAnswersNothingIsMadeOrBelieved) {
  EXPECT_EQ(admitted("CreateOffer"), Code::kOk);
  EXPECT_TRUE(answered<v1::NodeInfoReply>("Info", kOther).reply) << "a look says itself what it means";
  EXPECT_EQ(book.other_at({"node", kAddress}), kOther);
  for (const char* method :
       {"Provision", "CreateOffer", "CreateInvoice", "FetchInvoice", "Pay", "NewAddress"})
    EXPECT_EQ(admitted(method), Code::kFailedPrecondition) << method;
  for (const char* method : {"Info", "WatchPayments", "Release"})
    EXPECT_EQ(admitted(method), Code::kOk) << method;
  const auto refused = ask(call("CreateOffer"));
  EXPECT_THAT(refused->result->error().message(), HasSubstr(kOther));
  EXPECT_THAT(refused->result->error().message(), HasSubstr(kId));
  // Back again.
  answered<v1::NodeInfoReply>("Info", kId);
  EXPECT_EQ(admitted("CreateOffer"), Code::kOk);
}

// "There is no such offer" of another node would be believed: the real one would stay payable for ever.
TEST_F(AddedNodeCallsTest, WhatTheAddedNodeHasWaitsUntilItIsBack) {
  answered<v1::NodeInfoReply>("Info", kOther);
  for (const char* method : {"EnableOffer", "DisableOffer", "LookupOffer", "LookupInvoice", "LookupPayment"})
    EXPECT_EQ(admitted(method), Code::kUnavailable) << method;
  // It may have been made by an earlier attempt.
  for (const char* method : {"CreateOffer", "CreateInvoice"}) {
    PluginCall again = call(method);
    again.resumed = true;
    const auto refused = ask(std::move(again));
    ASSERT_TRUE(refused->result && !*refused->result);
    EXPECT_EQ(refused->result->error().code(), Code::kUnavailable) << method;
  }
  answered<v1::NodeInfoReply>("Info", kId);
  for (const char* method : {"EnableOffer", "DisableOffer", "LookupOffer"})
    EXPECT_EQ(admitted(method), Code::kOk) << method;
}

TEST_F(AddedNodeCallsTest, WhatAnotherNodeMadeItselfMayBeUndone) {
  const auto made = [](const std::string& key) {
    v1::CreateOfferRequest request;
    request.mutable_node()->set_node(kAddress);
    request.set_offer_key(key);
    PluginCall call = AddedNodeCallsTest::call("CreateOffer");
    call.request = request.SerializeAsString();
    return call;
  };
  const auto undo = [&](const std::string& key, const std::string& offer_id = {}) {
    v1::DisableOfferRequest request;
    request.mutable_node()->set_node(kAddress);
    request.set_offer_key(key);
    request.set_offer_id(offer_id);
    PluginCall call = AddedNodeCallsTest::call("DisableOffer");
    call.request = request.SerializeAsString();
    const auto asked = ask(std::move(call));
    EXPECT_TRUE(asked->result);
    return *asked->result ? Code::kOk : asked->result->error().code();
  };
  v1::CreateOfferReply reply;
  reply.set_node_id(kOther);
  PluginAnswer answer{reply.SerializeAsString(), false};
  calls.judge(made("strange"), answer);
  EXPECT_EQ(answer.reply.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(undo("strange"), Code::kOk);
  v1::DisableOfferRequest of_strange;
  of_strange.mutable_node()->set_node(kAddress);
  of_strange.set_offer_key("strange");
  PluginCall undone = call("DisableOffer");
  undone.request = of_strange.SerializeAsString();
  v1::DisableOfferReply disabled;
  disabled.set_node_id(kOther);
  PluginAnswer undo_answer{disabled.SerializeAsString(), false};
  calls.judge(undone, undo_answer);
  EXPECT_TRUE(undo_answer.reply) << "the node that made it has disabled it";
  EXPECT_EQ(undo("ours"), Code::kUnavailable);
  EXPECT_EQ(undo("strange", std::string(64, 'c')), Code::kUnavailable) << "who has an id has it of ours";
}

TEST_F(AddedNodeCallsTest, PaymentsAndOffersOfAnotherNodeAreNoAnswer) {
  EXPECT_TRUE(answered<v1::WatchPaymentsReply>("WatchPayments", kId).reply);
  const auto payments = answered<v1::WatchPaymentsReply>("WatchPayments", kOther);
  ASSERT_FALSE(payments.reply);
  EXPECT_EQ(payments.reply.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(admitted("CreateInvoice"), Code::kFailedPrecondition) << "it was noticed before the next look";
  EXPECT_TRUE(answered<v1::WatchPaymentsReply>("WatchPayments", kId).reply);
  EXPECT_EQ(admitted("CreateInvoice"), Code::kFailedPrecondition) << "it may have begun to wait before";
  answered<v1::NodeInfoReply>("Info", kId);
  EXPECT_EQ(admitted("CreateInvoice"), Code::kOk);
  EXPECT_FALSE(answered<v1::CreateOfferReply>("CreateOffer", kOther).reply);
  EXPECT_FALSE(answered<v1::CreateInvoiceReply>("CreateInvoice", kOther).reply);
  EXPECT_FALSE(answered<v1::ProvisionReply>("Provision", kOther).reply);
}

// The first call after a swap that no look has found yet: "there is none" is true of the other node alone.
TEST_F(AddedNodeCallsTest, WhatAnotherNodeSaysOfOffersIsNotBelieved) {
  EXPECT_TRUE(answered<v1::DisableOfferReply>("DisableOffer", kId).reply);
  EXPECT_TRUE(answered<v1::LookupOfferReply>("LookupOffer", kId).reply);
  const auto disabled = answered<v1::DisableOfferReply>("DisableOffer", kOther);
  ASSERT_FALSE(disabled.reply);
  EXPECT_EQ(disabled.reply.error().code(), Code::kUnavailable) << "it is disabled when the node is back";
  EXPECT_EQ(admitted("CreateInvoice"), Code::kFailedPrecondition) << "it was noticed before the next look";
  answered<v1::NodeInfoReply>("Info", kId);
  const auto looked_up = answered<v1::LookupOfferReply>("LookupOffer", kOther);
  ASSERT_FALSE(looked_up.reply);
  EXPECT_EQ(looked_up.reply.error().code(), Code::kUnavailable);
}

TEST_F(AddedNodeCallsTest, ANodeOfTheConfigurationMayBecomeAnother) {
  EXPECT_TRUE(answered<v1::WatchPaymentsReply>("WatchPayments", kOther, "").reply);
  EXPECT_TRUE(answered<v1::WatchPaymentsReply>("WatchPayments", kOther, "alpha").reply);
  EXPECT_EQ(admitted("CreateOffer", ""), Code::kOk);
}

TEST_F(AddedNodeCallsTest, AnAnswerWithoutAnIdChangesNothing) {
  answered<v1::NodeInfoReply>("Info", kOther);
  answered<v1::NodeInfoReply>("Info", "");
  EXPECT_EQ(admitted("CreateOffer"), Code::kFailedPrecondition);
  book.erase_node({"node", kAddress});
  EXPECT_EQ(admitted("CreateOffer"), Code::kOk);
}

TEST_F(AddedNodeCallsTest, OneNodeOfThreeThatHangsKeepsTheOthersFromNothing) {
  for (const char* address : {"https://b:1", "https://c:1"}) add(address);
  std::vector<std::shared_ptr<Admission>> hanging;
  for (std::size_t i = 0; i < AddedNodeCalls::kMostAtOnce; ++i) {
    hanging.push_back(ask(call("CreateOffer")));
    ASSERT_TRUE(hanging.back()->result && *hanging.back()->result);
  }
  // The next one waits for its turn; who looks at the node does not, nor do the other nodes.
  const auto next = ask(call("CreateOffer"));
  EXPECT_FALSE(next->result);
  for (const char* method : {"Info", "WatchPayments", "Release"}) EXPECT_EQ(admitted(method), Code::kOk);
  std::vector<std::shared_ptr<Admission>> others;
  for (const char* address : {"https://b:1", "https://c:1", "", "alpha"}) {
    for (std::size_t i = 0; i < AddedNodeCalls::kMostAtOnce; ++i) {
      others.push_back(ask(call("CreateOffer", address)));
      EXPECT_TRUE(others.back()->result && *others.back()->result) << address;
    }
  }
  // One ends. What was waited is the call's own time.
  clock.advance(base::Duration{2'000});
  hanging.pop_back();
  settle();
  ASSERT_TRUE(next->result);
  EXPECT_TRUE(*next->result);
  EXPECT_EQ(next->left, base::Duration{3'000});
}

TEST_F(AddedNodeCallsTest, WhoseTurnDoesNotComeIsToldToComeAgain) {
  std::vector<std::shared_ptr<Admission>> hanging;
  for (std::size_t i = 0; i < AddedNodeCalls::kMostAtOnce; ++i) hanging.push_back(ask(call("DisableOffer")));
  const auto next = ask(call("CreateOffer"));
  clock.advance(base::Duration{2'499});
  settle();
  EXPECT_FALSE(next->result);
  clock.advance(base::Duration{1});
  settle();
  ASSERT_TRUE(next->result);
  ASSERT_FALSE(*next->result);
  EXPECT_EQ(next->result->error().code(), Code::kResourceExhausted);
  EXPECT_GT(next->result->error().retry_after_ms(), 0U);
  hanging.clear();
  EXPECT_EQ(admitted("CreateOffer"), Code::kOk);
}

}  // namespace
}  // namespace paynamed::process
