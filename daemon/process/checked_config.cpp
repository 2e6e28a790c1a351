#include "process/checked_config.hpp"

#include <system_error>

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

void report(const config::Config& config, const host::InstanceProblem& problem,
            config::Diagnostics& diagnostics) {
  if (problem.problems.empty()) {
    const config::Plugin* plugin = config.find_plugin(problem.id);
    diagnostics.error(plugin ? plugin->module.region : config::Region{}, problem.status.message());
  }
  for (const host::SchemaProblem& each : problem.problems) {
    const config::Region place = config.place_in_plugin(problem.id, each.path, each.at_key);
    diagnostics.error(place, each.message,
                      each.suggestion.empty() ? std::string{} : "did you mean '" + each.suggestion + "'?");
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

host::HostSettings host_settings(const config::Config& config) {
  host::HostSettings settings;
  settings.module_directories = config.daemon.plugin_path;
  settings.module_directories.push_back(default_module_directory());
  settings.directory = config.file.parent_path();
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
  const host::HostSettings settings = host_settings(runtime->config);
  for (const auto& problem : host::check_instances(settings, instance_configs(runtime->config))) {
    report(runtime->config, problem, checked.diagnostics);
  }
  runtime->pipelines = pipeline::compile(
      runtime->config, known_instances(runtime->config, settings.module_directories), checked.diagnostics);
  checked.runtime = std::move(runtime);
  return checked;
}

}  // namespace paynamed::process
