// AddedNodeCalls: what goes with every call about an added node, whoever makes it: its secrets, and the
// question whether the node that answers is the one that was added.
//
// Threads: every function may be called from any thread. The book outlives it.
#pragma once

#include <memory>
#include <optional>

#include "nodes/node_book.hpp"
#include "pipeline/actions/services.hpp"
#include "process/plugin_calls.hpp"

namespace paynamed::process {

class AddedNodeCalls final : public PluginCalls::Around {
 public:
  explicit AddedNodeCalls(nodes::NodeBook& book) : book_(book) {}

  // As add_secret_handles().
  void complete(pipeline::PluginCall& call) override;
  // FAILED_PRECONDITION while another node answers there, for what would be made, promised or believed. Its
  // offers may be disabled, and it may be asked who it is.
  boost::asio::awaitable<base::Result<Lease>> admit(const pipeline::PluginCall& call) override;
  // Remembers who answered. What another node than was added made, or tells of payments, is no answer.
  void judge(const pipeline::PluginCall& call, pipeline::PluginAnswer& answer) override;

 private:
  nodes::NodeBook& book_;
};

}  // namespace paynamed::process
