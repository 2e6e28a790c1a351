// AddedNodeCalls: what goes with every call about an added node, whoever makes it: its secrets, the question
// whether the node that answers is the one that was added, and a bound for how many calls are under way to
// one node. Calls to a node that hangs last until their deadlines, each on a thread of the plugin's, which it
// shares with the other nodes of its instance.
//
// A trial (PluginCall::trial) goes through as it is: it is about what is not kept.
//
// Threads: every function may be called from any thread. The book and the clock outlive it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

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
  // Refused while another node answers there: what would be made with FAILED_PRECONDITION; what is about
  // something that the node that was added has, or may have, with UNAVAILABLE, for that one may come back.
  // The other one may be asked who it is, and what it made itself may be undone. Waits for its turn for half
  // of the time that the call may take; then RESOURCE_EXHAUSTED.
  boost::asio::awaitable<base::Result<Lease>> admit(pipeline::PluginCall& call) override;
  // Remembers who answered. What another node than was added made, or tells of payments, is no answer.
  void judge(const pipeline::PluginCall& call, pipeline::PluginAnswer& answer) override;

 private:
  struct Turns;
  boost::asio::awaitable<base::Result<Lease>> take_turn(state::NodePlace place, pipeline::PluginCall& call);
  void remember_strange(const state::NodePlace& place, const pipeline::PluginCall& call);
  bool undoes_strange(const state::NodePlace& place, const pipeline::PluginCall& call);

  nodes::NodeBook& book_;
  base::Clock& clock_;
  const std::shared_ptr<Turns> turns_;  // shared with the leases
  std::mutex mutex_;
  // Keys of offers that another node than was added made, and nobody was given; guarded by mutex_.
  std::set<std::pair<state::NodePlace, std::string>> strange_;
};

}  // namespace paynamed::process
