// RecordWatcher: reads the records of names without pause, and says of each answer whether the name could be
// paid by it: one TXT record, of an offer that is enabled at the sandbox that made it.
//
// Threads: watches on a thread of its own; the functions may be called by one other thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::e2e {

// What a sandbox's ledger says of its offers.
struct LedgerOffer {
  std::string issuer;
  bool active = true;
};
std::map<std::string, LedgerOffer> offers_in(const std::filesystem::path& ledger);

class RecordWatcher {
 public:
  RecordWatcher(const fakes::KnotLab& lab, std::vector<std::string> names,
                std::vector<std::filesystem::path> ledgers);
  ~RecordWatcher() { stop(); }

  void stop();
  // What it saw, read after stop().
  std::size_t looks() const { return looks_; }
  std::vector<std::string> findings() const { return findings_; }
  // Values that were seen at the name, each once, in order.
  std::vector<std::string> seen(const std::string& name) const;

 private:
  void watch();
  void look(const std::string& name);

  const fakes::KnotLab& lab_;
  const std::vector<std::string> names_;
  const std::vector<std::filesystem::path> ledgers_;
  std::size_t looks_ = 0;
  std::vector<std::string> findings_;
  std::map<std::string, std::vector<std::string>> seen_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace paynamed::e2e
