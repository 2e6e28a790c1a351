// A plugin in the asynchronous style, from the outside.
#include <gtest/gtest.h>

#include "../examples/memory_zone.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed {
namespace {

using namespace std::chrono_literals;
using namespace plugin::v1;
using testing::Instance;
using testing::TestHost;

PublishRequest publish_request(const std::string& value) {
  PublishRequest request;
  request.set_zone("example.");
  request.mutable_record()->set_name("alice.user._bitcoin-payment.example.");
  request.mutable_record()->set_value(value);
  request.set_absent(true);
  return request;
}

class MemoryZoneTest : public ::testing::Test {
 protected:
  TestHost host_;
  Instance* zone_ = host_.create<examples::MemoryZone>(R"({"zone": "example.", "delay": "2s"})").value();
};

TEST_F(MemoryZoneTest, PublishesOnceForOneKey) {
  const auto first =
      host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=a"), {.idempotency_key = "k"});
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_TRUE(first->changed());
  const auto again =
      host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=a"), {.idempotency_key = "k"});
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(host_.metric("changes_total"), 1);
  EXPECT_TRUE(host_.logged("published alice.user._bitcoin-payment.example."));
}

TEST_F(MemoryZoneTest, AbortsWhenAnotherRecordStandsThere) {
  (void)host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=a"),
                                 {.idempotency_key = "k"});
  const auto other = host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=b"),
                                              {.idempotency_key = "k2"});
  EXPECT_EQ(other.code(), Code::kAborted);
}

TEST_F(MemoryZoneTest, NeverHasSeveralRecordsThatCouldBeReplaced) {
  ASSERT_TRUE(host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=a")).ok());
  PublishRequest request = publish_request("bitcoin:?lno=b");
  for (const char* value : {"bitcoin:?lno=a", "bitcoin:?lno=c"})
    request.mutable_previous_values()->add_values(value);
  const auto reply = host_.call<PublishReply>(zone_, "Publish", request);
  EXPECT_EQ(reply.code(), Code::kAborted);
  EXPECT_TRUE(host_.call<DescribeDnsReply>(zone_, "Describe", DescribeDnsRequest())->replaces_several());
}

TEST_F(MemoryZoneTest, TimersFollowTheVirtualClock) {
  const auto published = host_.call<PublishReply>(zone_, "Publish", publish_request("bitcoin:?lno=a"));
  SyncStatusRequest request;
  request.set_change_id(published->change_id());
  EXPECT_EQ(host_.call<SyncStatusReply>(zone_, "SyncStatus", request)->state(), SyncStatusReply::PENDING);
  host_.advance(2s);
  EXPECT_EQ(host_.call<SyncStatusReply>(zone_, "SyncStatus", request)->state(), SyncStatusReply::IN_SYNC);
}

TEST_F(MemoryZoneTest, AnswersUnimplementedForWhatItDoesNotHave) {
  EXPECT_EQ(host_.call<ListZoneReply>(zone_, "ListZone", ListZoneRequest()).error().message(),
            "This plugin does not have the method ListZone.");
  EXPECT_EQ(host_.call<ListZoneReply>(zone_, "Explode", ListZoneRequest()).code(), Code::kUnimplemented);
}

TEST_F(MemoryZoneTest, RefusesBytesThatAreNoRequest) {
  EXPECT_EQ(host_.call_bytes(zone_, "Publish", "\xFF\xFF\xFF").code(), Code::kInvalidArgument);
}

TEST(Asynchronous, ErrorOfTheConstructorIsTheErrorOfCreate) {
  TestHost host;
  const auto zone = host.create<examples::MemoryZone>(R"({"zone": "example"})");
  ASSERT_FALSE(zone.ok());
  EXPECT_EQ(zone.error().message(), "\"zone\" must end in a dot.");
  EXPECT_EQ(host.create<examples::MemoryZone>("nonsense").code(), Code::kInvalidArgument);
}

// Behaves as its method's name in `name` says.
class Odd final : public DnsProvider {
 public:
  Odd(Host host, const Config&) : host_(std::move(host)) {}

  void read(ReadRequest request, Reply<ReadReply> reply) override {
    if (request.name() == "throws Error")
      throw Error(Code::kUnauthenticated, "The key is wrong.", "BADKEY", 7);
    if (request.name() == "throws") throw std::runtime_error("why");
    if (request.name() == "drops") return;
    if (request.name() == "fails with OK") return reply.fail(Code::kOk, "");
    if (request.name() == "answers twice") {
      reply.ok();
      return reply.ok();
    }
    if (request.name() == "answers later") {
      // std::function copies; a Reply moves.
      auto kept = std::make_shared<Reply<ReadReply>>(std::move(reply));
      return host_.after(3s, [kept] { kept->ok(); });
    }
    if (request.name() == "waits for cancel") {
      const auto call = reply.call();
      auto kept = std::make_shared<Reply<ReadReply>>(std::move(reply));
      return call.when_cancelled([kept] { kept->fail(Code::kCancelled, "Nobody waits."); });
    }
    if (request.name() == "keeps") kept_.push_back(std::move(reply));
  }
  void list_names(ListNamesRequest, Reply<ListNamesReply> reply) override {
    host_.after(0ms, [] { throw std::runtime_error("in a timer"); });
    reply.ok();
  }
  void stop(std::function<void()> done) override {
    for (auto& reply : kept_) reply.fail(Code::kUnavailable, "The plugin stops.");
    kept_.clear();
    done();
  }

 private:
  Host host_;
  std::vector<Reply<ReadReply>> kept_;
};

class OddTest : public ::testing::Test {
 protected:
  Result<ReadReply> read(const std::string& how, const testing::CallOptions& options = {}) {
    ReadRequest request;
    request.set_name(how);
    return host_.call<ReadReply>(odd_, "Read", request, options);
  }
  TestHost host_;
  Instance* odd_ = host_.create<Odd>("{}").value();
};

TEST_F(OddTest, AThrownErrorIsTheAnswer) {
  const auto result = read("throws Error");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.code(), Code::kUnauthenticated);
  EXPECT_EQ(result.error().message(), "The key is wrong.");
  EXPECT_EQ(result.error().detail(), "BADKEY");
  EXPECT_EQ(result.error().retry_after_ms(), 7U);
}

TEST_F(OddTest, AnyOtherExceptionIsInternal) {
  EXPECT_EQ(read("throws").code(), Code::kInternal);
  EXPECT_EQ(read("throws").error().detail(), "why");
}

TEST_F(OddTest, ADroppedReplyFailsByItself) {
  EXPECT_EQ(read("drops").error().message(), "The plugin dropped the call Read without an answer.");
}

TEST_F(OddTest, FailingWithOkIsAnError) {
  EXPECT_EQ(read("fails with OK").code(), Code::kInternal);
}

TEST_F(OddTest, AReplyAnswersOnce) {
  EXPECT_TRUE(read("answers twice").ok());
}

TEST_F(OddTest, AnAnswerMayComeLater) {
  EXPECT_TRUE(read("answers later").ok());
}

TEST_F(OddTest, CancelReachesTheCall) {
  ReadRequest request;
  request.set_name("waits for cancel");
  const auto call = host_.start(odd_, "Read", request, {.timeout = 5s});
  host_.advance(4s);
  EXPECT_FALSE(call.done());
  host_.advance(1s);
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.bytes().code(), Code::kCancelled);
}

TEST_F(OddTest, StopEndsOpenCalls) {
  ReadRequest request;
  request.set_name("keeps");
  const auto call = host_.start(odd_, "Read", request);
  host_.run();
  host_.stop(odd_);
  EXPECT_EQ(call.bytes().code(), Code::kUnavailable);
}

TEST_F(OddTest, AnExceptionInATimerBecomesALogLine) {
  EXPECT_TRUE(host_.call<ListNamesReply>(odd_, "ListNames", ListNamesRequest()).ok());
  host_.run();
  EXPECT_TRUE(host_.logged("in a timer"));
}

}  // namespace
}  // namespace paynamed
