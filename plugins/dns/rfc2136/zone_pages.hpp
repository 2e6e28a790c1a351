// ZonePages: a transferred zone page by page. Records of one owner are never split between pages, and a page
// goes on behind the last owner of the one before, whatever changed in the zone meanwhile.
//
// Threads: every function may be called on several threads at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <paynamed/host.hpp>
#include <string>
#include <vector>

#include "zone_transfer.hpp"

namespace paynamed::rfc2136 {

class ZonePages {
 public:
  using Zone = std::vector<TransferredRecord>;
  using Fetch = std::function<Zone()>;

  explicit ZonePages(Host host) : host_(std::move(host)) {}

  struct Page {
    std::shared_ptr<const Zone> zone;  // what the records are in
    std::vector<const TransferredRecord*> records;
    std::string next;  // empty on the last page
  };
  // The `wanted` records behind the owner `after` (empty: from the start), at least `limit` of them if there
  // are. A copy of the zone is kept for a minute, for the pages behind the first; else `fetch` brings one.
  Page page(const std::string& zone, const std::string& after, std::size_t limit, const Fetch& fetch,
            const std::function<bool(const TransferredRecord&)>& wanted);

 private:
  std::shared_ptr<const Zone> copy_of(const std::string& zone, bool first, const Fetch& fetch);

  const Host host_;
  std::mutex mutex_;
  std::string zone_;                  // of copy_
  std::shared_ptr<const Zone> copy_;  // one at a time: zones may be large
  std::chrono::nanoseconds fetched_{};
};

}  // namespace paynamed::rfc2136
