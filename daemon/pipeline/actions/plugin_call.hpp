// One typed call of a plugin for a step, and what its failure means for the step.
//
// Threads: coroutines; any executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>

#include "pipeline/action.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::pipeline {

// After these codes the side effect may have happened.
bool effect_unknown(base::Code code);

// A failure of a call, as a failure of the step.
Failure failure_of(const PluginAnswer& answer);

inline PluginCall plugin_call(const StepContext& context, std::string instance, std::string method,
                              std::string key) {
  PluginCall call;
  call.instance = std::move(instance);
  call.method = std::move(method);
  call.key = std::move(key);
  call.correlation_id = context.correlation_id;
  call.traceparent = context.traceparent;
  call.timeout = context.step().timeout;
  call.background = context.input.bulk;
  call.resumed = context.step_progress().effect_unknown;
  return call;
}

template <class Reply>
struct Called {
  base::Result<Reply> reply;
  Failure failure;  // meaningful when there is no reply
};

// Calls and parses. A reply that is no Reply is INTERNAL: its effect is unknown.
template <class Reply, class Request>
boost::asio::awaitable<Called<Reply>> call(const Services& services, PluginCall call,
                                           const Request& request) {
  call.request = request.SerializeAsString();
  const std::string instance = call.instance;
  const std::string method = call.method;
  PluginAnswer answer = co_await services.call_plugin(std::move(call));
  if (!answer.reply) co_return Called<Reply>{base::fail(answer.reply.error()), failure_of(answer)};
  Reply reply;
  if (!reply.ParseFromString(*answer.reply)) {
    base::Status broken = base::internal("instance '" + instance + "' answered " + method +
                                         " with bytes that are no such reply; tell its author");
    Failure failure{broken, true, false};
    co_return Called<Reply>{base::fail(std::move(broken)), std::move(failure)};
  }
  co_return Called<Reply>{std::move(reply), {}};
}

}  // namespace paynamed::pipeline
