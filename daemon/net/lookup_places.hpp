// LookupPlaces: how many look-ups of host names are open, so that neither all of them nor those below one
// domain are too many.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/status.hpp"

namespace paynamed::net {

class LookupPlaces {
 public:
  // `most` at once; `most_of_domain` of them, unless it is 0, for hosts with the same last two labels: who
  // has a domain has any number of names below it.
  explicit LookupPlaces(std::size_t most, std::size_t most_of_domain = 0)
      : most_(most), most_of_domain_(most_of_domain) {}

  // Takes a place for `host`, which give() gives back. RESOURCE_EXHAUSTED when there is none.
  base::Status take(const std::string& host);
  void give(const std::string& host);

 private:
  const std::size_t most_;
  const std::size_t most_of_domain_;
  std::mutex mutex_;
  std::size_t open_ = 0;                        // guarded by mutex_
  std::map<std::string, std::size_t> domains_;  // guarded by mutex_
};

}  // namespace paynamed::net
