// Registry: what must outlive everything else in the process, and the only global state of the daemon: loaded
// modules (never unloaded), and the numbers by which plugins name their instance, so that a late call from a
// plugin's thread finds nothing instead of freed memory.
//
// Threads: every function may be called from any thread.
#pragma once

#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/result.hpp"
#include "host/module.hpp"

namespace paynamed::host {

class InstanceCore;
class ThreadPool;

class Registry {
 public:
  // Is made at the first call and never destroyed.
  static Registry& get();

  // The module of `file`; `load` makes it if it is not there yet, under the registry's lock.
  base::Result<const Module*> module(const std::filesystem::path& file,
                                     const std::function<base::Result<Module>()>& load);
  // Keeps a library open for ever. Only from within `load` above, which holds the lock.
  void keep(boost::dll::shared_library library);

  // A number for an instance that is not used again, and the table for its plugin, which stays where it is.
  // The caller fills the table before the plugin sees it.
  struct Entry {
    std::uint32_t number;
    pn_host* table;
  };
  Entry add(std::weak_ptr<InstanceCore> core);
  // nullptr if the instance is gone.
  std::shared_ptr<InstanceCore> find(std::uint32_t number) const;

  // A pool whose threads are still inside a plugin that would not stop.
  void leave(std::shared_ptr<ThreadPool> pool);

 private:
  mutable std::mutex mutex_;
  std::map<std::filesystem::path, std::unique_ptr<Module>> modules_;
  std::vector<boost::dll::shared_library> libraries_;
  std::vector<std::shared_ptr<ThreadPool>> left_;

  mutable std::shared_mutex instances_mutex_;
  std::vector<std::weak_ptr<InstanceCore>> instances_;
  std::vector<std::unique_ptr<pn_host>> tables_;
};

}  // namespace paynamed::host
