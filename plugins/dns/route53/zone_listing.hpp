// ZoneListing: the records of a hosted zone, page by page: all of them, or the TXT records below a name.
//
// Threads: on the strand.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include "api.hpp"

namespace paynamed::route53 {

class ZoneListing {
 public:
  ZoneListing(Host host, Api& api) : host_(std::move(host)), api_(api) {}

  // Names in Route 53's form; `page` as an earlier answer gave it, INVALID_ARGUMENT for another.
  void names(const HostedZone& zone, const std::string& suffix, const std::string& page, std::uint32_t limit,
             const Call& call, std::function<void(Result<plugin::v1::ListNamesReply>)> then);
  // What has no data of its own (an alias of another AWS resource), or data that cannot be converted, is a
  // record with empty data, and a line in the log.
  void records(const HostedZone& zone, const std::string& page, std::uint32_t limit, const Call& call,
               std::function<void(Result<plugin::v1::ListZoneReply>)> then);

 private:
  // Where a page begins: at a set, and behind some of its records.
  struct Place {
    Position position;
    std::size_t skip = 0;
  };
  static std::optional<Place> place_of(const std::string& page);
  static std::string page_of(const Position& position, std::size_t skip);
  void ask(const HostedZone& zone, const Place& place, std::uint32_t limit, const Call& call,
           std::function<void(Result<ListPage>)> then);
  // Calls `add` for each record from `place` on, at most `limit` times; gives the next page, or an empty
  // text.
  template <class Add>
  static std::string take(const ListPage& page, const Place& place, std::uint32_t limit, const Add& add);

  Host host_;
  Api& api_;
};

}  // namespace paynamed::route53
