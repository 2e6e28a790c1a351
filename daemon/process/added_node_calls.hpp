// AddedNodeCalls: what goes with every call about an added node, whoever makes it: its secrets, the question
// whether the node that answers is the one that was added, and a bound for how many calls are under way to
// one node. Calls to a node that hangs last until their deadlines, each on a thread of the plugin's, which it
// shares with the other nodes of its instance.
//
// Threads: every function may be called from any thread. The book and the clock outlive it.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "nodes/node_book.hpp"
#include "pipeline/actions/services.hpp"
#include "process/plugin_calls.hpp"

namespace paynamed::process {

class AddedNodeCalls final : public PluginCalls::Around {
 public:
  // So many calls to one node at once; looks and the watch of its payments, one each, come on top.
  static constexpr std::size_t kMostAtOnce = 8;

  AddedNodeCalls(nodes::NodeBook& book, base::Clock& clock);

  // As add_secret_handles().
  void complete(pipeline::PluginCall& call) override;
  // FAILED_PRECONDITION while another node answers there, for what would be made, promised or believed. Its
  // offers may be disabled, and it may be asked who it is. Waits for its turn as long as the call itself may
  // take; then RESOURCE_EXHAUSTED.
  boost::asio::awaitable<base::Result<Lease>> admit(const pipeline::PluginCall& call) override;
  // Remembers who answered. What another node than was added made, or tells of payments, is no answer.
  void judge(const pipeline::PluginCall& call, pipeline::PluginAnswer& answer) override;

 private:
  struct Turns;
  boost::asio::awaitable<base::Result<Lease>> take_turn(state::NodePlace place, base::Duration most);

  nodes::NodeBook& book_;
  base::Clock& clock_;
  const std::shared_ptr<Turns> turns_;  // shared with the leases
};

}  // namespace paynamed::process
