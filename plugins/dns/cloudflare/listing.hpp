// Listing: a zone's records page by page for ListNames and ListZone. The zone is read once for all pages,
// which never split an owner.
//
// Threads: on the strand.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <paynamed/host.hpp>
#include <string>
#include <vector>

#include "record_list.hpp"

namespace paynamed::cloudflare {

class Listing {
 public:
  explicit Listing(Host host) : host_(std::move(host)) {}

  struct Wanted {
    std::string type;     // empty: all
    std::string below;    // absolute; those below it
    bool itself = false;  // and this name
    std::string page;     // empty: the first
    std::uint32_t limit = 0;
    bool background = false;
  };
  struct Page {
    std::vector<Record> records;
    std::string next;  // empty: there is no more
  };
  // `records` outlives the listing. Fails as RecordList::all().
  void page(RecordList& records, const Wanted& wanted, std::function<void(Result<Page>)> then);

 private:
  using Records = std::shared_ptr<const std::vector<Record>>;
  using Key = std::pair<const RecordList*, std::string>;
  struct Kept {
    Records records;
    std::chrono::nanoseconds until;
  };
  static Page cut(const std::vector<Record>& records, const Wanted& wanted);

  Host host_;
  std::map<Key, Kept> kept_;
};

}  // namespace paynamed::cloudflare
