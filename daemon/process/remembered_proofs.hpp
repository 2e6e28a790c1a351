// RememberedProofs: proofs that were made for somebody who asked, and how often they were asked for since.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "state/model.hpp"

namespace paynamed::process {

class RememberedProofs {
 public:
  // As many are remembered, those asked for last.
  explicit RememberedProofs(std::size_t most) : most_(most) {}

  struct Found {
    state::Proof proof;
    std::size_t asked = 0;  // how often since it was put, this time included
  };
  std::optional<Found> find(const std::string& name);
  // In place of the one before.
  void put(const std::string& name, const state::Proof& proof);

  // Whoever makes a proof ahead of time says so, that nobody else does; false when somebody has.
  bool begin_renewal(const std::string& name);
  void end_renewal(const std::string& name);

 private:
  struct Entry {
    std::string name;
    Found found;
  };

  const std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // the last asked for first
  std::map<std::string, std::list<Entry>::iterator> places_;
  std::set<std::string> renewing_;
};

}  // namespace paynamed::process
