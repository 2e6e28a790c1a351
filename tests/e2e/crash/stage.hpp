// Stage: one installation of the daemon - configuration, state, secrets - that outlives the daemons which die
// on it.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/failpoint.hpp"
#include "tests/e2e/crash/account.hpp"
#include "tests/e2e/crash/customer.hpp"
#include "tests/e2e/crash/daemon_process.hpp"
#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::crash {

class Stage {
 public:
  struct Options {
    bool power_cut = false;         // the state file's disk has nothing but what was synced
    bool synchronous_off = false;   // the daemon does not sync: what the suite has to notice
    std::uint16_t update_port = 0;  // where [plugins.zone] finds the DNS server; 0: at the lab
    std::string daemon_settings;    // more lines of [daemon]
    std::string node_settings;      // more lines of [plugins.node]
    std::string domain_settings;    // more lines of [domains."example.test"]
    std::string more;               // more TOML at the end of the configuration
  };
  // Domains: example.test is in order, second.test is served with a wrong key, halfdown.test has a server
  // that never answers. `lab` must outlive the stage.
  Stage(const fakes::KnotLab& lab, const Options& options);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Starts a daemon in place of the one before, which has ended. False when it ended before it was ready, as
  // it may with an armed failpoint.
  bool start();
  DaemonProcess& daemon() { return *daemon_; }
  // SIGTERM; empty when it ended in order, else what went wrong.
  std::string stop();

  // From now on the daemon dies when it passes this for the `count`th time.
  void arm(const std::string& failpoint, int count);
  // True when the failpoint was reached.
  bool disarm();
  // The failpoints that were passed since the last call, in order.
  std::vector<std::string> passed();

  // After the daemon's end: a copy of the state as the disk has it now, as the path of its main file.
  std::filesystem::path copy_state();

  const fakes::KnotLab& lab() const { return lab_; }
  Account& account() { return account_; }
  Customer customer() { return {daemon_->address(), api_key_, account_}; }
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path state_file() const { return directory_ / "paynamed.sqlite3"; }
  std::filesystem::path ledger() const { return directory_ / "sandbox.nodes"; }

 private:
  std::string configuration(const Options& options) const;

  const fakes::KnotLab& lab_;
  Account account_;
  std::filesystem::path directory_;
  std::string api_key_ = "key-of-the-crash-suite";
  DaemonProcess::Settings process_;
  base::FailpointControl* control_ = nullptr;
  std::streamoff trace_read_ = 0;
  int copies_ = 0;
  std::unique_ptr<DaemonProcess> daemon_;
};

}  // namespace paynamed::crash
