// ZonePages: a transferred zone page by page. Records of one owner are never split between pages, and a page
// goes on behind the last owner of the one before, whatever changed in the zone meanwhile.
//
// Threads: every function may be called on several threads at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <paynamed/host.hpp>
#include <paynamed/zone_copies.hpp>
#include <string>
#include <vector>

#include "zone_transfer.hpp"

namespace paynamed::rfc2136 {

class ZonePages {
 public:
  using Zone = std::vector<TransferredRecord>;
  using Copies = ZoneCopies<Zone>;

  explicit ZonePages(Host host) : copies_(std::move(host)) {}

  struct Page {
    Copies::Copy zone;  // what the records are in
    std::vector<const TransferredRecord*> records;
    std::string next;  // empty on the last page
  };
  // Which page, and how long to wait for another's transfer of the zone.
  struct Wanted {
    std::string zone;
    std::string after;  // the owner behind which it begins; empty: from the start
    std::size_t limit;
    std::chrono::milliseconds patience;
  };
  // The records that `take` takes, at least `limit` of them if there are. A first page has the zone as it is
  // now, by `fetch`; those behind it have the same copy while it is kept.
  Page page(const Wanted& wanted, const Copies::Fetch& fetch,
            const std::function<bool(const TransferredRecord&)>& take);

 private:
  Copies copies_;
};

}  // namespace paynamed::rfc2136
