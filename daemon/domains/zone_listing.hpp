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

#include "base/result.hpp"
#include "domains/zone_entry.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/services.hpp"

namespace paynamed::domains {

using CallPlugin = std::function<boost::asio::awaitable<pipeline::PluginAnswer>(pipeline::PluginCall)>;

struct ZoneListing {
  std::map<std::string, OwnerRecords> owners;  // by name, in normal form
  bool shows_aliases = false;
  bool has_comments = false;
};

struct ListingLimits {
  std::size_t records = 2'000'000;
  std::size_t bytes = 512U << 20;
};

class ZoneReader {
 public:
  explicit ZoneReader(CallPlugin call_plugin, ListingLimits limits = {})
      : call_plugin_(std::move(call_plugin)), limits_(limits) {}

  // UNIMPLEMENTED when the provider cannot list, RESOURCE_EXHAUSTED above the limits, INTERNAL for pages that
  // do not end, and as the plugin fails.
  boost::asio::awaitable<base::Result<ZoneListing>> read(std::string instance, std::string domain) const;
  // The TXT records of one name.
  boost::asio::awaitable<base::Result<std::vector<TxtRecord>>> read_name(std::string instance,
                                                                         std::string domain,
                                                                         std::string owner) const;
  boost::asio::awaitable<base::Result<plugin::v1::DescribeDnsReply>> describe(std::string instance,
                                                                              std::string domain) const;
  boost::asio::awaitable<base::Result<plugin::v1::SigningStatusReply>> signing_status(
      std::string instance, std::string domain) const;

 private:
  class Collector;
  boost::asio::awaitable<base::Status> list_names(std::string instance, std::string domain,
                                                  Collector& collector) const;
  boost::asio::awaitable<base::Status> list_zone(std::string instance, std::string domain, bool only_aliases,
                                                 Collector& collector) const;
  template <class Reply, class Request>
  boost::asio::awaitable<base::Result<Reply>> ask(std::string instance, std::string method,
                                                  Request request) const;

  const CallPlugin call_plugin_;
  const ListingLimits limits_;
};

}  // namespace paynamed::domains
