// Cloudflare: the DnsProvider for zones at Cloudflare. It has no compare-and-set: each change looks, writes
// and looks again, and takes its own record away when another writer came first.
//
// Threads: on the strand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <paynamed/dns_provider.hpp>
#include <string>

#include "api.hpp"
#include "listing.hpp"
#include "settings.hpp"
#include "zone_lookup.hpp"
#include "zone_queue.hpp"

namespace paynamed::cloudflare {

class Cloudflare final : public DnsProvider {
 public:
  // Throws Error for a configuration that the schema lets through and that is wrong. No I/O.
  Cloudflare(Host host, const Config& config);

  void describe(DescribeDnsRequest request, Reply<DescribeDnsReply> reply) override;
  void publish(PublishRequest request, Reply<PublishReply> reply) override;
  void withdraw(WithdrawRequest request, Reply<WithdrawReply> reply) override;
  void read(ReadRequest request, Reply<ReadReply> reply) override;
  void list_names(ListNamesRequest request, Reply<ListNamesReply> reply) override;
  void list_zone(ListZoneRequest request, Reply<ListZoneReply> reply) override;
  void sync_status(SyncStatusRequest request, Reply<SyncStatusReply> reply) override;
  void signing_status(SigningStatusRequest request, Reply<SigningStatusReply> reply) override;

 private:
  // The zone that has `domain`, once the token is known to be good. `failed` or `then`.
  using Failed = std::function<void(const Error&)>;
  void with_zone(const std::string& domain, const Call& call, Failed failed,
                 std::function<void(const ZoneRef& zone, ZoneQueue& queue)> then);
  void change(const std::string& domain, Change change, const Call& call, ChangeRun::Then then);
  void list(const std::string& domain, Listing::Wanted wanted, const Call& call,
            std::function<void(Result<Listing::Page>)> then);
  void note_failure(const std::string& domain, const Error& error);
  DescribeDnsReply description() const;
  // Adds what is counted in the zone of `domain`, where that can be known.
  void describe_zone(const std::string& domain, const Call& call, DescribeDnsReply description,
                     const std::shared_ptr<Reply<DescribeDnsReply>>& answer);

  Host host_;
  const Settings settings_;
  Api api_;
  ZoneLookup zones_;
  Listing listing_;
  std::map<std::string, std::unique_ptr<ZoneQueue>> queues_;  // by zone id
};

}  // namespace paynamed::cloudflare
