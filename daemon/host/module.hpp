// Module: a loaded shared object that was found fit. Modules stay in the process for ever: unloading gains a
// daemon nothing and is where hosts crash. A new version is installed by rename and taken up at restart.
//
// Threads: immutable; every function may be called from any thread. load_module may be slow (it reads a
// file).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "host/schema.hpp"
#include "paynamed/abi.h"

namespace paynamed::host {

class Module {
 public:
  Module(std::filesystem::path path, const pn_module& abi, Schema schema);

  // Equal to the file's name without .so.
  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  // "DnsProvider", "NodeBackend", "EventServer": without the package.
  const std::string& contract() const { return contract_; }
  const std::filesystem::path& path() const { return path_; }
  const Schema& schema() const { return schema_; }
  const pn_module& abi() const { return *abi_; }

 private:
  std::filesystem::path path_;
  const pn_module* abi_;
  std::string name_;
  std::string version_;
  std::string contract_;
  Schema schema_;
};

// The contracts that this daemon can use, without the package.
std::vector<std::string_view> known_contracts();

// The module in `file`, which is loaded at the first call and found again at the next. The code of the module
// runs here (its static constructors). Refused with a sentence that names the file and what to do: no such
// file, a library that it needs is missing, not a module, another ABI, members missing, a contract that we do
// not know, a name that is not the file's, a bad schema.
base::Result<const Module*> load_module(const std::filesystem::path& file);

// The file of module `name` in the first directory that has it; a name with a slash is a path. NOT_FOUND
// names the nearest module that is there.
base::Result<std::filesystem::path> find_module(std::string_view name,
                                                const std::vector<std::filesystem::path>& directories);

// The same for a table whose pn_module is at hand; for load_module and its tests.
base::Result<Module> inspect_module(const std::filesystem::path& file, const pn_module* abi);

}  // namespace paynamed::host
