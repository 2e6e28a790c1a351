// What the plugin host has to do when one configuration takes the place of another.
//
// Threads: a pure function, but for the files of the modules that it looks for.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "host/plugin_host.hpp"

namespace paynamed::process {

struct PluginChange {
  std::vector<host::InstanceConfig> make;             // new, or in place of one with this id
  std::vector<std::string> retry;                     // of these, those that are as before and failed then
  std::vector<std::string> remove;                    // no longer in the file
  std::vector<std::pair<std::string, bool>> retired;  // whose `retired` alone changed

  bool empty() const { return make.empty() && remove.empty() && retired.empty(); }
};

// An instance is made anew when its settings changed or its module is another file by now; and when it does
// not run.
PluginChange plugin_change(const config::Config& before, const config::Config& after,
                           const std::function<bool(const std::string& id)>& runs);

}  // namespace paynamed::process
