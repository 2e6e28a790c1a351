// What taking payments in needs of the rest of the daemon, as a few narrow functions, so that it is tested
// without a plugin.
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pipeline/actions/services.hpp"
#include "state/invoices.hpp"
#include "state/orders.hpp"
#include "state/payments.hpp"

namespace paynamed::payments {

// A node whose payments are ours to take in.
struct WatchedNode {
  std::string instance;
  std::string reference;  // empty: the default node of the instance
  std::vector<std::string> secret_handles;

  bool operator==(const WatchedNode&) const = default;
};

// All outlive what they are given to.
struct Services {
  base::Clock& clock;
  base::Random& random;
  state::PaymentStore& payments;
  state::InvoiceStore& invoices;
  state::OrderStore& orders;
  observe::Log log;
  observe::Metrics& metrics;
  std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)> call_plugin = {};
  // Whether a call may stay at the instance for long. Not while its breaker looks whether it works again, for
  // then one call at a time goes through.
  std::function<bool(std::string_view instance)> may_wait = {};
  // Every node there is now.
  std::function<std::vector<WatchedNode>()> nodes = {};
  // Whether nothing new is to be made at the instance.
  std::function<bool(std::string_view instance)> is_retired = {};
  // Hex of the node's key, as the node last said it; empty when it is not known.
  std::function<std::string(const state::NodePlace& place)> node_id_of = {};

  // The handles of the secrets with which a node is reached.
  std::vector<std::string> secret_handles_of(const state::NodePlace& place) const;
};

// Calls and parses; the failure of the call, or INTERNAL for bytes that are no Reply.
template <class Reply, class Request>
boost::asio::awaitable<base::Result<Reply>> ask(const Services& services, pipeline::PluginCall call,
                                                const Request& request) {
  call.request = request.SerializeAsString();
  const std::string instance = call.instance;
  const std::string method = call.method;
  pipeline::PluginAnswer answer = co_await services.call_plugin(std::move(call));
  if (!answer.reply) co_return base::fail(std::move(answer.reply).error());
  Reply reply;
  if (!reply.ParseFromString(*answer.reply)) {
    co_return base::fail(base::internal("instance '" + instance + "' answered " + method +
                                        " with bytes that are no such reply; tell its author"));
  }
  co_return reply;
}

}  // namespace paynamed::payments
