// A notifier as the daemon's plugin calls see it. It is strict: a call that a Notifier would not get as it is
// fails the test. What it answers is the test's to say.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>
#include <paynamed/plugin/v1/notifier.pb.h>

#include <map>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/id.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::delivery {

struct FakeNotifier {
  std::vector<std::string> instances{"hooks"};
  plugin::v1::DescribeNotifierReply traits = all_signatures();
  base::Status not_described;  // when not OK, what Describe says
  // What CheckTarget says of an address; of another one that it is fine as it is.
  std::map<std::string, base::Result<plugin::v1::CheckTargetReply>> addresses;
  base::Result<plugin::v1::DeliverReply> outcome = delivered();
  base::Broadcast* gate = nullptr;  // when set, a Deliver ends with its next notification

  std::vector<std::string> called;  // "Deliver hooks"
  std::vector<plugin::v1::DeliverRequest> sent;

  static plugin::v1::DescribeNotifierReply all_signatures() {
    plugin::v1::DescribeNotifierReply reply;
    reply.set_signs(true);
    reply.set_signs_ed25519(true);
    reply.set_timeout_ms(10'000);
    return reply;
  }
  static plugin::v1::DeliverReply delivered() {
    plugin::v1::DeliverReply reply;
    reply.set_outcome(plugin::v1::DeliverReply::DELIVERED);
    reply.set_status(204);
    return reply;
  }

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call) {
    called.push_back(call.method + " " + call.instance);
    EXPECT_NE(std::find(instances.begin(), instances.end(), call.instance), instances.end()) << call.instance;
    EXPECT_TRUE(call.beside_breaker) << call.method;
    EXPECT_GT(call.timeout.count(), 0);
    if (call.method == "Deliver" && gate != nullptr) {
      const std::uint64_t seen = gate->count();
      co_await gate->wait(seen, base::Duration{3'600'000});
    }
    co_return pipeline::PluginAnswer{answer(call), false};
  }
  std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)> caller() {
    return [this](pipeline::PluginCall wanted) { return call(std::move(wanted)); };
  }

 private:
  base::Result<std::string> answer(const pipeline::PluginCall& call) {
    if (call.method == "Describe") {
      if (!not_described.ok()) return base::fail(not_described);
      return traits.SerializeAsString();
    }
    if (call.method == "CheckTarget") return check(call.request);
    if (call.method == "Deliver") return deliver(call.request);
    ADD_FAILURE() << "a Notifier has no method " << call.method;
    return base::fail(base::unimplemented("no such method"));
  }
  base::Result<std::string> check(const std::string& bytes) {
    plugin::v1::CheckTargetRequest request;
    EXPECT_TRUE(request.ParseFromString(bytes));
    const auto found = addresses.find(request.address());
    if (found == addresses.end()) {
      plugin::v1::CheckTargetReply reply;
      reply.set_address(request.address());
      return reply.SerializeAsString();
    }
    if (!found->second) return base::fail(found->second.error());
    return found->second->SerializeAsString();
  }
  base::Result<std::string> deliver(const std::string& bytes) {
    plugin::v1::DeliverRequest request;
    EXPECT_TRUE(request.ParseFromString(bytes));
    EXPECT_TRUE(base::Uuid::parse(request.event_id())) << request.event_id();
    EXPECT_TRUE(base::Uuid::parse(request.target().id())) << request.target().id();
    EXPECT_FALSE(request.target().address().empty());
    EXPECT_FALSE(request.type().empty());
    EXPECT_GE(request.attempt(), 1U);
    const std::string prefix = "/webhook/" + request.target().id() + "/";
    for (const auto& key : request.target().keys()) {
      EXPECT_NE(key.kind(), plugin::v1::SigningKey::KIND_UNKNOWN);
      EXPECT_NE(key.handle().find(prefix), std::string::npos) << key.handle();
    }
    sent.push_back(std::move(request));
    if (!outcome) return base::fail(outcome.error());
    return outcome->SerializeAsString();
  }
};

}  // namespace paynamed::delivery
