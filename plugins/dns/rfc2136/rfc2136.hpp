// Rfc2136: the DnsProvider for servers that take dynamic updates. Creating, replacing and deleting are one
// atomic message each, whose prerequisites are checked by the server itself, so that no other writer can come
// between.
//
// Threads: the contract's functions run on the plugin's threads, several at once; they share only
// constants and what is known of the primary.
#pragma once

#include <paynamed/dns_provider.hpp>
#include <string>

#include "connection.hpp"
#include "dns_message.hpp"
#include "primary.hpp"
#include "zone_pages.hpp"

namespace paynamed::rfc2136 {

class Rfc2136 final : public Blocking<DnsProvider> {
 public:
  // Throws Error for a key or zone name that is no DNS name. No I/O.
  Rfc2136(Host host, const Config& config);

  DescribeDnsReply describe(DescribeDnsRequest request, Call& call) override;
  PublishReply publish(PublishRequest request, Call& call) override;
  WithdrawReply withdraw(WithdrawRequest request, Call& call) override;
  ReadReply read(ReadRequest request, Call& call) override;
  SyncStatusReply sync_status(SyncStatusRequest request, Call& call) override;
  SigningStatusReply signing_status(SigningStatusRequest request, Call& call) override;
  ListNamesReply list_names(ListNamesRequest request, Call& call) override;
  ListZoneReply list_zone(ListZoneRequest request, Call& call) override;
  EnableSigningReply enable_signing(EnableSigningRequest request, Call& call) override;
  DisableSigningReply disable_signing(DisableSigningRequest request, Call& call) override;
  PutForeignKeysReply put_foreign_keys(PutForeignKeysRequest request, Call& call) override;

 private:
  struct Place {
    std::string zone;
    std::string name;
  };
  struct Found {
    std::vector<TxtValue> values;
    bool alias = false;
  };
  enum class Applied { kDone, kOtherwise };
  // Whole values, as the daemon knows them.
  using Values = std::vector<std::string>;

  // Normal forms; throws when the name is not in the zone or the zone is not ours.
  Place place(const std::string& zone, const std::string& name) const;
  std::string own_zone(const std::string& zone) const;
  TsigKey key() const;
  Remaining until(const Call& call) const;

  WithdrawReply take_away(const WithdrawRequest& request, const Call& call);
  // Does `work` with the zone's primary. When that was remembered and is not there any more, a second time
  // with the one that is found then.
  template <class Work>
  auto at_primary(const std::string& zone, const Call& call, const Work& work);
  // Sends one update. kOtherwise when a prerequisite did not hold; throws for every other refusal.
  Applied apply(const Change& change, const Call& call);
  Applied apply_at(const Server& server, const Change& change, const Call& call) const;
  // The values that Publish expects; throws when the request does not say, or says more than fits a message.
  static Values expected_values(const PublishRequest& request);
  // What stands at the name on the server.
  Found find(const Place& place, const Call& call);
  Answer ask(const std::string& name, std::uint16_t type, const std::string& zone, const Call& call);
  Answer ask_at(const Server& server, const std::string& name, std::uint16_t type, const std::string& zone,
                const Call& call) const;
  // The whole zone, by one transfer.
  ZonePages::Zone transfer(const std::string& zone, const Call& call);
  // How long a listing waits for the transfer of another one.
  std::chrono::milliseconds patience(const Call& call) const;
  ZonePages::Zone transfer_from(const Server& server, const std::string& zone, const Call& call) const;
  [[noreturn]] static void conflict(const Place& place, const Found& found);

  Primary primary_;
  ZonePages pages_;
  std::string only_zone_;  // empty: any
  std::string key_name_;
  std::string algorithm_;
  Secret secret_;
  std::uint32_t min_ttl_;
  std::uint32_t max_ttl_;
  std::chrono::milliseconds timeout_;
};

}  // namespace paynamed::rfc2136
