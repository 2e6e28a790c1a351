// HostedPlugin: a module in the daemon's own plugin host, with true time, as a DnsCaller of the conformance
// suite. So the border between daemon and plugin is crossed as in the daemon.
//
// Threads: call_all() from any thread, restart() while nobody calls.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/plugin_host.hpp"
#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::fakes {

// What several of them log.
class Journal {
 public:
  void add(std::string_view line);
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class HostedPlugin final : public testing::DnsCaller {
 public:
  // `module` is the file, `table` as in the configuration with secrets as { file = ... }. `journal` outlives
  // it. `added` are secrets that no configuration names. Throws std::runtime_error with what is wrong.
  HostedPlugin(std::filesystem::path module, boost::json::object table, Journal& journal,
               host::AddedSecrets added = {});
  ~HostedPlugin() override;
  HostedPlugin(const HostedPlugin&) = delete;
  HostedPlugin& operator=(const HostedPlugin&) = delete;

  std::vector<Result<std::string>> call_all(const std::vector<testing::DnsCall>& calls) override;
  void restart() override;
  void pass(std::chrono::milliseconds time) override;

 private:
  class Running;
  std::filesystem::path module_;
  boost::json::object table_;
  Journal& journal_;
  host::AddedSecrets added_;
  std::unique_ptr<Running> running_;
};

}  // namespace paynamed::fakes
