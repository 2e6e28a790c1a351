// A plugin in straight code, from the outside.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../examples/fixed_offer.hpp"
#include "paynamed/dns_provider.hpp"
#include "paynamed/testing/test_host.hpp"

namespace paynamed {
namespace {

using namespace plugin::v1;
using testing::TestHost;

TEST(Blocking, ReadsItsSecretAtEachUseAndPrintsItNowhere) {
  TestHost host;
  auto* node = host.create<examples::FixedOffer>(R"({"offer": "the-handle"})").value();
  EXPECT_EQ(host.call<CreateOfferReply>(node, "CreateOffer", CreateOfferRequest()).code(),
            Code::kUnauthenticated);
  host.set_secret("the-handle", "lno1first");
  EXPECT_EQ(host.call<CreateOfferReply>(node, "CreateOffer", CreateOfferRequest())->offer(), "lno1first");
  host.set_secret("the-handle", "lno1second");
  EXPECT_EQ(host.call<CreateOfferReply>(node, "CreateOffer", CreateOfferRequest())->offer(), "lno1second");
  host.set_secret("the-handle", "password");
  const auto wrong = host.call<CreateOfferReply>(node, "CreateOffer", CreateOfferRequest());
  EXPECT_EQ(wrong.code(), Code::kFailedPrecondition);
  EXPECT_EQ(wrong.error().message().find("password"), std::string::npos);
  EXPECT_FALSE(host.logged("lno1") || host.logged("password"));
}

TEST(Blocking, ASecretThatCannotBeReadIsAsOneThatIsWrong) {
  TestHost host;
  auto* node = host.create<examples::FixedOffer>(R"({"offer": "the-handle"})").value();
  const struct {
    Code of_host;
    Code of_plugin;
  } cases[] = {{Code::kFailedPrecondition, Code::kUnauthenticated},
               {Code::kNotFound, Code::kUnauthenticated},
               {Code::kUnavailable, Code::kUnavailable}};
  for (const auto& each : cases) {
    host.set_service("pn.secret/1", "Read", [&](std::string_view, const Call::Info&) -> Result<std::string> {
      return Error(each.of_host, "The secret file x is not there; make it.");
    });
    const auto reply = host.call<CreateOfferReply>(node, "CreateOffer", CreateOfferRequest());
    EXPECT_EQ(reply.code(), each.of_plugin);
    EXPECT_EQ(reply.error().message(), "The secret file x is not there; make it.");
  }
}

TEST(Blocking, AnswersUnimplementedForWhatItDoesNotHave) {
  TestHost host;
  auto* node = host.create<examples::FixedOffer>(R"({"offer": "h"})").value();
  EXPECT_EQ(host.call<PayReply>(node, "Pay", PayRequest()).error().message(),
            "This plugin does not have the method Pay.");
  EXPECT_EQ(host.call<PayReply>(node, "Nonsense", PayRequest()).code(), Code::kUnimplemented);
  EXPECT_EQ(host.call_bytes(node, "Pay", "\xFF").code(), Code::kInvalidArgument);
}

// Shared by a test and its plugin, which is made by name only.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool open = false;
  std::atomic<int> calls = 0;

  void pass() {
    std::unique_lock lock(mutex);
    ++calls;
    ++inside;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
    --inside;
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside == count; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

Gate* gate = nullptr;

class Waiting final : public Blocking<DnsProvider> {
 public:
  Waiting(Host host, const Config&) : Blocking<DnsProvider>(std::move(host), {.threads = 2, .queue = 2}) {}
  ReadReply read(ReadRequest, Call& call) override {
    gate->pass();
    call.throw_if_cancelled();
    return {};
  }
};

class WaitingTest : public ::testing::Test {
 protected:
  WaitingTest() { gate = &gate_; }
  Gate gate_;
  TestHost host_;
  testing::Instance* instance_ = host_.create<Waiting>("{}").value();
};

TEST_F(WaitingTest, RunsCallsAtTheSameTimeUpToItsThreads) {
  const auto first = host_.start(instance_, "Read", ReadRequest());
  const auto second = host_.start(instance_, "Read", ReadRequest());
  const auto third = host_.start(instance_, "Read", ReadRequest());
  host_.run();
  gate_.wait_for(2);
  EXPECT_EQ(gate_.calls, 2);
  gate_.let_go();
  EXPECT_TRUE(host_.wait<ReadReply>(first).ok());
  EXPECT_TRUE(host_.wait<ReadReply>(second).ok());
  EXPECT_TRUE(host_.wait<ReadReply>(third).ok());
}

TEST_F(WaitingTest, RefusesWhatDoesNotFitTheQueue) {
  std::vector<testing::PendingCall> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(host_.start(instance_, "Read", ReadRequest()));
  host_.run();
  gate_.wait_for(2);
  for (int i = 0; i < 3; ++i) calls.push_back(host_.start(instance_, "Read", ReadRequest()));
  host_.run();
  ASSERT_TRUE(calls.back().done());
  EXPECT_EQ(calls.back().bytes().code(), Code::kResourceExhausted);
  EXPECT_EQ(calls.back().bytes().error().retry_after_ms(), 1000U);
  gate_.let_go();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(host_.wait<ReadReply>(calls[static_cast<std::size_t>(i)]).ok());
}

TEST_F(WaitingTest, DoesNotBeginACallThatNobodyWaitsFor) {
  const auto first = host_.start(instance_, "Read", ReadRequest());
  const auto second = host_.start(instance_, "Read", ReadRequest());
  host_.run();
  gate_.wait_for(2);
  const auto late = host_.start(instance_, "Read", ReadRequest());
  host_.run();
  host_.cancel(instance_, late);
  gate_.let_go();
  EXPECT_EQ(host_.wait<ReadReply>(late).code(), Code::kUnavailable);
  EXPECT_TRUE(host_.wait<ReadReply>(first).ok());
  EXPECT_TRUE(host_.wait<ReadReply>(second).ok());
  EXPECT_EQ(gate_.calls, 2);
}

TEST_F(WaitingTest, StopRefusesTheQueueAndJoinsTheThreads) {
  std::vector<testing::PendingCall> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(host_.start(instance_, "Read", ReadRequest()));
  host_.run();
  gate_.wait_for(2);
  calls.push_back(host_.start(instance_, "Read", ReadRequest()));
  host_.run();
  std::thread opener([&] { gate_.let_go(); });
  host_.stop(instance_);
  opener.join();
  // Those inside saw the cancellation that comes with stop, unless they were let go before it.
  for (int i = 0; i < 2; ++i) {
    const auto code = calls[static_cast<std::size_t>(i)].bytes().code();
    EXPECT_TRUE(code == Code::kCancelled || code == Code::kOk);
  }
  ASSERT_TRUE(calls[2].done());
}

TEST(Blocking, ReadNowOnTheStrandIsRefusedInsteadOfWaitingForEver) {
  class Wrong final : public DnsProvider {
   public:
    Wrong(Host, const Config& config) : secret_(config.secret("s")) {}
    void read(ReadRequest, Reply<ReadReply> reply) override {
      (void)secret_.read_now();
      reply.ok();
    }

   private:
    Secret secret_;
  };
  TestHost host;
  auto* instance = host.create<Wrong>(R"({"s": "h"})").value();
  EXPECT_EQ(host.call<ReadReply>(instance, "Read", ReadRequest()).code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace paynamed
