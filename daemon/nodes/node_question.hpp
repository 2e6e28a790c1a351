// One look at a node: what its backend says of it, bounded and read with distrust.
//
// Threads: coroutines; any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pipeline/actions/services.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

using CallPlugin = std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)>;

struct NodeQuestion {
  state::NodePlace place;
  std::vector<std::string> secret_handles = {};  // of a trial
  base::Duration timeout{15'000};
  bool background = true;
  bool trial = false;  // with just these secrets; whatever the node does says nothing about the instance
};

// What the node says; `missed`, `reached`, `seen` and `told` are whoever keeps looks'. Nothing when it was
// not asked: the instance is not called at the moment, or too much is under way.
boost::asio::awaitable<std::optional<state::NodeLook>> ask_node(const CallPlugin& call_plugin,
                                                                base::Clock& clock, NodeQuestion question);

// Text of a plugin: at most `most` bytes, on one line, without what is not printable.
std::string bounded_text(std::string_view text, std::size_t most);

}  // namespace paynamed::nodes
