#include "process/checked_config.hpp"

#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

#include "api/auth.hpp"
#include "host/module.hpp"

namespace paynamed::process {
namespace {

constexpr std::string_view kPackage = "paynamed.plugin.v1.";

// The folder of modules beside the running program: build trees and installations need no configuration.
std::filesystem::path default_module_directory() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return PAYNAMED_MODULE_DIRECTORY;
  const auto beside = program.parent_path().parent_path() / "plugins";
  return std::filesystem::is_directory(beside, error) ? beside
                                                      : std::filesystem::path{PAYNAMED_MODULE_DIRECTORY};
}

using Places = std::set<std::pair<std::uint32_t, std::uint32_t>>;

// `told`: where the file has mistakes that were found without its modules. What a module has to say of a
// value that could not even be read is no second mistake.
void report(const config::Config& config, const host::InstanceProblem& problem, const Places& told,
            config::Diagnostics& diagnostics) {
  const config::Plugin* plugin = config.find_plugin(problem.id);
  // The file names no module, or none that can be: that was told.
  if (plugin && plugin->module.value.empty()) return;
  if (problem.problems.empty()) {
    diagnostics.error(plugin ? plugin->module.region : config::Region{}, problem.status.message());
  }
  for (const host::SchemaProblem& each : problem.problems) {
    const config::Region place = config.place_in_plugin(problem.id, each.path, each.at_key);
    if (!each.path.empty() && told.contains({place.line, place.column})) continue;
    std::string suggestion =
        each.suggestion.empty() ? std::string{} : "did you mean '" + each.suggestion + "'?";
    if (each.hide) {
      diagnostics.secret_error(place, each.message, std::move(suggestion));
    } else {
      diagnostics.error(place, each.message, std::move(suggestion));
    }
  }
}

std::map<std::string, pipeline::KnownInstance, std::less<>> known_instances(
    const config::Config& config, const std::vector<std::filesystem::path>& directories) {
  std::map<std::string, pipeline::KnownInstance, std::less<>> known;
  for (const config::Plugin& plugin : config.plugins) {
    const auto file = host::find_module(plugin.module.value, directories);
    if (!file) continue;
    const auto module = host::load_module(*file);
    if (module) known[plugin.id] = {std::string{kPackage} + (*module)->contract(), plugin.retired};
  }
  return known;
}

}  // namespace

host::BreakerSettings breaker_settings(const config::Breakers& breakers) {
  return {breakers.enabled,      breakers.window, breakers.minimum,
          breakers.failure_rate, breakers.open,   breakers.most_open};
}

host::HostSettings host_settings(const config::Config& config) {
  host::HostSettings settings;
  settings.module_directories = config.daemon.plugin_path;
  settings.module_directories.push_back(default_module_directory());
  settings.directory = config.file.parent_path();
  settings.breakers = breaker_settings(config.breakers);
  return settings;
}

std::vector<host::InstanceConfig> instance_configs(const config::Config& config) {
  std::vector<host::InstanceConfig> configs;
  for (const config::Plugin& plugin : config.plugins) {
    configs.push_back({plugin.id, plugin.module.value, plugin.settings, plugin.retired});
  }
  return configs;
}

CheckedConfig check_config(const std::filesystem::path& file) {
  CheckedConfig checked;
  auto runtime = std::make_shared<pipeline::Runtime>();
  runtime->config = config::load(file, checked.diagnostics);
  runtime->hash = api::to_hex(api::sha256(runtime->config.source));
  const host::HostSettings settings = host_settings(runtime->config);
  Places told;
  for (const config::Diagnostic& each : checked.diagnostics.sorted())
    told.emplace(each.region.line, each.region.column);
  for (const auto& problem : host::check_instances(settings, instance_configs(runtime->config))) {
    report(runtime->config, problem, told, checked.diagnostics);
  }
  runtime->instances = known_instances(runtime->config, settings.module_directories);
  runtime->pipelines = pipeline::compile(runtime->config, runtime->instances, checked.diagnostics);
  checked.runtime = std::move(runtime);
  return checked;
}

}  // namespace paynamed::process
