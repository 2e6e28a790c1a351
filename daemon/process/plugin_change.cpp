#include "process/plugin_change.hpp"

#include <filesystem>

#include "host/module.hpp"
#include "process/checked_config.hpp"

namespace paynamed::process {
namespace {

// Empty when there is none.
std::filesystem::path module_file(const config::Config& config, const config::Plugin& plugin) {
  const auto file = host::find_module(plugin.module.value, host_settings(config).module_directories);
  if (!file) return {};
  std::error_code error;
  const auto path = std::filesystem::canonical(*file, error);
  return error ? *file : path;
}

}  // namespace

PluginChange plugin_change(const config::Config& before, const config::Config& after,
                           const std::function<bool(const std::string& id)>& runs) {
  PluginChange change;
  for (const config::Plugin& old : before.plugins) {
    if (!after.find_plugin(old.id)) change.remove.push_back(old.id);
  }
  for (const config::Plugin& now : after.plugins) {
    const config::Plugin* old = before.find_plugin(now.id);
    const bool same =
        old && old->settings == now.settings && module_file(before, *old) == module_file(after, now);
    if (same && runs(now.id)) {
      if (old->retired != now.retired) change.retired.emplace_back(now.id, now.retired);
      continue;
    }
    if (same) change.retry.push_back(now.id);
    change.make.push_back({now.id, now.module.value, now.settings, now.retired});
  }
  return change;
}

}  // namespace paynamed::process
