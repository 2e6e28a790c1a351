#include "host/instance.hpp"

#include <gmock/gmock.h>
#include <paynamed/plugin/v1/dns_provider.pb.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fixture.hpp"

namespace paynamed::host {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using State = InstanceInfo::State;

class InstanceTest : public HostFixture {};

TEST_F(InstanceTest, CallsWithMessages) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  plugin::v1::PublishRequest request;
  request.set_zone("example.");
  request.mutable_record()->set_name("a.example.");
  request.mutable_record()->set_value("bitcoin:?lno=x");
  const CallOptions options(5s, "key");
  const auto first = run(host::call<plugin::v1::PublishReply>(*zone, "Publish", request, options));
  ASSERT_TRUE(first.result) << first.result.error().to_string();
  EXPECT_TRUE(first.result->changed());
  EXPECT_FALSE(first.still_open);
  const auto again = run(host::call<plugin::v1::PublishReply>(*zone, "Publish", request, options));
  EXPECT_EQ(again.result->SerializeAsString(), first.result->SerializeAsString());
  EXPECT_NE(again.call_id, first.call_id);
  const auto info = zone->info();
  EXPECT_EQ(info.calls, 2U);
  EXPECT_EQ(info.failures, 0U);
  EXPECT_EQ(info.state, State::kRunning);
  EXPECT_TRUE(logged("published a.example."));
  EXPECT_THAT(metrics_.text(),
              HasSubstr("paynamed_plugin_calls_total{code=\"OK\",instance=\"zone\",method=\"Publish\"} 2"));
  EXPECT_THAT(metrics_.text(), HasSubstr("paynamed_plugin_changes_total{instance=\"zone\"} 1"));
}

// Unlike the executor of an io_context, a strand is counted: freed once too often it is gone.
TEST_F(InstanceTest, ACallerOnAStrandStaysThere) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  auto calls = [zone]() -> boost::asio::awaitable<int> {
    int answered = 0;
    for (int i = 0; i < 50; ++i) {
      const plugin::v1::DescribeDnsRequest request;
      const CallOptions options(5s);
      const auto outcome =
          co_await host::call<plugin::v1::DescribeDnsReply>(*zone, "Describe", request, options);
      answered += outcome.result ? 1 : 0;
    }
    co_return answered;
  };
  auto on_a_strand = [&calls]() -> boost::asio::awaitable<int> {
    auto strand = boost::asio::make_strand(co_await boost::asio::this_coro::executor);
    co_return co_await boost::asio::co_spawn(strand, calls(), boost::asio::use_awaitable);
  };
  EXPECT_EQ(run(on_a_strand()), 50);
}

TEST_F(InstanceTest, PassesTheStatusOfThePlugin) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  plugin::v1::PublishRequest request;
  request.set_zone("other.");
  const auto outcome = run(host::call<plugin::v1::PublishReply>(*zone, "Publish", request, CallOptions(5s)));
  ASSERT_FALSE(outcome.result);
  EXPECT_EQ(outcome.result.error(), base::not_found("This plugin has the zone example. only."));
  EXPECT_EQ(call(zone, "NoSuchMethod").result.error().code(), base::Code::kUnimplemented);
  EXPECT_EQ(zone->info().failures, 2U);
}

TEST_F(InstanceTest, TextOfAPluginIsBoundedAndPrintable) {
  const auto error = call(make("u", "unprintable"), "Read").result.error();
  EXPECT_EQ(error.code(), base::Code::kUnknown);
  EXPECT_THAT(error.message(), HasSubstr("line  [31m?xxx"));
  EXPECT_EQ(error.message().size(), 1024U);
  EXPECT_EQ(error.detail().size(), 4096U);
  EXPECT_EQ(error.retry_after_ms(), 5U);
}

TEST_F(InstanceTest, ACallWithoutAnswerEndsAtItsDeadlineWithAnUnknownOutcome) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  auto future = start(instance, "Publish", 5s);
  sockets.await_call();
  clock_.advance(4'999ms);
  EXPECT_EQ(future.wait_for(20ms), std::future_status::timeout);
  clock_.advance(1ms);
  const auto outcome = get(future);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_TRUE(outcome.still_open);
  EXPECT_EQ(instance->info().timeouts, 1U);
  EXPECT_EQ(instance->info().open_calls, 1U);
  EXPECT_FALSE(instance->stuck());
}

TEST_F(InstanceTest, SettledWaitsForTheAnswerThatCameTooLate) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  auto future = start(instance, "Publish", 5s);
  sockets.await_call();
  clock_.advance(5s);
  const auto outcome = get(future);
  auto too_short = spawn(instance->settled(outcome.call_id, 1s));
  eventually([&] {
    clock_.advance(100ms);
    return too_short.wait_for(0ms) == std::future_status::ready;
  });
  EXPECT_FALSE(too_short.get());
  auto settled = spawn(instance->settled(outcome.call_id, 60s));
  EXPECT_EQ(settled.wait_for(20ms), std::future_status::timeout);
  EXPECT_TRUE(call(instance, "Release").result);
  EXPECT_TRUE(settled.get());
  EXPECT_TRUE(run(instance->settled(outcome.call_id, 1s)));
  EXPECT_EQ(instance->info().late_answers, 1U);
  EXPECT_EQ(instance->info().broken_rules, 0U);
}

TEST_F(InstanceTest, ACallOpen30sAfterItsDeadlineMakesTheInstanceStuckUntilItIsAnswered) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  auto future = start(instance, "Publish", 5s);
  sockets.await_call();
  clock_.advance(5s);
  (void)get(future);
  clock_.advance(29s);
  EXPECT_FALSE(instance->stuck());
  clock_.advance(1s);
  eventually([&] { return instance->stuck(); });
  EXPECT_EQ(instance->info().state, State::kStuck);
  EXPECT_THAT(instance->info().explanation, HasSubstr("30 s after their deadline"));
  EXPECT_TRUE(call(instance, "Release").result);
  EXPECT_FALSE(instance->stuck());
  EXPECT_EQ(instance->info().state, State::kRunning);
}

struct InstanceGraceTest : InstanceTest {
  const Sockets sockets;
  Instance* instance = nullptr;
  std::future<CallOutcome<std::string>> future;

  // A call with 30 s of grace whose deadline has passed.
  void SetUp() override {
    instance = make("answers_when_told", sockets);
    CallOptions options(5s);
    options.grace = 30s;
    future = spawn(instance->call_bytes("Publish", "", options));
    sockets.await_call();
    clock_.advance(5s);
    eventually([&] { return instance->info().timeouts == 1; });
  }
};

TEST_F(InstanceGraceTest, AnAnswerWithinItIsTheOutcome) {
  EXPECT_EQ(future.wait_for(20ms), std::future_status::timeout);
  clock_.advance(29s);
  EXPECT_TRUE(call(instance, "Release").result);
  const auto outcome = get(future);
  EXPECT_TRUE(outcome.result);
  EXPECT_FALSE(outcome.still_open);
  EXPECT_EQ(instance->info().late_answers, 1U);
  EXPECT_EQ(instance->info().open_calls, 0U);
}

TEST_F(InstanceGraceTest, WithoutAnAnswerTheOutcomeIsUnknownAndTheInstanceStuck) {
  clock_.advance(29s);
  EXPECT_EQ(future.wait_for(20ms), std::future_status::timeout);
  EXPECT_FALSE(instance->stuck());
  clock_.advance(1s);
  const auto outcome = get(future);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_TRUE(outcome.still_open);
  eventually([&] { return instance->stuck(); });
  EXPECT_EQ(instance->info().timeouts, 1U) << "one call, counted once";
  EXPECT_TRUE(call(instance, "Release").result);
  EXPECT_FALSE(instance->stuck());
}

TEST_F(InstanceTest, BackgroundCallsEndWhenTheyAreToldTo) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  CallOptions background(1h);
  background.background = true;
  auto bulk = spawn(instance->call_bytes("Publish", "", background));
  sockets.await_call();
  auto somebody = start(instance, "Publish", 1h);
  sockets.await_call();
  instance->end_background_calls();
  EXPECT_EQ(get(bulk).result.error().code(), base::Code::kDeadlineExceeded);
  EXPECT_EQ(somebody.wait_for(20ms), std::future_status::timeout);
  clock_.advance(30s);
  eventually([&] { return instance->stuck(); });
  EXPECT_TRUE(call(instance, "Release").result);
  EXPECT_TRUE(get(somebody).result);
}

TEST_F(InstanceTest, CancellingTheCallerInTheGraceEndsTheWait) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  boost::asio::cancellation_signal signal;
  std::promise<base::Code> promise;
  auto future = promise.get_future();
  const auto work = [&]() -> boost::asio::awaitable<void> {
    CallOptions options(5s);
    options.grace = 30s;
    const auto outcome = co_await instance->call_bytes("Publish", "", options);
    EXPECT_TRUE(outcome.still_open);
    promise.set_value(outcome.result.error().code());
  };
  boost::asio::co_spawn(io_, work(),
                        boost::asio::bind_cancellation_slot(signal.slot(), [](const std::exception_ptr&) {}));
  sockets.await_call();
  clock_.advance(5s);
  eventually([&] { return instance->info().timeouts == 1; });
  boost::asio::post(io_, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  ASSERT_EQ(future.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(future.get(), base::Code::kCancelled);
  EXPECT_TRUE(call(instance, "Release").result);
}

TEST_F(InstanceTest, CancellingTheCallerLeavesTheCallOpen) {
  const Sockets sockets;
  auto* instance = make("answers_when_told", sockets);
  boost::asio::cancellation_signal signal;
  std::promise<base::Code> promise;
  auto future = promise.get_future();
  const auto work = [&]() -> boost::asio::awaitable<void> {
    const auto outcome = co_await instance->call_bytes("Publish", "", CallOptions(5s));
    EXPECT_TRUE(outcome.still_open);
    promise.set_value(outcome.result.error().code());
  };
  boost::asio::co_spawn(io_, work(),
                        boost::asio::bind_cancellation_slot(signal.slot(), [](const std::exception_ptr&) {}));
  sockets.await_call();
  boost::asio::post(io_, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  ASSERT_EQ(future.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(future.get(), base::Code::kCancelled);
  EXPECT_EQ(instance->info().timeouts, 0U);
  EXPECT_TRUE(call(instance, "Release").result);
}

TEST_F(InstanceTest, ASecondAnswerIsCountedAndIgnored) {
  auto* instance = make("i", "replies_twice");
  EXPECT_TRUE(call(instance, "Read").result);
  eventually([&] { return instance->info().broken_rules == 1; });
  EXPECT_TRUE(call(instance, "Read").result);
  eventually([&] { return instance->info().broken_rules == 2; });
  EXPECT_TRUE(logged("which is not open: twice"));
  EXPECT_THAT(metrics_.text(), HasSubstr("paynamed_plugin_broken_rules_total{instance=\"i\"} 2"));
}

TEST_F(InstanceTest, MalformedBytesAreInternalAndNameThePlugin) {
  auto* instance = make("i", "malformed_bytes");
  const auto outcome =
      run(host::call<plugin::v1::ReadReply>(*instance, "Read", plugin::v1::ReadRequest(), CallOptions(5s)));
  EXPECT_EQ(outcome.result.error().code(), base::Code::kInternal);
  EXPECT_THAT(outcome.result.error().message(),
              HasSubstr("The plugin malformed_bytes answered Read with bytes"));
  EXPECT_EQ(instance->info().broken_rules, 1U);
}

TEST_F(InstanceTest, AnExceptionOutOfACallEndsThatCallOnly) {
  auto* instance = make("i", "throws_in_call");
  const auto outcome = call(instance, "Read");
  EXPECT_EQ(outcome.result.error().code(), base::Code::kInternal);
  EXPECT_THAT(outcome.result.error().message(), HasSubstr("throws_in_call let an exception out of Read"));
  eventually([&] { return instance->info().broken_rules == 1; });
  EXPECT_EQ(instance->info().state, State::kRunning);
}

TEST_F(InstanceTest, AHeldStrandIsBlockedAndThePoolMakesUpForIt) {
  HostSettings settings;
  settings.threads = 1;
  settings.most_threads = 2;
  make_host(std::move(settings));
  const Sockets sockets;
  auto* blocks = make("blocks", sockets);
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  auto held = start(blocks, "Read", 60s);
  sockets.await_call();
  auto waits = start(zone, "Describe", 60s);
  EXPECT_EQ(waits.wait_for(20ms), std::future_status::timeout);  // the only thread is held
  clock_.advance(1s);
  EXPECT_TRUE(get(waits).result);
  EXPECT_EQ(blocks->info().state, State::kBlocked);
  EXPECT_THAT(blocks->info().explanation, HasSubstr("Read holds its strand"));
  eventually([&] { return logged("holds its strand for more than a second"); });
  sockets.release();
  EXPECT_TRUE(get(held).result);
  eventually([&] { return blocks->info().state == State::kRunning; });
}

TEST_F(InstanceTest, ACallThatNeverReachedThePluginIsUnavailable) {
  const Sockets sockets;
  auto* blocks = make("blocks", sockets);
  auto held = start(blocks, "Read", 60s);
  sockets.await_call();
  auto queued = start(blocks, "Publish", 5s);
  eventually([&] { return blocks->info().open_calls == 2; });
  clock_.advance(5s);
  const auto outcome = get(queued);
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnavailable);
  EXPECT_FALSE(outcome.still_open);
  EXPECT_TRUE(run(blocks->settled(outcome.call_id, 1s)));
  sockets.release();
  EXPECT_TRUE(get(held).result);
}

TEST_F(InstanceTest, OfACallBesideTheBreakerThatWasNotBegunTheStatusSaysSo) {
  const Sockets sockets;
  auto* blocks = make("blocks", sockets);
  auto held = start(blocks, "Read", 60s);
  sockets.await_call();
  CallOptions beside(5s);
  beside.beside_breaker = true;
  auto queued = spawn(blocks->call_bytes("Publish", "", beside));
  eventually([&] { return blocks->info().open_calls == 2; });
  clock_.advance(5s);
  const base::Status status = get(queued).result.error();
  EXPECT_EQ(status.code(), base::Code::kUnavailable);
  EXPECT_EQ(status.deferred_by(), "blocks");
  sockets.release();
  EXPECT_TRUE(get(held).result);
  EXPECT_TRUE(run(host_->stop(5s)).empty());
  auto stopped = spawn(blocks->call_bytes("Publish", "", beside));
  EXPECT_TRUE(get(stopped).result.error().deferred());
  EXPECT_FALSE(call(blocks, "Publish").result.error().deferred()) << "runs count their attempts";
}

TEST_F(InstanceTest, StoppedInstancesRefuseCalls) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  EXPECT_TRUE(run(host_->stop(5s)).empty());
  const auto outcome = call(zone, "Describe");
  EXPECT_EQ(outcome.result.error().code(), base::Code::kUnavailable);
  EXPECT_FALSE(outcome.still_open);
  EXPECT_EQ(zone->info().state, State::kStopped);
}

TEST_F(InstanceTest, ManyCallsFromManyCoroutinesAllEnd) {
  auto* zone = make("zone", "memory_zone", {{"zone", "example."}});
  auto* node = make("node", "fixed_offer", {{"offer", {{"env", "PAYNAMED_NOT_SET"}}}});
  std::vector<std::future<CallOutcome<std::string>>> futures;
  for (int i = 0; i < 200; ++i) {
    futures.push_back(start(zone, "Describe", 60s));
    futures.push_back(start(node, "Describe", 60s));
  }
  for (auto& future : futures) EXPECT_TRUE(get(future).result);
  EXPECT_EQ(zone->info().open_calls + node->info().open_calls, 0U);
  EXPECT_EQ(clock_.pending(), 2U);  // one watch an instance, no deadline
}

}  // namespace
}  // namespace paynamed::host
