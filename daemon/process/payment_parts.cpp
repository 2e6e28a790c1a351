#include "process/payment_parts.hpp"

#include <utility>

namespace paynamed::process {
namespace {

std::vector<payments::WatchedNode> configured_nodes(host::PluginHost& host) {
  std::vector<payments::WatchedNode> nodes;
  for (host::Instance* instance : host.list()) {
    if (instance->contract() == "NodeBackend") nodes.push_back({instance->id(), {}, {}});
  }
  return nodes;
}

}  // namespace

payments::Services payment_services(const PaymentParts& parts) {
  payments::Services services{parts.clock,   parts.random, parts.store, parts.store, parts.log,
                              parts.metrics, {},           {},          {}};
  services.call_plugin = [&calls = parts.calls](pipeline::PluginCall call) {
    return calls.call(std::move(call));
  };
  services.may_wait = [&host = parts.host](std::string_view id) {
    const host::Instance* instance = host.find(id);
    return instance != nullptr && instance->info().breaker == host::Breaker::State::kClosed;
  };
  services.nodes = [&host = parts.host] { return configured_nodes(host); };
  return services;
}

}  // namespace paynamed::process
