// ZoneListing: what a provider has in a zone at payment names, read page by page and put together by owner.
//
// Providers list in orders of their own, so that the whole is read before anything is judged; it is bounded.
// Where the provider lists TXT records alone, aliases are not seen.
//
// Threads: read() may be called from any thread; what it gives is a value.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domains/zone_entry.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/services.hpp"

namespace paynamed::domains {

using CallPlugin = std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)>;

// Where the records of a domain are asked for.
struct ZonePlace {
  std::string instance;
  std::string domain;
  std::string zone;  // that holds the names of the domain, without the dot

  bool operator==(const ZonePlace&) const = default;
};

struct ZoneListing {
  std::map<std::string, OwnerRecords> owners;  // by name, in normal form
  bool shows_aliases = false;
  bool has_comments = false;
  base::WallTime begun;  // what happened from here on may be in it or not
};

struct ListingLimits {
  std::size_t records = 2'000'000;
  std::size_t bytes = 512U << 20;
  // For all pages together; below what the API gives a request (api/time_limits.hpp).
  base::Duration time{90'000};
};

class ZoneReader {
 public:
  // `clock` outlives this.
  ZoneReader(CallPlugin call_plugin, base::Clock& clock, ListingLimits limits = {})
      : call_plugin_(std::move(call_plugin)), clock_(clock), limits_(limits) {}

  // UNIMPLEMENTED when the provider cannot list, RESOURCE_EXHAUSTED above the limits, DEADLINE_EXCEEDED when
  // it takes too long, INTERNAL for pages that do not end, and as the plugin fails.
  boost::asio::awaitable<base::Result<ZoneListing>> read(ZonePlace place) const;
  // The TXT records of one name.
  boost::asio::awaitable<base::Result<std::vector<TxtRecord>>> read_name(ZonePlace place,
                                                                         std::string owner) const;
  boost::asio::awaitable<base::Result<plugin::v1::DescribeDnsReply>> describe(ZonePlace place) const;
  boost::asio::awaitable<base::Result<plugin::v1::SigningStatusReply>> signing_status(ZonePlace place) const;

 private:
  class Collector;
  boost::asio::awaitable<base::Status> list_names(ZonePlace place, base::MonotonicTime end,
                                                  Collector& collector) const;
  boost::asio::awaitable<base::Status> list_zone(ZonePlace place, base::MonotonicTime end, bool only_aliases,
                                                 Collector& collector) const;
  template <class Reply, class Request>
  boost::asio::awaitable<base::Result<Reply>> list_page(ZonePlace place, std::string method, Request request,
                                                        base::MonotonicTime end) const;
  template <class Reply, class Request>
  boost::asio::awaitable<base::Result<Reply>> ask(std::string instance, std::string method, Request request,
                                                  base::Duration timeout) const;

  const CallPlugin call_plugin_;
  base::Clock& clock_;
  const ListingLimits limits_;
};

}  // namespace paynamed::domains
