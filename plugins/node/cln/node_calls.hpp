// NodeCalls: what we ask of a Core Lightning node, as typed calls, whatever carries them.
//
// Threads: every function may be called from any thread that may wait. Each fails before the call's deadline
// with one of these:
//   RpcError              the node's own refusal; nothing was changed
//   Error UNAVAILABLE     nothing was sent; or, when the call changes nothing, no good answer came
//   Error UNKNOWN         a change was sent, and no good answer came
//   Error UNAUTHENTICATED, PERMISSION_DENIED   the node does not take our credentials; nothing was changed
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <paynamed/call.hpp>
#include <string>
#include <vector>

namespace paynamed::cln {

struct NodeFacts {
  std::string id;       // hex
  std::string version;  // "v26.06.6"
  std::string network;
  std::string warning;  // that the node or its bitcoind lags behind; empty: none
};

struct OfferTerms {
  std::uint64_t amount_msat = 0;  // 0: any
  std::string description;
  std::string issuer;
  std::uint64_t absolute_expiry = 0;  // 0: none
  bool single_use = false;
  // In hex: the payer is led through one of these. Empty: as the node decides.
  std::vector<std::string> fronting_nodes{};
};

struct OfferRow {
  std::string offer_id;  // hex
  std::string bolt12;
  std::string label;  // empty: none
  bool active = false;
  bool used = false;
  bool single_use = false;
  bool created = false;  // only in the answer to make_offer
};

struct InvoiceTerms {
  std::uint64_t amount_msat = 0;  // 0: any
  std::string description;
  std::uint32_t expiry_seconds = 0;
};

struct InvoiceMade {
  std::string bolt11;
  std::string payment_hash;  // hex
  std::uint64_t expires_at = 0;
};

enum class InvoiceStatus { kUnpaid, kPaid, kExpired };

struct InvoiceRow {
  std::string label;
  InvoiceStatus status = InvoiceStatus::kUnpaid;  // kPaid only with pay_index and preimage
  std::string bolt11;                             // empty: it was made for an offer
  std::string payment_hash;
  std::uint64_t expires_at = 0;
  std::string offer_id;  // empty: it is of no offer
  std::uint64_t pay_index = 0;
  std::uint64_t updated_index =
      0;  // rises with every change of any invoice; 0: it changed before v23.08, or never
  std::uint64_t received_msat = 0;
  std::uint64_t paid_at = 0;
  std::string payer_note;
  std::string claimed_name;  // user@domain as the payer wrote it; empty: none
};

struct Channel {
  bool usable = false;  // connected and in its normal state
  std::uint64_t ours_msat = 0;
  std::uint64_t total_msat = 0;
};

class NodeCalls {
 public:
  virtual ~NodeCalls() = default;

  virtual NodeFacts facts(const Call& call) = 0;
  virtual std::vector<Channel> channels(const Call& call) = 0;

  // The same terms may give an offer that exists: created is false then, and its label is the old one.
  virtual OfferRow make_offer(const OfferTerms& terms, const std::string& label, const Call& call) = 0;
  // All of the node's.
  virtual std::vector<OfferRow> offers(const Call& call) = 0;
  virtual std::optional<OfferRow> offer(const std::string& offer_id, const Call& call) = 0;
  virtual void disable_offer(const std::string& offer_id, const Call& call) = 0;
  virtual void enable_offer(const std::string& offer_id, const Call& call) = 0;
  // What an offer of the node says; single_use and fronting_nodes are not in it.
  virtual OfferTerms decode_offer(const std::string& bolt12, const Call& call) = 0;

  virtual InvoiceMade make_invoice(const InvoiceTerms& terms, const std::string& label, const Call& call) = 0;
  virtual std::optional<InvoiceRow> invoice_by_label(const std::string& label, const Call& call) = 0;
  virtual std::optional<InvoiceRow> invoice_by_hash(const std::string& payment_hash, const Call& call) = 0;
  virtual InvoiceTerms decode_invoice(const std::string& bolt11, const Call& call) = 0;

  // The paid invoice with the lowest pay_index after `pay_index`, when there is one within `wait`.
  virtual std::optional<InvoiceRow> paid_after(std::uint64_t pay_index, std::chrono::seconds wait,
                                               const Call& call) = 0;
  // Invoices whose updated_index is not below that one, as they changed, the earliest first, paid or not;
  // `most` at most.
  virtual std::vector<InvoiceRow> changed_from(std::uint64_t updated_index, std::uint32_t most,
                                               const Call& call) = 0;
};

}  // namespace paynamed::cln
