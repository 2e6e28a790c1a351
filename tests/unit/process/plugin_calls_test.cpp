// Calls of steps, while the instance behind an id becomes another one.
#include "process/plugin_calls.hpp"

#include <gmock/gmock.h>

#include "tests/unit/host/fixture.hpp"

namespace paynamed::process {
namespace {

using namespace std::chrono_literals;
using host::InstanceConfig;

class PluginCallsTest : public host::HostFixture {
 protected:
  std::unique_ptr<PluginCalls> calls_ = std::make_unique<PluginCalls>(*host_);

  static pipeline::PluginCall publish(const std::string& key) {
    pipeline::PluginCall call;
    call.instance = "zone";
    call.method = "Publish";
    call.key = key;
    call.timeout = 1s;
    return call;
  }
  // Lets the time pass until it is there.
  template <class T>
  T in_time(std::future<T>& future) {
    for (int i = 0; i < 5'000 && future.wait_for(1ms) != std::future_status::ready; ++i)
      clock_.advance(100ms);
    return future.get();
  }
  void replace_by_memory_zone() {
    std::vector<InstanceConfig> configs;
    configs.push_back({"zone", "memory_zone", {{"zone", "example."}}, false});
    const auto prepared = run(host_->prepare(std::move(configs), {PAYNAMED_EXAMPLE_MODULES}));
    ASSERT_TRUE(host::PluginHost::problems(*prepared).empty());
    host_->adopt(prepared, {});
  }
};

TEST_F(PluginCallsTest, AKeyIsAtOneInstanceAtATime) {
  const host::Sockets sockets;
  auto* before = make("zone", "answers_when_told", {{"fd", sockets.for_plugin()}});
  auto first = spawn(calls_->call(publish("run/publish/1")));
  sockets.await_call();
  EXPECT_TRUE(in_time(first).stuck);

  replace_by_memory_zone();
  auto ended = spawn(host_->end(before, 100h, 5s));
  // The undo of the same effect: the call before may still act, though at an instance that has no place any
  // more.
  auto undo = spawn(calls_->call(publish("run/publish/1/undo")));
  const auto answer = in_time(undo);
  EXPECT_TRUE(answer.stuck);
  EXPECT_EQ(host_->find("zone")->info().calls, 0U) << "the key was at two instances";

  auto release = start(before, "Release", 100h);
  EXPECT_TRUE(get(release).result);
  EXPECT_TRUE(ended.get());
  auto again = spawn(calls_->call(publish("run/publish/1/undo")));
  EXPECT_FALSE(in_time(again).stuck);
  EXPECT_EQ(host_->find("zone")->info().calls, 1U);
}

TEST_F(PluginCallsTest, AnAnswerThatCameLateIsTheAnswer) {
  const host::Sockets sockets;
  auto* zone = make("zone", "answers_when_told", {{"fd", sockets.for_plugin()}});
  auto publishing = spawn(calls_->call(publish("run/publish/1")));
  sockets.await_call();
  clock_.advance(1s);
  eventually([&] { return zone->info().timeouts == 1; });
  auto release = start(zone, "Release", 100h);
  EXPECT_TRUE(get(release).result);
  const auto answer = in_time(publishing);
  EXPECT_TRUE(answer.reply) << "what was done is not tried again";
  EXPECT_FALSE(answer.stuck);
}

TEST_F(PluginCallsTest, BackgroundCallsEndWithTheDaemonAndUseNoAttempt) {
  const host::Sockets sockets;
  auto* zone = make("zone", "answers_when_told", {{"fd", sockets.for_plugin()}});
  auto bulk = publish("run/publish/1");
  bulk.background = true;
  bulk.timeout = 1h;
  auto waits = spawn(calls_->call(bulk));
  sockets.await_call();
  calls_->end_background();
  eventually([&] { return zone->info().timeouts == 1; });
  auto release = start(zone, "Release", 100h);
  EXPECT_TRUE(get(release).result);
  EXPECT_TRUE(in_time(waits).reply) << "what was done meanwhile counts";
  bulk.key = "other/publish/1";
  const auto refused = run(calls_->call(bulk));
  EXPECT_EQ(refused.reply.error().code(), base::Code::kResourceExhausted);
  EXPECT_GT(refused.reply.error().retry_after_ms(), 0U);
  EXPECT_EQ(zone->info().calls, 2U);
}

TEST_F(PluginCallsTest, OtherKeysWaitForTheOldInstanceToo) {
  const host::Sockets sockets;
  auto* before = make("zone", "answers_when_told", {{"fd", sockets.for_plugin()}});
  auto open = start(before, "Publish", 100h);
  sockets.await_call();
  replace_by_memory_zone();
  auto ended = spawn(host_->end(before, 100h, 5s));
  auto other = spawn(calls_->call(publish("other/publish/1")));
  EXPECT_EQ(other.wait_for(100ms), std::future_status::timeout);
  EXPECT_EQ(host_->find("zone")->info().calls, 0U);
  auto release = start(before, "Release", 100h);
  EXPECT_TRUE(get(open).result);
  EXPECT_TRUE(ended.get());
  other.wait();
  EXPECT_EQ(host_->find("zone")->info().calls, 1U);
  EXPECT_TRUE(get(release).result);
}

TEST_F(PluginCallsTest, WithoutAnInstanceAStepWaits) {
  const auto answer = run(calls_->call(publish("run/publish/1")));
  ASSERT_FALSE(answer.reply);
  EXPECT_EQ(answer.reply.error().code(), base::Code::kUnavailable);
  EXPECT_THAT(answer.reply.error().message(), testing::HasSubstr("reload"));
}

}  // namespace
}  // namespace paynamed::process
