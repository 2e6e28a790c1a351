#include "invoices.hpp"

#include "checks.hpp"
#include "rpc_error.hpp"

namespace paynamed::cln {
namespace {

constexpr std::size_t kMostDescription = 1'024;
// BOLT 11's; lightningd's own would be a week.
constexpr std::uint32_t kDefaultExpirySeconds = 3'600;
constexpr std::uint32_t kMostExpirySeconds = 366 * 86'400;

proto::LookupInvoiceReply::State state_of(InvoiceStatus status) {
  switch (status) {
    case InvoiceStatus::kPaid:
      return proto::LookupInvoiceReply::PAID;
    case InvoiceStatus::kExpired:
      return proto::LookupInvoiceReply::EXPIRED;
    case InvoiceStatus::kUnpaid:
      break;
  }
  return proto::LookupInvoiceReply::UNPAID;
}

}  // namespace

proto::CreateInvoiceReply Invoices::create(const proto::CreateInvoiceRequest& request, const Call& call) {
  check_key("invoice_key", request.invoice_key());
  check_text("description", request.description(), kMostDescription);
  check_amount(request.amount_msat());
  if (request.expiry_seconds() > kMostExpirySeconds) {
    throw Error(Code::kInvalidArgument, "expiry_seconds is more than a year.");
  }
  const InvoiceTerms terms{request.amount_msat(), request.description(),
                           request.expiry_seconds() == 0 ? kDefaultExpirySeconds : request.expiry_seconds()};
  try {
    const auto made = calls_.make_invoice(terms, request.invoice_key(), call);
    proto::CreateInvoiceReply reply;
    reply.set_bolt11(made.bolt11);
    reply.set_payment_hash(made.payment_hash);
    reply.set_expires_at(made.expires_at);
    return reply;
  } catch (const RpcError& refusal) {
    if (refusal.code() != kLabelExists) throw;
  }
  return after_change([&] { return known(request, terms, call); });
}

proto::CreateInvoiceReply Invoices::known(const proto::CreateInvoiceRequest& request,
                                          const InvoiceTerms& terms, const Call& call) {
  const auto row = calls_.invoice_by_label(request.invoice_key(), call);
  if (!row) throw Error(Code::kUnavailable, "The invoice was just deleted at the node; it is tried again.");
  bool same = !row->bolt11.empty();
  if (same) {
    const auto made = calls_.decode_invoice(row->bolt11, call);
    same = made.amount_msat == terms.amount_msat && made.description == terms.description &&
           made.expiry_seconds == terms.expiry_seconds;
  }
  if (!same) {
    throw Error(Code::kAlreadyExists, "The invoice key \"" + request.invoice_key() +
                                          "\" was used before with other terms; take another key.");
  }
  proto::CreateInvoiceReply reply;
  reply.set_bolt11(row->bolt11);
  reply.set_payment_hash(row->payment_hash);
  reply.set_expires_at(row->expires_at);
  return reply;
}

proto::LookupInvoiceReply Invoices::lookup(const proto::LookupInvoiceRequest& request, const Call& call) {
  if (request.invoice_key().empty() == request.payment_hash().empty()) {
    throw Error(Code::kInvalidArgument, "Give either the invoice_key or the payment_hash.");
  }
  std::optional<InvoiceRow> row;
  if (request.payment_hash().empty()) {
    check_key("invoice_key", request.invoice_key());
    row = calls_.invoice_by_label(request.invoice_key(), call);
  } else {
    check_hash("payment_hash", request.payment_hash());
    row = calls_.invoice_by_hash(request.payment_hash(), call);
  }
  if (!row) throw Error(Code::kNotFound, "The node has no such invoice.");
  proto::LookupInvoiceReply reply;
  reply.set_state(state_of(row->status));
  reply.set_bolt11(row->bolt11);
  reply.set_payment_hash(row->payment_hash);
  reply.set_received_msat(row->received_msat);
  reply.set_paid_at(row->paid_at);
  return reply;
}

}  // namespace paynamed::cln
