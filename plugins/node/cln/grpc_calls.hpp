// GrpcCalls: NodeCalls by the node's gRPC plugin, cln-grpc. Whoever has the client's key can do everything
// with the node.
//
// Threads: as NodeCalls.
#pragma once

#include <memory>
#include <paynamed/host.hpp>

#include "grpc_settings.hpp"
#include "node_calls.hpp"

namespace grpc {
class Status;
}

namespace paynamed::cln {

class GrpcChannel;

class GrpcCalls final : public NodeCalls {
 public:
  // No I/O. `timeout`: for one call at most, beside what the node itself waits.
  GrpcCalls(Host host, GrpcSettings settings, std::chrono::milliseconds timeout);
  ~GrpcCalls() override;

  NodeFacts facts(const Call& call) override;
  std::vector<Channel> channels(const Call& call) override;
  OfferRow make_offer(const OfferTerms& terms, const std::string& label, const Call& call) override;
  std::vector<OfferRow> offers(const Call& call) override;
  std::optional<OfferRow> offer(const std::string& offer_id, const Call& call) override;
  void disable_offer(const std::string& offer_id, const Call& call) override;
  void enable_offer(const std::string& offer_id, const Call& call) override;
  OfferTerms decode_offer(const std::string& bolt12, const Call& call) override;
  InvoiceMade make_invoice(const InvoiceTerms& terms, const std::string& label, const Call& call) override;
  std::optional<InvoiceRow> invoice_by_label(const std::string& label, const Call& call) override;
  std::optional<InvoiceRow> invoice_by_hash(const std::string& payment_hash, const Call& call) override;
  InvoiceTerms decode_invoice(const std::string& bolt11, const Call& call) override;
  std::optional<InvoiceRow> paid_after(std::uint64_t pay_index, std::chrono::seconds wait,
                                       const Call& call) override;
  std::vector<InvoiceRow> changed_from(std::uint64_t updated_index, std::uint32_t most,
                                       const Call& call) override;

 private:
  // One call with its answer, for which the node itself waits that long; throws as NodeCalls has it.
  template <class Method>
  typename Method::Reply ask(const Method& method, const typename Method::Request& request, const Call& call,
                             std::chrono::seconds wait = std::chrono::seconds(0));
  template <class Method>
  grpc::Status try_once(const Method& method, const typename Method::Request& request,
                        typename Method::Reply& reply, const Call& call, std::chrono::seconds wait);
  template <class Request>
  std::optional<InvoiceRow> only_invoice(const Request& request, const Call& call);

  const Host host_;
  const std::unique_ptr<GrpcChannel> channel_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace paynamed::cln
