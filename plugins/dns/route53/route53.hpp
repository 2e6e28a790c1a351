// Route53: the DnsProvider for hosted zones of Amazon Route 53. Here requests are checked and answers put
// together; the work is done by its parts.
//
// Threads: on the strand.
#pragma once

#include <paynamed/dns_provider.hpp>

#include "change_status.hpp"
#include "replacement.hpp"
#include "zone_directory.hpp"
#include "zone_listing.hpp"

namespace paynamed::route53 {

class Route53 final : public DnsProvider {
 public:
  // Throws Error for a configuration that contradicts itself. No I/O.
  Route53(Host host, const Config& config);

  void describe(DescribeDnsRequest request, Reply<DescribeDnsReply> reply) override;
  void publish(PublishRequest request, Reply<PublishReply> reply) override;
  void withdraw(WithdrawRequest request, Reply<WithdrawReply> reply) override;
  void read(ReadRequest request, Reply<ReadReply> reply) override;
  void list_names(ListNamesRequest request, Reply<ListNamesReply> reply) override;
  void list_zone(ListZoneRequest request, Reply<ListZoneReply> reply) override;
  void sync_status(SyncStatusRequest request, Reply<SyncStatusReply> reply) override;
  void signing_status(SigningStatusRequest request, Reply<SigningStatusReply> reply) override;
  void enable_signing(EnableSigningRequest request, Reply<EnableSigningReply> reply) override;
  void disable_signing(DisableSigningRequest request, Reply<DisableSigningReply> reply) override;
  void put_foreign_keys(PutForeignKeysRequest request, Reply<PutForeignKeysReply> reply) override;
  void stop(std::function<void()> done) override;

 private:
  DescribeDnsReply description() const;
  // Calls `work` with the zone, or fails the reply. `zone` as the daemon writes it.
  template <class Message>
  void with_zone(const std::string& zone, const std::shared_ptr<Reply<Message>>& reply,
                 std::function<void(const std::shared_ptr<Zone>&)> work);
  // Answers, and forgets a hosted zone that is not there any more.
  template <class Message>
  void finish(const std::string& zone, Reply<Message>& reply, const Result<Message>& result);
  std::shared_ptr<Zone> at_work(const HostedZone& zone);
  // In Route 53's form; throws for what is none, or not in the zone.
  static std::string own_name(const std::string& name, const std::string& zone);
  void check_record(const TxtRecord& record) const;

  Host host_;
  std::uint32_t min_ttl_;
  std::uint32_t max_ttl_;
  ApiSettings settings_;
  CredentialChain credentials_;
  Api api_;
  ZoneDirectory directory_;
  ChangeStatus changes_;
  ZoneListing listing_;
  std::map<std::string, std::shared_ptr<Zone>> zones_;  // by their ids
};

}  // namespace paynamed::route53
