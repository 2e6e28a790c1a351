// A node with secrets that are not kept yet is tried: asked by handles of its own and with nothing that is
// kept of another, so that calls that are under way to the same place meanwhile go on with what they have.
//
// Threads: coroutines and pure functions; any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "nodes/node_question.hpp"
#include "observe/log.hpp"
#include "state/nodes.hpp"

namespace paynamed::nodes {

using Secrets = std::map<std::string, std::string>;  // by name

// INVALID_ARGUMENT naming the secret that cannot be one; the message has nothing of its value.
base::Result<void> check_secrets(const Secrets& secrets);
std::vector<std::string> names_of(const Secrets& secrets);

class NodeTrial {
 public:
  NodeTrial(CallPlugin call_plugin, base::Clock& clock, observe::Log log)
      : call_plugin_(std::move(call_plugin)), clock_(clock), log_(std::move(log)) {}

  // A look at the node, which answered and said who it is. INVALID_ARGUMENT with what it said otherwise;
  // UNAVAILABLE when it could not be asked now. `failed` begins the sentence: "the node was not added".
  boost::asio::awaitable<base::Result<state::NodeLook>> ask(state::NodeRow node, std::string failed);
  // The plugin's Provision, whose reference becomes the node's. Errors as of ask().
  boost::asio::awaitable<base::Result<void>> provision(state::NodeRow& node, std::string failed);
  // The plugin forgets the handles of the node and what it has open by them, and, if so, its Provision; that
  // it could not is only logged.
  boost::asio::awaitable<void> release(state::NodeRow node, bool provisioned) const;

 private:
  const CallPlugin call_plugin_;
  base::Clock& clock_;
  const observe::Log log_;
};

}  // namespace paynamed::nodes
