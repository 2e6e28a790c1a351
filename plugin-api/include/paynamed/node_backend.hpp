// NodeBackend: Lightning nodes. One instance may serve many nodes; each call says which.
//
// Derive from NodeBackend (answers through Reply, must not wait) or from Blocking<NodeBackend> (straight code
// on threads of the plugin's own, blocking.hpp), override what the plugin has; the rest answers
// UNIMPLEMENTED. What each method promises stands in paynamed/plugin/v1/node_backend.proto.
//
// Threads: NodeBackend's functions run on the strand, Blocking<NodeBackend>'s on the plugin's threads.
#pragma once

#include <paynamed/plugin/v1/node_backend.pb.h>

#include "paynamed/blocking.hpp"
#include "paynamed/module.hpp"
#include "paynamed/plugin.hpp"

namespace paynamed {

// `Returns<T> f(Request, Second<T>)` is `void f(Request, Reply<T>)` or `T f(Request, Call&)`, as Style has
// it.
template <class Style>
class BasicNodeBackend : public Style {
 public:
  using BlockingForm = BasicNodeBackend<BlockingStyle>;
  static constexpr const char* kContract = "paynamed.plugin.v1.NodeBackend";
  using Custody = plugin::v1::Custody;
  using Ternary = plugin::v1::Ternary;
  using NodeRef = plugin::v1::NodeRef;
  using DescribeNodesRequest = plugin::v1::DescribeNodesRequest;
  using DescribeNodesReply = plugin::v1::DescribeNodesReply;
  using NodeInfoRequest = plugin::v1::NodeInfoRequest;
  using NodeInfoReply = plugin::v1::NodeInfoReply;
  using ProvisionRequest = plugin::v1::ProvisionRequest;
  using ProvisionReply = plugin::v1::ProvisionReply;
  using ReleaseRequest = plugin::v1::ReleaseRequest;
  using ReleaseReply = plugin::v1::ReleaseReply;
  using CreateOfferRequest = plugin::v1::CreateOfferRequest;
  using CreateOfferReply = plugin::v1::CreateOfferReply;
  using EnableOfferRequest = plugin::v1::EnableOfferRequest;
  using EnableOfferReply = plugin::v1::EnableOfferReply;
  using DisableOfferRequest = plugin::v1::DisableOfferRequest;
  using DisableOfferReply = plugin::v1::DisableOfferReply;
  using LookupOfferRequest = plugin::v1::LookupOfferRequest;
  using LookupOfferReply = plugin::v1::LookupOfferReply;
  using CreateInvoiceRequest = plugin::v1::CreateInvoiceRequest;
  using CreateInvoiceReply = plugin::v1::CreateInvoiceReply;
  using LookupInvoiceRequest = plugin::v1::LookupInvoiceRequest;
  using LookupInvoiceReply = plugin::v1::LookupInvoiceReply;
  using FetchInvoiceRequest = plugin::v1::FetchInvoiceRequest;
  using FetchInvoiceReply = plugin::v1::FetchInvoiceReply;
  using PayRequest = plugin::v1::PayRequest;
  using PayReply = plugin::v1::PayReply;
  using LookupPaymentRequest = plugin::v1::LookupPaymentRequest;
  using LookupPaymentReply = plugin::v1::LookupPaymentReply;
  using NewAddressRequest = plugin::v1::NewAddressRequest;
  using NewAddressReply = plugin::v1::NewAddressReply;
  using Payment = plugin::v1::Payment;
  using WatchPaymentsRequest = plugin::v1::WatchPaymentsRequest;
  using WatchPaymentsReply = plugin::v1::WatchPaymentsReply;

  using Style::Style;

 protected:
  template <class T>
  using Returns = typename Style::template Returns<T>;
  template <class T>
  using Second = typename Style::template Second<T>;

 public:
  virtual Returns<DescribeNodesReply> describe(DescribeNodesRequest /*request*/,
                                               Second<DescribeNodesReply> reply) {
    return Style::template unimplemented<DescribeNodesReply>(reply);
  }
  virtual Returns<NodeInfoReply> info(NodeInfoRequest /*request*/, Second<NodeInfoReply> reply) {
    return Style::template unimplemented<NodeInfoReply>(reply);
  }
  virtual Returns<ProvisionReply> provision(ProvisionRequest /*request*/, Second<ProvisionReply> reply) {
    return Style::template unimplemented<ProvisionReply>(reply);
  }
  virtual Returns<ReleaseReply> release(ReleaseRequest /*request*/, Second<ReleaseReply> reply) {
    return Style::template unimplemented<ReleaseReply>(reply);
  }
  virtual Returns<CreateOfferReply> create_offer(CreateOfferRequest /*request*/,
                                                 Second<CreateOfferReply> reply) {
    return Style::template unimplemented<CreateOfferReply>(reply);
  }
  virtual Returns<EnableOfferReply> enable_offer(EnableOfferRequest /*request*/,
                                                 Second<EnableOfferReply> reply) {
    return Style::template unimplemented<EnableOfferReply>(reply);
  }
  virtual Returns<DisableOfferReply> disable_offer(DisableOfferRequest /*request*/,
                                                   Second<DisableOfferReply> reply) {
    return Style::template unimplemented<DisableOfferReply>(reply);
  }
  virtual Returns<LookupOfferReply> lookup_offer(LookupOfferRequest /*request*/,
                                                 Second<LookupOfferReply> reply) {
    return Style::template unimplemented<LookupOfferReply>(reply);
  }
  virtual Returns<CreateInvoiceReply> create_invoice(CreateInvoiceRequest /*request*/,
                                                     Second<CreateInvoiceReply> reply) {
    return Style::template unimplemented<CreateInvoiceReply>(reply);
  }
  virtual Returns<LookupInvoiceReply> lookup_invoice(LookupInvoiceRequest /*request*/,
                                                     Second<LookupInvoiceReply> reply) {
    return Style::template unimplemented<LookupInvoiceReply>(reply);
  }
  virtual Returns<FetchInvoiceReply> fetch_invoice(FetchInvoiceRequest /*request*/,
                                                   Second<FetchInvoiceReply> reply) {
    return Style::template unimplemented<FetchInvoiceReply>(reply);
  }
  virtual Returns<PayReply> pay(PayRequest /*request*/, Second<PayReply> reply) {
    return Style::template unimplemented<PayReply>(reply);
  }
  virtual Returns<LookupPaymentReply> lookup_payment(LookupPaymentRequest /*request*/,
                                                     Second<LookupPaymentReply> reply) {
    return Style::template unimplemented<LookupPaymentReply>(reply);
  }
  virtual Returns<NewAddressReply> new_address(NewAddressRequest /*request*/, Second<NewAddressReply> reply) {
    return Style::template unimplemented<NewAddressReply>(reply);
  }
  virtual Returns<WatchPaymentsReply> watch_payments(WatchPaymentsRequest /*request*/,
                                                     Second<WatchPaymentsReply> reply) {
    return Style::template unimplemented<WatchPaymentsReply>(reply);
  }

  void dispatch(std::string_view method, std::string_view request, detail::RawReply reply) final {
    using Self = BasicNodeBackend;
    static constexpr std::array kRoutes = {
        Style::template make_route<&Self::describe>("Describe", &Self::describe),
        Style::template make_route<&Self::info>("Info", &Self::info),
        Style::template make_route<&Self::provision>("Provision", &Self::provision),
        Style::template make_route<&Self::release>("Release", &Self::release),
        Style::template make_route<&Self::create_offer>("CreateOffer", &Self::create_offer),
        Style::template make_route<&Self::enable_offer>("EnableOffer", &Self::enable_offer),
        Style::template make_route<&Self::disable_offer>("DisableOffer", &Self::disable_offer),
        Style::template make_route<&Self::lookup_offer>("LookupOffer", &Self::lookup_offer),
        Style::template make_route<&Self::create_invoice>("CreateInvoice", &Self::create_invoice),
        Style::template make_route<&Self::lookup_invoice>("LookupInvoice", &Self::lookup_invoice),
        Style::template make_route<&Self::fetch_invoice>("FetchInvoice", &Self::fetch_invoice),
        Style::template make_route<&Self::pay>("Pay", &Self::pay),
        Style::template make_route<&Self::lookup_payment>("LookupPayment", &Self::lookup_payment),
        Style::template make_route<&Self::new_address>("NewAddress", &Self::new_address),
        Style::template make_route<&Self::watch_payments>("WatchPayments", &Self::watch_payments),
    };
    Style::route(*this, kRoutes, method, request, std::move(reply));
  }
};

using NodeBackend = BasicNodeBackend<Asynchronous>;

}  // namespace paynamed
