// Invoices of a sandbox's nodes: BOLT 11 on request, BOLT 12 for their offers.
#include "bolt11.hpp"
#include "hash.hpp"
#include "paynamed/error.hpp"
#include "sandbox.hpp"

namespace paynamed::sandbox {
namespace {

constexpr std::uint32_t kDefaultExpirySeconds = 3600;

proto::CreateInvoiceReply reply_of(const InvoiceMade& made) {
  proto::CreateInvoiceReply reply;
  reply.set_bolt11(made.bolt11);
  reply.set_payment_hash(made.payment_hash);
  reply.set_expires_at(made.expires_at);
  return reply;
}

proto::FetchInvoiceReply reply_of(const InvoiceFetched& made) {
  proto::FetchInvoiceReply reply;
  reply.set_invoice(made.invoice);
  reply.set_amount_msat(made.amount_msat);
  return reply;
}

// BOLT 12: the offer's amount is a minimum; without one the payer says how much.
std::uint64_t amount_to_invoice(std::uint64_t offered_msat, std::uint64_t asked_msat) {
  if (asked_msat == 0 && offered_msat == 0) {
    throw Error(Code::kInvalidArgument, "The offer leaves the amount open; say amount_msat.");
  }
  if (asked_msat == 0) return offered_msat;
  if (asked_msat < offered_msat) {
    throw Error(Code::kInvalidArgument, "The offer asks for at least " + std::to_string(offered_msat) +
                                            " millisatoshi; amount_msat is " + std::to_string(asked_msat) +
                                            ".");
  }
  return asked_msat;
}

}  // namespace

proto::CreateInvoiceReply Sandbox::create_invoice(const proto::CreateInvoiceRequest& request) {
  const auto& owner = node(request.node());
  check_key("invoice_key", request.invoice_key());
  if (const auto* before = state().invoice_by_key(owner.name, request.invoice_key())) {
    if (before->made.amount_msat != request.amount_msat() ||
        before->made.description != request.description() ||
        before->made.expiry_seconds != request.expiry_seconds()) {
      throw_key_reused("invoice key", request.invoice_key());
    }
    return reply_of(before->made);
  }
  check_amount(request.amount_msat());
  const auto now = surroundings_.now();
  const auto expiry = request.expiry_seconds() == 0 ? kDefaultExpirySeconds : request.expiry_seconds();
  const auto preimage = owner.key.derive_bytes("invoice preimage", request.invoice_key());
  Bolt11Terms terms;
  terms.amount_msat = request.amount_msat();
  terms.timestamp = now;
  terms.payment_hash = sha256({preimage});
  terms.payment_secret = owner.key.derive_bytes("invoice payment secret", request.invoice_key());
  terms.description = request.description();
  terms.expiry_seconds = expiry;
  InvoiceMade made{.node = owner.name,
                   .invoice_key = request.invoice_key(),
                   .amount_msat = request.amount_msat(),
                   .description = request.description(),
                   .expiry_seconds = request.expiry_seconds(),
                   .bolt11 = bolt11_string(terms, owner.key),
                   .payment_hash = to_hex(terms.payment_hash),
                   .expires_at = now + expiry};
  commit(made);
  return reply_of(made);
}

proto::LookupInvoiceReply Sandbox::lookup_invoice(const proto::LookupInvoiceRequest& request) const {
  const auto& owner = node(request.node());
  if (request.invoice_key().empty() == request.payment_hash().empty()) {
    throw Error(Code::kInvalidArgument, "Give either the invoice_key or the payment_hash.");
  }
  const auto* invoice = request.invoice_key().empty()
                            ? state().invoice_by_hash(owner.name, request.payment_hash())
                            : state().invoice_by_key(owner.name, request.invoice_key());
  if (invoice == nullptr) {
    throw Error(Code::kNotFound, "The node \"" + owner.name + "\" has no such invoice.");
  }
  proto::LookupInvoiceReply reply;
  reply.set_bolt11(invoice->made.bolt11);
  reply.set_payment_hash(invoice->made.payment_hash);
  reply.set_received_msat(invoice->received_msat);
  reply.set_paid_at(invoice->paid_at);
  reply.set_state(invoice->received_msat != 0                       ? proto::LookupInvoiceReply::PAID
                  : invoice->made.expires_at <= surroundings_.now() ? proto::LookupInvoiceReply::EXPIRED
                                                                    : proto::LookupInvoiceReply::UNPAID);
  return reply;
}

proto::FetchInvoiceReply Sandbox::fetch_invoice(const proto::FetchInvoiceRequest& request,
                                                const std::string& key) {
  constexpr std::size_t kMostNote = 1024;
  constexpr std::uint32_t kExpirySeconds = 7200;
  const auto& payer = node(request.node());
  const auto* offer = state().offer_by_string(canonical(request.offer()));
  if (!key.empty()) {
    check_key("The idempotency key", key);
    if (const auto* before = state().fetched_by_key(payer.name, key)) {
      const auto& made = before->made;
      if (offer == nullptr || made.node != offer->made.node || made.offer_id != offer->made.offer_id ||
          made.asked_msat != request.amount_msat() || made.payer_note != request.payer_note()) {
        throw_key_reused("idempotency key", key);
      }
      return reply_of(made);
    }
  }
  if (offer == nullptr) {
    throw Error(Code::kInvalidArgument,
                "The offer is not of a node of this sandbox, which reaches no other.");
  }
  check_payable(*offer);
  check_amount(request.amount_msat());
  check_text("The payer note", request.payer_note(), kMostNote);
  const auto amount = amount_to_invoice(offer->made.amount_msat, request.amount_msat());

  proto::NodeRef payee_reference;
  payee_reference.set_node(offer->made.node);
  const auto& payee = node(payee_reference);
  // How many were made before is in the ledger, so that no two invoices share a secret.
  const auto serial = std::to_string(state().fetched_count());
  const auto preimage = payee.key.derive_bytes("fetched preimage", serial);
  const auto metadata = payee.key.derive_bytes("offer metadata", offer->made.offer_key);
  const auto now = surroundings_.now();
  InvoiceTerms terms;
  terms.amount_msat = amount;
  terms.payer_note = request.payer_note();
  terms.created_at = now;
  terms.relative_expiry = kExpirySeconds;
  terms.payment_hash = sha256({preimage});
  auto records = offer_records({.description = offer->made.description,
                                .issuer = offer->made.issuer,
                                .amount_msat = offer->made.amount_msat,
                                .absolute_expiry = offer->made.absolute_expiry},
                               payee.key.public_key(), BytesView(metadata).first(kOfferMetadataSize));
  InvoiceFetched made{.node = payee.name,
                      .offer_id = offer->made.offer_id,
                      .payer_node = payer.name,
                      .fetch_key = key,
                      .asked_msat = request.amount_msat(),
                      .amount_msat = amount,
                      .payer_note = request.payer_note(),
                      .invoice = invoice_string(curve_, std::move(records), terms, payee.key,
                                                payer.key.derive_key("payer id", serial).public_key(),
                                                payer.key.derive_bytes("request metadata", serial),
                                                payee.key.derive_key("path key", serial),
                                                payee.key.derive_bytes("path id", serial)),
                      .payment_hash = to_hex(terms.payment_hash),
                      .expires_at = now + kExpirySeconds};
  commit(made);
  return reply_of(made);
}

}  // namespace paynamed::sandbox
