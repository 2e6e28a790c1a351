// DnsProvider: one zone somewhere.
//
// Derive from DnsProvider (answers through Reply, must not wait) or from Blocking<DnsProvider> (straight code
// on threads of the plugin's own, blocking.hpp), override what the plugin has; the rest answers
// UNIMPLEMENTED. What each method promises stands in paynamed/plugin/v1/dns_provider.proto.
//
// Threads: DnsProvider's functions run on the strand, Blocking<DnsProvider>'s on the plugin's threads.
#pragma once

#include <paynamed/plugin/v1/dns_provider.pb.h>

#include "paynamed/blocking.hpp"
#include "paynamed/module.hpp"
#include "paynamed/plugin.hpp"

namespace paynamed {

// `Returns<T> f(Request, Second<T>)` is `void f(Request, Reply<T>)` or `T f(Request, Call&)`, as Style has
// it.
template <class Style>
class BasicDnsProvider : public Style {
 public:
  using BlockingForm = BasicDnsProvider<BlockingStyle>;
  static constexpr const char* kContract = "paynamed.plugin.v1.DnsProvider";
  using DescribeDnsRequest = plugin::v1::DescribeDnsRequest;
  using DescribeDnsReply = plugin::v1::DescribeDnsReply;
  using TxtRecord = plugin::v1::TxtRecord;
  using PublishRequest = plugin::v1::PublishRequest;
  using PublishReply = plugin::v1::PublishReply;
  using WithdrawRequest = plugin::v1::WithdrawRequest;
  using WithdrawReply = plugin::v1::WithdrawReply;
  using ReadRequest = plugin::v1::ReadRequest;
  using ReadReply = plugin::v1::ReadReply;
  using ListNamesRequest = plugin::v1::ListNamesRequest;
  using ListNamesReply = plugin::v1::ListNamesReply;
  using ListZoneRequest = plugin::v1::ListZoneRequest;
  using ZoneRecord = plugin::v1::ZoneRecord;
  using ListZoneReply = plugin::v1::ListZoneReply;
  using SyncStatusRequest = plugin::v1::SyncStatusRequest;
  using SyncStatusReply = plugin::v1::SyncStatusReply;
  using SigningStatusRequest = plugin::v1::SigningStatusRequest;
  using DsRecord = plugin::v1::DsRecord;
  using SigningStatusReply = plugin::v1::SigningStatusReply;
  using EnableSigningRequest = plugin::v1::EnableSigningRequest;
  using EnableSigningReply = plugin::v1::EnableSigningReply;
  using DisableSigningRequest = plugin::v1::DisableSigningRequest;
  using DisableSigningReply = plugin::v1::DisableSigningReply;
  using PutForeignKeysRequest = plugin::v1::PutForeignKeysRequest;
  using PutForeignKeysReply = plugin::v1::PutForeignKeysReply;

  using Style::Style;

 protected:
  template <class T>
  using Returns = typename Style::template Returns<T>;
  template <class T>
  using Second = typename Style::template Second<T>;

 public:
  virtual Returns<DescribeDnsReply> describe(DescribeDnsRequest /*request*/, Second<DescribeDnsReply> reply) {
    return Style::template unimplemented<DescribeDnsReply>(reply);
  }
  virtual Returns<PublishReply> publish(PublishRequest /*request*/, Second<PublishReply> reply) {
    return Style::template unimplemented<PublishReply>(reply);
  }
  virtual Returns<WithdrawReply> withdraw(WithdrawRequest /*request*/, Second<WithdrawReply> reply) {
    return Style::template unimplemented<WithdrawReply>(reply);
  }
  virtual Returns<ReadReply> read(ReadRequest /*request*/, Second<ReadReply> reply) {
    return Style::template unimplemented<ReadReply>(reply);
  }
  virtual Returns<ListNamesReply> list_names(ListNamesRequest /*request*/, Second<ListNamesReply> reply) {
    return Style::template unimplemented<ListNamesReply>(reply);
  }
  virtual Returns<ListZoneReply> list_zone(ListZoneRequest /*request*/, Second<ListZoneReply> reply) {
    return Style::template unimplemented<ListZoneReply>(reply);
  }
  virtual Returns<SyncStatusReply> sync_status(SyncStatusRequest /*request*/, Second<SyncStatusReply> reply) {
    return Style::template unimplemented<SyncStatusReply>(reply);
  }
  virtual Returns<SigningStatusReply> signing_status(SigningStatusRequest /*request*/,
                                                     Second<SigningStatusReply> reply) {
    return Style::template unimplemented<SigningStatusReply>(reply);
  }
  virtual Returns<EnableSigningReply> enable_signing(EnableSigningRequest /*request*/,
                                                     Second<EnableSigningReply> reply) {
    return Style::template unimplemented<EnableSigningReply>(reply);
  }
  virtual Returns<DisableSigningReply> disable_signing(DisableSigningRequest /*request*/,
                                                       Second<DisableSigningReply> reply) {
    return Style::template unimplemented<DisableSigningReply>(reply);
  }
  virtual Returns<PutForeignKeysReply> put_foreign_keys(PutForeignKeysRequest /*request*/,
                                                        Second<PutForeignKeysReply> reply) {
    return Style::template unimplemented<PutForeignKeysReply>(reply);
  }

  void dispatch(std::string_view method, std::string_view request, detail::RawReply reply) final {
    using Self = BasicDnsProvider;
    static constexpr std::array kRoutes = {
        Style::template make_route<&Self::describe>("Describe", &Self::describe),
        Style::template make_route<&Self::publish>("Publish", &Self::publish),
        Style::template make_route<&Self::withdraw>("Withdraw", &Self::withdraw),
        Style::template make_route<&Self::read>("Read", &Self::read),
        Style::template make_route<&Self::list_names>("ListNames", &Self::list_names),
        Style::template make_route<&Self::list_zone>("ListZone", &Self::list_zone),
        Style::template make_route<&Self::sync_status>("SyncStatus", &Self::sync_status),
        Style::template make_route<&Self::signing_status>("SigningStatus", &Self::signing_status),
        Style::template make_route<&Self::enable_signing>("EnableSigning", &Self::enable_signing),
        Style::template make_route<&Self::disable_signing>("DisableSigning", &Self::disable_signing),
        Style::template make_route<&Self::put_foreign_keys>("PutForeignKeys", &Self::put_foreign_keys),
    };
    Style::route(*this, kRoutes, method, request, std::move(reply));
  }
};

using DnsProvider = BasicDnsProvider<Asynchronous>;

}  // namespace paynamed
