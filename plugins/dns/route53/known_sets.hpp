// KnownSets: the TXT set that a name had when it was last seen, so that replacing it needs no reading. What
// it says may be old: Route 53 compares.
//
// Threads: on the strand.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "messages.hpp"

namespace paynamed::route53 {

class KnownSets {
 public:
  // Null: not known.
  const RecordSet* find(const std::string& name) const {
    const auto at = sets_.find(name);
    return at == sets_.end() ? nullptr : &at->second;
  }
  void put(const RecordSet& set) {
    if (sets_.insert_or_assign(set.name, set).second) order_.push_back(set.name);
    while (order_.size() > kMost) {
      sets_.erase(order_.front());
      order_.pop_front();
    }
  }
  void forget(const std::string& name) { sets_.erase(name); }

 private:
  static constexpr std::size_t kMost = 8'192;
  std::map<std::string, RecordSet> sets_;
  std::deque<std::string> order_;  // by their age; may have names that are forgotten
};

}  // namespace paynamed::route53
