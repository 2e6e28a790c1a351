#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

std::string near_or_known(std::string_view word, const std::vector<std::string>& candidates,
                          std::string_view table) {
  const std::string near = nearest(word, candidates);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  if (candidates.empty()) return fmt::format("the file has no [{}.<id>] at all", table);
  std::string known;
  for (const std::string& candidate : candidates) known += (known.empty() ? "" : ", ") + candidate;
  return "defined are: " + known;
}

std::vector<std::string> plugin_ids(const Config& config) {
  std::vector<std::string> ids;
  for (const Plugin& plugin : config.plugins) ids.push_back(plugin.id);
  return ids;
}

void check_instance(const Config& config, const At<std::string>& id, std::string_view what,
                    Diagnostics& diagnostics) {
  const Plugin* plugin = config.find_plugin(id.value);
  if (plugin == nullptr) {
    diagnostics.error(
        id.region, fmt::format("{} is {}, but there is no [plugins.{}]", what, in_quotes(id.value), id.value),
        near_or_known(id.value, plugin_ids(config), "plugins"));
  } else if (plugin->retired) {
    diagnostics.error(id.region,
                      fmt::format("{} is {}, which is retired: it only undoes what it did before", what,
                                  in_quotes(id.value)),
                      "name another instance");
  }
}

// The tenant, if the file defines it; else that is said.
const Tenant* find_tenant(const Config& config, const At<std::string>& id, Diagnostics& diagnostics) {
  const auto at = std::find_if(config.tenants.begin(), config.tenants.end(),
                               [&](const Tenant& known) { return known.id == id.value; });
  if (at != config.tenants.end()) return &*at;
  std::vector<std::string> ids;
  for (const Tenant& tenant : config.tenants) ids.push_back(tenant.id);
  diagnostics.error(id.region, fmt::format("there is no tenant {}", in_quotes(id.value)),
                    near_or_known(id.value, ids, "tenants"));
  return nullptr;
}

void check_domain(const Config& config, const Domain& domain, Diagnostics& diagnostics) {
  if (!domain.dns.value.empty()) check_instance(config, domain.dns, "'dns'", diagnostics);
  bool reachable = false;
  for (const At<std::string>& id : domain.tenants) {
    const Tenant* tenant = find_tenant(config, id, diagnostics);
    reachable = reachable || tenant == nullptr || !tenant->api_keys.empty();
  }
  if (!reachable && !domain.tenants.empty()) {
    diagnostics.warning(domain.region, "no tenant of this domain has an API key, so nobody can register here",
                        "add [api] key = { env = \"NAME\" }, or api_keys to a tenant");
  }
}

// Only the monitor notices that there is something to repair.
void check_repair(const Config& config, const Domain& domain, Diagnostics& diagnostics) {
  if (config.monitor.enabled || domain.repair.value == Repair::kReport) return;
  diagnostics.warning(domain.repair.region, "nothing is repaired while [monitor] enabled is false",
                      "enable the monitor, or leave 'repair' out");
}

// Only the monitor sees that an offer comes to its end.
void check_rotation(const Config& config, const Domain& domain, Diagnostics& diagnostics) {
  if (config.monitor.enabled || !domain.rotate_before) return;
  diagnostics.warning(domain.rotate_before->region, "no name is rotated while [monitor] enabled is false",
                      "enable the monitor, or leave 'rotate_before' out");
}

// A key says whose request it is, so it can be only one tenant's.
void check_api_keys(const Config& config, Diagnostics& diagnostics) {
  std::map<std::pair<SecretSource::Kind, std::string>, std::string> owners;
  for (const Tenant& tenant : config.tenants) {
    for (const SecretSource& key : tenant.api_keys) {
      const auto [at, added] = owners.emplace(std::pair{key.kind, key.where}, tenant.id);
      if (added) continue;
      diagnostics.error(key.region,
                        fmt::format("{} {} is an API key of tenant '{}' already",
                                    key.kind == SecretSource::Kind::kFile ? "the file" : "the variable",
                                    in_quotes(key.where), at->second),
                        "give each key a source of its own");
    }
  }
}

}  // namespace

void check_references(const Config& config, Diagnostics& diagnostics) {
  if (config.daemon.default_node) {
    check_instance(config, *config.daemon.default_node, "'default_node'", diagnostics);
  }
  for (const Domain& domain : config.domains) {
    check_domain(config, domain, diagnostics);
    check_repair(config, domain, diagnostics);
    check_rotation(config, domain, diagnostics);
  }
  for (const Plugin& plugin : config.plugins) {
    if (!plugin.tenants) continue;
    for (const At<std::string>& id : *plugin.tenants) find_tenant(config, id, diagnostics);
  }
  check_api_keys(config, diagnostics);
}

}  // namespace paynamed::config
