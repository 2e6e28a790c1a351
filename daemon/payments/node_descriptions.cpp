#include "payments/node_descriptions.hpp"

#include <fmt/format.h>

#include "paynamed/plugin/v1/node_backend.pb.h"

namespace paynamed::payments {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;

namespace {

constexpr base::Duration kTimeout{15'000};

}  // namespace

asio::awaitable<base::Result<NodeDescription>> NodeDescriptions::of(std::string instance) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(instance);
    if (known != known_.end()) co_return known->second;
  }
  pipeline::PluginCall wanted;
  wanted.instance = instance;
  wanted.method = "Describe";
  wanted.timeout = kTimeout;
  const v1::DescribeNodesRequest request;
  auto reply = co_await ask<v1::DescribeNodesReply>(with_, std::move(wanted), request);
  if (!reply) {
    co_return base::fail(base::unavailable(
        fmt::format("the node of '{}' cannot be asked to make anything now; try again later", instance),
        reply.error().to_string()));
  }
  const NodeDescription made{reply->network(), reply->offers(), reply->invoices()};
  const std::lock_guard lock(mutex_);
  known_[instance] = made;
  co_return made;
}

void NodeDescriptions::forget() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace paynamed::payments
