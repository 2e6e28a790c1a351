#include "process/payment_parts.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace paynamed::process {
namespace {

std::vector<payments::WatchedNode> all_nodes(host::PluginHost& host, const nodes::NodeBook& book) {
  std::vector<payments::WatchedNode> nodes;
  for (host::Instance* instance : host.list()) {
    if (instance->contract() == "NodeBackend") nodes.push_back({instance->id(), {}, {}});
  }
  // Their handles are put into the calls (node_secrets.hpp).
  for (const state::NodeRow& added : book.nodes()) {
    nodes.push_back({added.place.instance, added.place.reference, {}});
  }
  return nodes;
}

}  // namespace

payments::Services payment_services(const PaymentParts& parts) {
  payments::Services services{parts.clock, parts.random, parts.store,  parts.store,
                              parts.store, parts.log,    parts.metrics};
  services.call_plugin = [&calls = parts.calls](pipeline::PluginCall call) {
    return calls.call(std::move(call));
  };
  services.may_wait = [&host = parts.host](std::string_view id) {
    const host::Instance* instance = host.find(id);
    return instance != nullptr && instance->info().breaker == host::Breaker::State::kClosed;
  };
  services.is_retired = [&host = parts.host](std::string_view id) {
    const host::Instance* instance = host.find(id);
    return instance != nullptr && instance->retired();
  };
  services.node_id_of = [&book = parts.book](const state::NodePlace& place) {
    const auto look = book.look_at(place);
    return look ? look->node_id : std::string{};
  };
  services.nodes = [&host = parts.host, &book = parts.book] { return all_nodes(host, book); };
  return services;
}

std::vector<api::Readiness::Part> failing_payments(const std::vector<payments::WatchStatus>& nodes) {
  std::map<std::string, std::size_t> failing;
  for (const payments::WatchStatus& each : nodes) {
    if (each.state == payments::WatchStatus::State::kFailing) ++failing[each.node.instance];
  }
  std::vector<api::Readiness::Part> parts;
  for (const auto& [instance, count] : failing) {
    parts.push_back({"payments " + instance, false,
                     fmt::format("the payments of {} of its nodes cannot be read; the log says why", count)});
  }
  return parts;
}

}  // namespace paynamed::process
