// DnsZone: what steps ask of the provider that holds the zone of a name.
//
// Threads: keeps nothing of a run; any thread, each call is a coroutine on the daemon's io_context.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "names/payment.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"
#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::pipeline {

// Where the record of a name stands.
struct RecordPlace {
  std::string instance;
  std::string zone;        // with its dot
  std::string owner_name;  // the same

  // As an intent has it.
  static RecordPlace from_intent(const boost::json::object& intent);
  void put_into(boost::json::object& intent) const;
  // What DnsZone::pending() has to know of a change of the record; nothing where the provider gave it no id.
  void put_change_into(boost::json::object& outputs, const std::string& change_id) const;
};

class DnsZone {
 public:
  explicit DnsZone(const Services& services) : services_(services) {}

  // A name keeps the instance that holds its record; a new one gets its domain's. UNAVAILABLE when the domain
  // is no longer configured.
  base::Result<RecordPlace> place_of(const StepContext& context) const;
  // `source` as the name's domain lets it be published now, with the step's `ttl` or else `ttl`.
  // FAILED_PRECONDITION when it must not be, UNAVAILABLE when the domain is no longer configured.
  base::Result<names::Publication> publication(const StepContext& context, const std::string& source,
                                               std::optional<std::chrono::seconds> ttl = {}) const;

  // All TXT records at the name, with their TTL and comment.
  boost::asio::awaitable<base::Result<std::vector<plugin::v1::TxtRecord>>> read_records(
      const StepContext& context, const RecordPlace& place, std::string settle_key = {}) const;
  // All TXT values at the name, as bytes of whoever wrote them. `settle_key`: as PluginCall.
  boost::asio::awaitable<base::Result<std::vector<std::string>>> read(const StepContext& context,
                                                                      const RecordPlace& place,
                                                                      std::string settle_key = {}) const;
  boost::asio::awaitable<Called<plugin::v1::PublishReply>> publish(const StepContext& context,
                                                                   const RecordPlace& place,
                                                                   const plugin::v1::PublishRequest& request,
                                                                   const std::string& key) const;
  // Nothing when the value is gone.
  boost::asio::awaitable<std::optional<Failure>> withdraw(const StepContext& context,
                                                          const RecordPlace& place, const std::string& value,
                                                          const std::string& key) const;
  boost::asio::awaitable<base::Result<plugin::v1::DescribeDnsReply>> describe(const StepContext& context,
                                                                              const RecordPlace& place) const;
  // What the provider says of the change that a step's outputs name, when it has not reached all its servers;
  // nothing when it has, or when nobody knows.
  boost::asio::awaitable<std::optional<std::string>> pending(const StepContext& context,
                                                             const boost::json::object& outputs) const;
  // How long a request may still act after it was sent.
  boost::asio::awaitable<base::Duration> longest_request(const StepContext& context,
                                                         const RecordPlace& place) const;

  // One record at the place; what is expected there before is the caller's to add.
  static plugin::v1::PublishRequest publish_request(const RecordPlace& place, const std::string& value,
                                                    std::uint32_t ttl);

 private:
  Services services_;
};

}  // namespace paynamed::pipeline
