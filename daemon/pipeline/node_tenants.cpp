#include "pipeline/node_tenants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::pipeline {
namespace {

constexpr std::string_view kOperator = "default";

bool holds(const std::vector<config::At<std::string>>& tenants, std::string_view tenant) {
  return std::ranges::any_of(tenants, [&](const auto& each) { return each.value == tenant; });
}

bool makes_offers_at(const Runtime& runtime, std::string_view instance) {
  return std::ranges::any_of(runtime.pipelines, [&](const auto& pipeline) {
    return std::ranges::any_of(pipeline.second.steps, [&](const CompiledStep& step) {
      return step.kind == "offer.create" && step.instance == instance;
    });
  });
}

}  // namespace

bool may_use_node(const Runtime& runtime, std::string_view instance, std::string_view tenant) {
  const config::Plugin* plugin = runtime.config.find_plugin(instance);
  if (plugin == nullptr) return false;
  if (plugin->tenants) return holds(*plugin->tenants, tenant);
  if (tenant == kOperator) return true;
  const bool has_domain = std::ranges::any_of(
      runtime.config.domains, [&](const config::Domain& domain) { return holds(domain.tenants, tenant); });
  return has_domain && makes_offers_at(runtime, instance);
}

base::Result<void> check_node_tenant(const Runtime& runtime, std::string_view instance,
                                     std::string_view tenant) {
  if (may_use_node(runtime, instance, tenant)) return {};
  return base::fail(base::permission_denied(fmt::format(
      "this key may not use the node instance '{}'; name one that GET /v1/nodes lists, or ask the "
      "operator",
      instance)));
}

}  // namespace paynamed::pipeline
