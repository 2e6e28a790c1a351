// Calls of steps, while the instance behind an id becomes another one.
#include "process/plugin_calls.hpp"

#include <gmock/gmock.h>

#include "nodes/node_trial.hpp"
#include "paynamed/plugin/v1/node_backend.pb.h"
#include "process/added_node_calls.hpp"
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

// As the daemon puts them together; what would go to the plugin is remembered.
class NodeTrialCallsTest : public host::HostFixture {
 protected:
  struct Remembering final : PluginCalls::Around {
    explicit Remembering(AddedNodeCalls& with) : inner(with) {}
    void complete(pipeline::PluginCall& call) override {
      inner.complete(call);
      plugin::v1::NodeInfoRequest request;
      request.ParseFromString(call.request);
      handles[call.method] = {request.node().secret_handles().begin(), request.node().secret_handles().end()};
    }
    boost::asio::awaitable<base::Result<Lease>> admit(pipeline::PluginCall& call) override {
      return inner.admit(call);
    }
    void judge(const pipeline::PluginCall& call, pipeline::PluginAnswer& answer) override {
      inner.judge(call, answer);
    }
    AddedNodeCalls& inner;
    std::map<std::string, std::vector<std::string>> handles;  // by method, of its last call
  };
  NodeTrialCallsTest() {
    kept_.id = base::Uuid::v7(clock_.wall(), random_);
    kept_.place = {"node", "https://a:1"};
    kept_.secrets = {"rune"};
    kept_.node_id = std::string(66, 'a');
    book_.put_node(kept_);
    trial_ = kept_;
    trial_.id = base::Uuid::v7(clock_.wall(), random_);
  }
  nodes::NodeTrial trials() {
    return nodes::NodeTrial{[this](pipeline::PluginCall call) { return calls_.call(std::move(call)); },
                            clock_, log_};
  }

  base::SystemRandom random_;
  nodes::NodeBook book_{clock_};
  AddedNodeCalls added_{book_, clock_};
  Remembering around_{added_};
  PluginCalls calls_{*host_, &around_};
  state::NodeRow kept_;
  state::NodeRow trial_;
};

TEST_F(NodeTrialCallsTest, WhatIsTriedGoesWithItsOwnSecretsAlone) {
  auto trials = this->trials();
  for (const std::vector<std::string>& secrets :
       {std::vector<std::string>{}, std::vector<std::string>{"ca", "rune"}}) {
    trial_.secrets = secrets;
    std::vector<std::string> own;
    for (const std::string& name : secrets) own.push_back(state::secret_handle(trial_, name));
    around_.handles.clear();
    EXPECT_FALSE(run(trials.ask(trial_, "not added")));
    EXPECT_FALSE(run(trials.provision(trial_, "not added")));
    run([](nodes::NodeTrial& by, state::NodeRow node) -> boost::asio::awaitable<bool> {
      co_await by.release(std::move(node), true);
      co_return true;
    }(trials, trial_));
    for (const char* method : {"Info", "Provision", "Release"}) {
      ASSERT_TRUE(around_.handles.contains(method)) << method;
      EXPECT_EQ(around_.handles[method], own) << method;
    }
  }
  // Other calls get what is kept.
  pipeline::PluginCall other;
  other.instance = "node";
  other.method = "Info";
  plugin::v1::NodeInfoRequest request;
  request.mutable_node()->set_node("https://a:1");
  other.request = request.SerializeAsString();
  run(calls_.call(other));
  EXPECT_EQ(around_.handles["Info"], std::vector<std::string>{state::secret_handle(kept_, "rune")});
}

}  // namespace
}  // namespace paynamed::process
