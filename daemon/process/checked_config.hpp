// A configuration file, checked with the modules it names: parsed, modules loaded, tables held against their
// schemas, pipelines compiled. Nothing is created and nothing outside is asked.
//
// Threads: call once at a time; loading modules is slow.
#pragma once

#include <filesystem>
#include <memory>

#include "config/config.hpp"
#include "config/diagnostic.hpp"
#include "host/plugin_host.hpp"
#include "pipeline/runtime.hpp"

namespace paynamed::process {

struct CheckedConfig {
  std::shared_ptr<const pipeline::Runtime> runtime;  // usable only if there are no errors
  config::Diagnostics diagnostics;
};

CheckedConfig check_config(const std::filesystem::path& file);

// How the host is told of the plugins of a configuration.
host::BreakerSettings breaker_settings(const config::Breakers& breakers);
host::HostSettings host_settings(const config::Config& config);
std::vector<host::InstanceConfig> instance_configs(const config::Config& config);

}  // namespace paynamed::process
