// Provider: one instance of a DnsProvider, as moves use it for one zone.
//
// Threads: coroutines on any executor.
#pragma once

#include <string>
#include <vector>

#include "moves/services.hpp"
#include "moves/zone_sets.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::moves {

class Provider {
 public:
  // `zone` is with its dot.
  Provider(const Services& services, std::string instance, std::string zone)
      : services_(services), instance_(std::move(instance)), zone_(std::move(zone)) {}

  const std::string& instance() const { return instance_; }
  const std::string& zone() const { return zone_; }

  boost::asio::awaitable<base::Result<plugin::v1::DescribeDnsReply>> describe() const;
  // All sets of the zone. RESOURCE_EXHAUSTED when there are more than anybody compares.
  boost::asio::awaitable<base::Result<ZoneSets>> list() const;
  boost::asio::awaitable<base::Result<std::vector<std::string>>> read(std::string owner) const;
  // The record stands where nothing or the same stood. ABORTED when something else stands there; the message
  // says what. `stuck`: as pipeline::PluginAnswer.
  struct Written {
    base::Status status;
    bool changed = false;  // it was not there before
    bool stuck = false;
  };
  boost::asio::awaitable<Written> publish(std::string owner, std::string value, std::uint32_t ttl,
                                          std::string key) const;
  boost::asio::awaitable<Written> withdraw(std::string owner, std::string value, std::string key) const;

 private:
  pipeline::PluginCall call_of(std::string method, std::string key) const;

  const Services& services_;
  std::string instance_;
  std::string zone_;
};

// Whether a person has to see to it: the instance was asked and will refuse the same again.
bool needs_a_person(base::Code code);

}  // namespace paynamed::moves
