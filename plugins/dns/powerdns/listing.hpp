// Pages of a zone: its records in the order of their names. A page says behind which record it begins, so
// that it is still right when others were added or removed meanwhile.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rrsets.hpp"

namespace paynamed::powerdns {

struct ListedRecord {
  std::string name;
  std::string type;
  std::string content;
  std::uint32_t ttl_seconds = 0;
  std::string comment;
};

// In the order of names, types and contents.
using ListedZone = std::vector<ListedRecord>;
ListedZone listed(std::vector<RRset> rrsets);

struct ListedPage {
  std::vector<const ListedRecord*> records;  // in the zone
  std::string next;                          // empty on the last
};

// At most `limit` of the records that `take` takes (0: a usual number) behind `page`. Throws
// Error(kInvalidArgument) for a page that nobody gave.
ListedPage page_of(const ListedZone& zone, const std::string& page, std::uint32_t limit,
                   const std::function<bool(const ListedRecord&)>& take);

}  // namespace paynamed::powerdns
