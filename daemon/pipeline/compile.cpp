#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "pipeline/expiry_rules.hpp"
#include "pipeline/order_rules.hpp"
#include "pipeline/step_compiler.hpp"
#include "pipeline/step_kind.hpp"

namespace paynamed::pipeline {
namespace {

CompiledPipeline compile_one(CompileContext& context, const config::Pipeline& pipeline) {
  CompiledPipeline compiled;
  compiled.name = pipeline.name;
  StepCompiler steps{context, pipeline};
  for (const config::Step& step : pipeline.steps) compiled.steps.push_back(steps.compile(step));
  check_order(pipeline, context.diagnostics);
  return compiled;
}

std::string short_name(const std::string& contract) {
  return contract.substr(contract.rfind('.') + 1);
}

void check_domains(const config::Config& config, const KnownInstances& instances,
                   config::Diagnostics& diagnostics) {
  std::vector<std::string> fitting;
  for (const auto& [id, instance] : instances) {
    if (instance.contract == kDnsProviderContract && !instance.retired) fitting.push_back(id);
  }
  for (const config::Domain& domain : config.domains) {
    const auto instance = instances.find(domain.dns.value);
    if (instance == instances.end() || instance->second.contract == kDnsProviderContract) continue;
    diagnostics.error(domain.dns.region,
                      fmt::format("instance '{}' is a {}; a domain needs a DnsProvider", domain.dns.value,
                                  short_name(instance->second.contract)),
                      near_or_listed({}, fitting, "instances that fit"));
  }
}

void check_node_keys(const config::Config& config, const KnownInstances& instances,
                     config::Diagnostics& diagnostics) {
  for (const config::Plugin& plugin : config.plugins) {
    const auto instance = instances.find(plugin.id);
    if (!plugin.tenants || plugin.tenants->empty() || instance == instances.end() ||
        instance->second.contract == kNodeBackendContract)
      continue;
    diagnostics.error(plugin.tenants->front().region,
                      fmt::format("'tenants' says who may use a node, and instance '{}' is a {}", plugin.id,
                                  short_name(instance->second.contract)),
                      "leave it out; [domains] says who may use which domain");
  }
}

bool makes_offers_at(const std::map<std::string, CompiledPipeline, std::less<>>& pipelines,
                     const std::string& instance) {
  return std::ranges::any_of(pipelines, [&](const auto& pipeline) {
    return std::ranges::any_of(pipeline.second.steps, [&](const CompiledStep& step) {
      return step.kind == "offer.create" && step.instance == instance;
    });
  });
}

// A list is exact: who has a domain and is not in it has no node for its names.
void check_node_tenants(const config::Config& config,
                        const std::map<std::string, CompiledPipeline, std::less<>>& pipelines,
                        config::Diagnostics& diagnostics) {
  for (const config::Plugin& plugin : config.plugins) {
    if (!plugin.tenants || plugin.tenants->empty() || !makes_offers_at(pipelines, plugin.id)) continue;
    std::set<std::string> shut_out;
    for (const config::Domain& domain : config.domains) {
      for (const auto& tenant : domain.tenants) shut_out.insert(tenant.value);
    }
    for (const auto& tenant : *plugin.tenants) shut_out.erase(tenant.value);
    if (shut_out.empty()) continue;
    diagnostics.warning(plugin.tenants->front().region,
                        fmt::format("the pipelines make offers at '{}', and tenants with domains may not use "
                                    "it: {}",
                                    plugin.id, fmt::join(shut_out, ", ")),
                        "add them to 'tenants', or let their names bring offers or name another node");
  }
}

bool needs_node(const config::Pipeline& pipeline) {
  return std::any_of(pipeline.steps.begin(), pipeline.steps.end(), [](const config::Step& step) {
    const StepKind* kind = find_step_kind(step.kind.value);
    return kind != nullptr && kind->needs == Needs::kNodeBackend;
  });
}

// The node of the built-in pipelines: `default_node`, or the only one. Empty when there is none.
std::string built_in_node(const config::Config& config, const KnownInstances& instances, bool needed,
                          config::Diagnostics& diagnostics) {
  std::vector<std::string> nodes;
  for (const auto& [id, instance] : instances) {
    if (instance.contract == kNodeBackendContract && !instance.retired) nodes.push_back(id);
  }
  if (config.daemon.default_node) {
    const config::At<std::string>& chosen = *config.daemon.default_node;
    const auto instance = instances.find(chosen.value);
    if (instance != instances.end() && instance->second.contract != kNodeBackendContract) {
      diagnostics.error(chosen.region,
                        fmt::format("'default_node' is '{}', a {}; it must be a NodeBackend", chosen.value,
                                    short_name(instance->second.contract)),
                        near_or_listed({}, nodes, "instances that fit"));
    }
    return chosen.value;
  }
  if (nodes.empty()) return {};
  if (nodes.size() > 1 && needed) {
    // At the last of the file: before it came, the choice was clear.
    config::Region last;
    std::string all;
    for (const config::Plugin& plugin : config.plugins) {
      if (std::find(nodes.begin(), nodes.end(), plugin.id) == nodes.end()) continue;
      last = plugin.region;
      all += (all.empty() ? "" : ", ") + plugin.id;
    }
    diagnostics.error(
        last, fmt::format("there are several nodes ({}), and the built-in pipelines cannot choose", all),
        fmt::format("add default_node = \"{}\" to [daemon], or write the pipelines", nodes.front()));
  }
  return nodes.front();
}

}  // namespace

CompiledPipeline CompiledPipeline::at_node(const std::string& instance) const {
  CompiledPipeline moved = *this;
  for (CompiledStep& step : moved.steps) {
    const StepKind* kind = find_step_kind(step.kind);
    if (kind != nullptr && kind->needs == Needs::kNodeBackend) step.instance = instance;
  }
  return moved;
}

std::map<std::string, CompiledPipeline, std::less<>> compile(const config::Config& config,
                                                             const KnownInstances& instances,
                                                             config::Diagnostics& diagnostics) {
  std::map<std::string, CompiledPipeline, std::less<>> compiled;
  check_domains(config, instances, diagnostics);
  check_node_keys(config, instances, diagnostics);
  check_expiry(config, diagnostics);
  const config::SourceText text{config.source};
  CompileContext written{config, instances, text, diagnostics, std::nullopt};
  for (const config::Pipeline& pipeline : config.pipelines) {
    compiled.insert_or_assign(pipeline.name, compile_one(written, pipeline));
  }

  // A mistake in our own text would have no place in the operator's file; a test proves that there is none.
  config::Diagnostics none;
  const std::string source{built_in_toml()};
  const std::vector<config::Pipeline> built_in = config::parse_pipelines(source, none);
  bool needed = false;
  for (const config::Pipeline& pipeline : built_in) {
    needed = needed || (needs_node(pipeline) && !compiled.contains(pipeline.name));
  }
  const config::SourceText built_in_text{source};
  CompileContext context{config, instances, built_in_text, none,
                         built_in_node(config, instances, needed, diagnostics)};
  for (const config::Pipeline& pipeline : built_in) {
    if (!compiled.contains(pipeline.name)) compiled.emplace(pipeline.name, compile_one(context, pipeline));
  }
  check_node_tenants(config, compiled, diagnostics);
  return compiled;
}

}  // namespace paynamed::pipeline
