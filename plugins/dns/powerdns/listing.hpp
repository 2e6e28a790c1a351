// Pages of a zone: its records in the order of their names. A page says behind which record it begins, so
// that it is still right when others were added or removed meanwhile.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
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

struct ListedPage {
  std::vector<ListedRecord> records;
  std::string next;  // empty on the last
};

// At most `limit` records (0: a usual number) behind `page`. Throws Error(kInvalidArgument) for a page that
// nobody gave.
ListedPage page_of(std::vector<RRset> rrsets, const std::string& page, std::uint32_t limit);

}  // namespace paynamed::powerdns
