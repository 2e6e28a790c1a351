// PowerDns: the DnsProvider for the HTTP API of a PowerDNS authoritative server. The API replaces an RRset in
// one transaction but without conditions: a change is made under this plugin's own lock of the zone, what
// stands there is read before, and again after.
//
// Threads: the contract's functions run on the plugin's threads, several at once.
#pragma once

#include <optional>
#include <paynamed/dns_provider.hpp>
#include <paynamed/zone_copies.hpp>
#include <string>
#include <vector>

#include "api.hpp"
#include "listing.hpp"
#include "settings.hpp"
#include "zone_locks.hpp"

namespace paynamed::powerdns {

class PowerDns final : public Blocking<DnsProvider> {
 public:
  // Throws Error for a URL that is none, or that would send the key in the clear to another host unasked. No
  // I/O.
  PowerDns(Host host, const Config& config);

  DescribeDnsReply describe(DescribeDnsRequest request, Call& call) override;
  PublishReply publish(PublishRequest request, Call& call) override;
  WithdrawReply withdraw(WithdrawRequest request, Call& call) override;
  ReadReply read(ReadRequest request, Call& call) override;
  ListNamesReply list_names(ListNamesRequest request, Call& call) override;
  ListZoneReply list_zone(ListZoneRequest request, Call& call) override;
  SyncStatusReply sync_status(SyncStatusRequest request, Call& call) override;
  SigningStatusReply signing_status(SigningStatusRequest request, Call& call) override;
  EnableSigningReply enable_signing(EnableSigningRequest request, Call& call) override;
  DisableSigningReply disable_signing(DisableSigningRequest request, Call& call) override;
  PutForeignKeysReply put_foreign_keys(PutForeignKeysRequest request, Call& call) override;

 private:
  PowerDns(Host host, Settings settings);

  struct Place {
    std::string zone;
    std::string name;
  };
  // What stands at a name.
  struct Found {
    RRset txt;                        // without contents when there is none
    std::vector<std::string> values;  // joined and sorted
    bool alias = false;
  };

  // Normal forms; throw when the name is not in the zone or the zone is not ours.
  Place place(const std::string& zone, const std::string& name) const;
  std::string own_zone(const std::string& zone) const;
  void check_record(const TxtRecord& record) const;

  PublishReply put(const Place& at, const PublishRequest& request, const Call& call);
  WithdrawReply take_away(const WithdrawRequest& request, const Call& call);
  Found find(const Place& at, const Call& call) const;
  // The same after a change was made: a failure does not mean that nothing was.
  Found find_after_change(const Place& at, const Call& call) const;
  // As the record shall be, marker included.
  bool is_as_wanted(const Found& found, const TxtRecord& record) const;
  std::string comment_of(const TxtRecord& record) const;
  ZoneLocks::Held lock(const std::string& zone, const Call& call);
  // As it is now for a first page, as it was then for those behind it.
  ZoneCopies<ListedZone>::Copy whole_zone(const std::string& zone, const std::string& page, const Call& call);

  Api api_;
  ZoneCopies<ListedZone> copies_;
  std::string only_zone_;  // empty: any
  bool owner_marker_;
  std::uint32_t min_ttl_;
  std::uint32_t max_ttl_;
  ZoneLocks locks_;
};

}  // namespace paynamed::powerdns
