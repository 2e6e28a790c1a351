#include "state/payment_decision.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <utility>

namespace paynamed::state {
namespace {
namespace json = boost::json;

// An event's data lives only until it is text.
class Data {
 public:
  Data() : memory_(buffer_.data(), buffer_.size()), object_(&memory_) { object_.reserve(24); }

  void put(std::string_view key, std::string_view text) { object_[key] = text; }
  void put_if(std::string_view key, std::string_view text) {
    if (!text.empty()) put(key, text);
  }
  void put_amount(std::string_view key, std::uint64_t msat) { put(key, fmt::format_int(msat).c_str()); }
  void put_flag(std::string_view key, bool flag) { object_[key] = flag; }
  void put_claim(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    json::value& claims = object_["claims"];
    if (claims.is_null()) claims.emplace_object();
    claims.get_object()[key] = text;
  }

  NewEvent event(std::string_view type, std::string_view name, base::Uuid id, base::WallTime now) const {
    return {std::string{type}, 1, std::string{name}, id, now, json::serialize(object_)};
  }

 private:
  alignas(std::max_align_t) std::array<unsigned char, 4096> buffer_;
  json::monotonic_resource memory_;
  json::object object_;
};

// The node took it after it had said to whoever asks that it would not, or we had said so.
bool is_late(const PaidInvoice& invoice, base::WallTime paid_at) {
  return invoice.state == InvoiceState::kExpired || paid_at > invoice.expires;
}

NewEvent payment_received(const IncomingPayment& payment, const PaymentSource& source,
                          const RowsOfPayment& rows, base::Uuid id, base::WallTime now) {
  const PaidFor& of = rows.invoice ? rows.invoice->of : rows.offer->of;
  Data data;
  data.put("name", of.name);
  data.put("node_id", source.node_id);
  data.put("pay_key", payment.pay_key);
  data.put_if("payment_hash", payment.payment_hash);
  data.put_amount("amount_msat", payment.received_msat);
  data.put("paid_at", base::to_rfc3339(payment.paid_at));
  data.put("method", rows.invoice ? "bolt11" : "bolt12");
  if (rows.invoice) {
    data.put("invoice", rows.invoice->id.to_string());
    if (is_late(*rows.invoice, payment.paid_at)) data.put_flag("late", true);
  } else {
    data.put("offer_id", payment.offer_id);
    data.put("offer_state", to_string(rows.offer->state));
  }
  if (of.owner) data.put_if("owner", *of.owner);
  data.put_if("reference", rows.invoice ? rows.invoice->reference : rows.offer->reference);
  data.put("network", source.network);
  data.put_flag("livemode", source.livemode);
  data.put_claim("payer_note", payment.payer_note);
  return data.event("payment.received", of.name, id, now);
}

// Whether this payment is the one with which all has arrived.
bool completes(const PaidInvoice& invoice, std::uint64_t msat) {
  if (invoice.state == InvoiceState::kPaid || invoice.only_intent) return false;
  return invoice.received_msat + msat >= invoice.amount_msat;
}

}  // namespace

std::string paid_by(const std::optional<base::Uuid>& invoice, std::string_view offer_id) {
  return invoice ? invoice_key_of(*invoice) : std::string{offer_id};
}

base::Uuid payment_id(std::string_view node_id, std::string_view pay_key, std::string_view paid) {
  return base::Uuid::v8(
      fmt::format("payment {}:{} {}:{} {}", node_id.size(), node_id, pay_key.size(), pay_key, paid));
}

base::Uuid invoice_paid_id(base::Uuid invoice) {
  return base::Uuid::v8("invoice.paid " + invoice.to_string());
}

NewEvent invoice_paid(const PaidInvoice& invoice, std::string_view payment_hash, std::uint64_t received_msat,
                      base::WallTime paid_at, bool livemode, bool late, base::WallTime now) {
  Data data;
  data.put("invoice", invoice.id.to_string());
  data.put("name", invoice.of.name);
  data.put_amount("amount_msat", invoice.amount_msat);
  data.put_amount("received_msat", std::min(received_msat, kMostMsat));
  data.put_if("payment_hash", payment_hash);
  data.put("paid_at", base::to_rfc3339(paid_at));
  data.put("expires", base::to_rfc3339(invoice.expires));
  data.put_if("reference", invoice.reference);
  if (late) data.put_flag("late", true);
  data.put_flag("livemode", livemode);
  return data.event("invoice.paid", invoice.of.name, invoice_paid_id(invoice.id), now);
}

PaymentDecision decide(const IncomingPayment& payment, const PaymentSource& source, const RowsOfPayment& rows,
                       base::WallTime now) {
  PaymentDecision decision;
  if (!rows.invoice && !rows.offer) return decision;
  decision.tenant = rows.invoice ? rows.invoice->of.tenant : rows.offer->of.tenant;
  decision.verdict = rows.known ? Verdict::kKnown : Verdict::kTakenIn;
  if (rows.known) return decision;
  const auto invoice = rows.invoice ? std::optional{rows.invoice->id} : std::nullopt;
  const base::Uuid id =
      rows.id ? *rows.id : payment_id(source.node_id, payment.pay_key, paid_by(invoice, payment.offer_id));
  decision.events.push_back(payment_received(payment, source, rows, id, now));
  if (rows.invoice && completes(*rows.invoice, payment.received_msat)) {
    decision.events.push_back(
        invoice_paid(*rows.invoice, payment.payment_hash, rows.invoice->received_msat + payment.received_msat,
                     payment.paid_at, source.livemode, is_late(*rows.invoice, payment.paid_at), now));
  }
  return decision;
}

}  // namespace paynamed::state
