// A node backend as the daemon's plugin calls see it, with nodes that a test describes.
//
// Threads: one.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "nodes/node_question.hpp"

namespace paynamed::nodes {

struct FakeBackend {
  // What Info answers, by reference; another one is not there.
  std::map<std::string, base::Result<plugin::v1::NodeInfoReply>> nodes;
  std::vector<std::string> called;   // "Info https://..."
  std::vector<std::string> handles;  // of the last call
  bool all_beside_breaker = true;    // of all calls so far
  int at_work = 0;
  int most_at_work = 0;
  base::Broadcast* info_gate = nullptr;  // the next `gated` calls of Info end with its first notification
  int gated = 0;
  base::Broadcast* release_gate = nullptr;  // a Release ends with its first notification

  static plugin::v1::NodeInfoReply up(const std::string& id = std::string(66, 'a')) {
    plugin::v1::NodeInfoReply reply;
    reply.set_reachable(plugin::v1::TERNARY_YES);
    reply.set_receivable(plugin::v1::TERNARY_YES);
    reply.set_inbound_msat(5'000);
    reply.set_node_id(id);
    reply.set_version("v26.06");
    reply.set_network("regtest");
    reply.set_custody(plugin::v1::CUSTODY_RECEIVE_ONLY);
    reply.set_explanation("It has room.");
    return reply;
  }
  static plugin::v1::NodeInfoReply down() {
    plugin::v1::NodeInfoReply reply;
    reply.set_reachable(plugin::v1::TERNARY_NO);
    reply.set_explanation("It does not answer.");
    return reply;
  }

  boost::asio::awaitable<pipeline::PluginAnswer> call(pipeline::PluginCall call) {
    plugin::v1::NodeInfoRequest request;
    request.ParseFromString(call.request);
    called.push_back(call.method + " " + call.instance + request.node().node());
    handles.assign(request.node().secret_handles().begin(), request.node().secret_handles().end());
    all_beside_breaker = all_beside_breaker && call.beside_breaker;
    most_at_work = std::max(most_at_work, ++at_work);
    if (call.method == "Info" && gated > 0) {
      --gated;
      co_await info_gate->wait(0, base::Duration{3'600'000});
    }
    --at_work;
    if (call.method == "Release") {
      if (release_gate != nullptr) co_await release_gate->wait(0, base::Duration{3'600'000});
      co_return pipeline::PluginAnswer{std::string{}, false};
    }
    const auto found = nodes.find(request.node().node());
    if (found == nodes.end()) {
      co_return pipeline::PluginAnswer{base::fail(base::not_found("no such node")), false};
    }
    if (!found->second) co_return pipeline::PluginAnswer{base::fail(found->second.error()), false};
    if (call.method == "Provision") {
      plugin::v1::ProvisionReply reply;
      reply.mutable_node()->set_node(request.node().node());
      co_return pipeline::PluginAnswer{reply.SerializeAsString(), false};
    }
    co_return pipeline::PluginAnswer{found->second->SerializeAsString(), false};
  }
  CallPlugin caller() {
    return [this](pipeline::PluginCall wanted) { return call(std::move(wanted)); };
  }
};

}  // namespace paynamed::nodes
