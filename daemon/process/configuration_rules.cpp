#include "process/configuration_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace paynamed::process {
namespace {

base::Result<void> check_instances(const config::Config& config, const state::InUse& uses) {
  for (const state::InstanceUse& use : uses.instances) {
    if (use.instance.empty() || config.find_plugin(use.instance)) continue;
    return base::fail(base::failed_precondition(fmt::format(
        "the configuration lacks [plugins.{}], which {} names, {} offers, {} open runs, {} moves, "
        "{} open invoices, {} open orders and {} webhooks use; put "
        "it back, with `retired = true` if it must get no new work",
        use.instance, use.names, use.offers, use.open_runs, use.moves, use.invoices, use.orders,
        use.webhooks)));
  }
  return {};
}

std::uint64_t names_of(const state::DomainUse& use) {
  std::uint64_t names = 0;
  for (const auto& [instance, count] : use.names) names += count;
  return names;
}

constexpr std::size_t kMostShown = 3;

// "paynamectl nodes rm 0189..., with a key of the tenant 'shop'", for the first few.
std::string removal_of(const std::vector<const state::NodeRow*>& nodes) {
  std::string commands;
  for (std::size_t i = 0; i < std::min(nodes.size(), kMostShown); ++i) {
    commands += fmt::format("{}paynamectl nodes rm {} (with a key of the tenant '{}')", i == 0 ? "" : ", ",
                            nodes[i]->id.to_string(), nodes[i]->tenant);
  }
  if (nodes.size() > kMostShown) commands += fmt::format(" and {} more", nodes.size() - kMostShown);
  return commands;
}

}  // namespace

base::Result<void> check_added_nodes(const config::Config& config, const std::vector<state::NodeRow>& added) {
  std::map<std::string, std::vector<const state::NodeRow*>> by_instance;
  for (const state::NodeRow& node : added) by_instance[node.place.instance].push_back(&node);
  for (const auto& [instance, nodes] : by_instance) {
    const config::Plugin* plugin = config.find_plugin(instance);
    if (plugin != nullptr && !plugin->added_nodes.empty()) continue;
    const std::string what = plugin == nullptr
                                 ? fmt::format("the configuration lacks [plugins.{}]", instance)
                                 : fmt::format("[plugins.{}] has no added_nodes any more", instance);
    return base::fail(base::failed_precondition(
        fmt::format("{}, and {} nodes were added to it; put it back, and remove them first: {}", what,
                    nodes.size(), removal_of(nodes))));
  }
  return {};
}

base::Result<void> check_records_are_there(const config::Domain& domain, const state::DomainUse& use) {
  // Until the file says where a finished move went, it may say where the names came from.
  const bool moved = use.moved && use.moved->from == domain.dns.value;
  const std::string& home = moved ? use.moved->to : domain.dns.value;
  if (use.moving && home != use.moving->from) {
    return base::fail(base::failed_precondition(fmt::format(
        "[domains.\"{0}\"] dns = \"{1}\", but its names are being moved from '{2}' to '{3}'; put dns "
        "= \"{2}\" back until the move has ended (paynamectl domains move {0} --follow)",
        domain.name, domain.dns.value, use.moving->from, use.moving->to)));
  }
  for (const auto& [instance, names] : use.names) {
    if (instance == home || (use.moving && instance == use.moving->to)) continue;
    return base::fail(
        base::failed_precondition(fmt::format("[domains.\"{0}\"] dns = \"{1}\", but '{2}' holds the records "
                                              "of {3} of its names; put dns = \"{2}\" back "
                                              "and move them first: paynamectl domains move {0} --to {1}",
                                              domain.name, domain.dns.value, instance, names)));
  }
  const auto runs_with = [&use](const std::string& instance) {
    const auto with = use.runs_with.find(instance);
    return with == use.runs_with.end() ? std::uint64_t{0} : with->second;
  };
  // Those that began while the domain was moved know both instances and count twice.
  const std::uint64_t fitting = runs_with(home) + (use.moving ? runs_with(use.moving->to) : 0);
  if (fitting < use.open_runs) {
    return base::fail(base::failed_precondition(fmt::format(
        "[domains.\"{0}\"] dns = \"{1}\", but {2} open runs of the domain began with another "
        "instance; wait for their end, or resume or cancel those that are paused (paynamectl runs)",
        domain.name, domain.dns.value, use.open_runs - fitting)));
  }
  return {};
}

base::Result<void> check_in_use(const config::Config& config, const state::InUse& uses) {
  if (auto kept = check_instances(config, uses); !kept) return kept;
  for (const state::DomainUse& use : uses.domains) {
    const config::Domain* domain = config.find_domain(use.domain);
    if (!domain) {
      return base::fail(
          base::failed_precondition(fmt::format("the configuration lacks [domains.\"{0}\"], which has {1} "
                                                "names and {2} open runs; put it back, and "
                                                "remove its names first",
                                                use.domain, names_of(use), use.open_runs)));
    }
    if (auto there = check_records_are_there(*domain, use); !there) return there;
  }
  return {};
}

base::Result<void> check_modules_stay(const config::Config& before, const config::Config& after,
                                      const state::InUse& uses) {
  for (const state::InstanceUse& use : uses.instances) {
    const config::Plugin* old = before.find_plugin(use.instance);
    const config::Plugin* now = after.find_plugin(use.instance);
    if (!old || !now || old->module.value == now->module.value) continue;
    return base::fail(base::failed_precondition(fmt::format(
        "[plugins.{0}] module = \"{1}\", but {2} names, {3} offers, {4} open runs and {6} webhooks use what "
        "'{0}' made as \"{5}\"; make a second instance with the new module and move to that",
        use.instance, now->module.value, use.names, use.offers, use.open_runs, old->module.value,
        use.webhooks)));
  }
  return {};
}

}  // namespace paynamed::process
