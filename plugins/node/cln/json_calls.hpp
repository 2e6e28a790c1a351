// JsonCalls: NodeCalls in lightningd's JSON, read with distrust.
//
// Threads: as NodeCalls.
#pragma once

#include <memory>

#include "json_transport.hpp"
#include "node_calls.hpp"

namespace paynamed::cln {

class JsonCalls final : public NodeCalls {
 public:
  explicit JsonCalls(std::unique_ptr<JsonTransport> transport) : transport_(std::move(transport)) {}

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
  std::optional<InvoiceRow> only_invoice(boost::json::object params, const Call& call);

  const std::unique_ptr<JsonTransport> transport_;
};

}  // namespace paynamed::cln
