#include "state/payment_decision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "state/event_data.hpp"
#include "state/order_events.hpp"

namespace paynamed::state {
namespace {

// The node took it after it had said to whoever asks that it would not, or we had said so.
bool is_late(const PaidInvoice& invoice, base::WallTime paid_at) {
  return invoice.state == InvoiceState::kExpired || paid_at > invoice.expires;
}

const PaidFor& whose(const RowsOfPayment& rows) {
  if (rows.invoice) return rows.invoice->of;
  return rows.order ? rows.order->of : rows.offer->of;
}

const std::string& reference_of(const RowsOfPayment& rows) {
  if (rows.invoice) return rows.invoice->reference;
  return rows.order ? rows.order->reference : rows.offer->reference;
}

void put_what_was_paid(EventData& data, const IncomingPayment& payment, const RowsOfPayment& rows) {
  const bool by_key = rows.invoice || (rows.order && rows.order->by_key);
  data.put("method", by_key ? "bolt11" : "bolt12");
  if (rows.invoice) data.put("invoice", rows.invoice->id.to_string());
  if (rows.order) data.put("order", rows.order->id.to_string());
  if (!by_key) data.put("offer_id", payment.offer_id);
  if (rows.offer) data.put("offer_state", to_string(rows.offer->state));
  const bool late = rows.invoice ? is_late(*rows.invoice, payment.paid_at)
                                 : rows.order && comes_late(rows.order->standing, payment.paid_at);
  if (late) data.put_flag("late", true);
}

NewEvent payment_received(const IncomingPayment& payment, const PaymentSource& source,
                          const RowsOfPayment& rows, base::Uuid id, base::WallTime now) {
  const PaidFor& of = whose(rows);
  EventData data;
  data.put("name", of.name);
  data.put("node_id", source.node_id);
  data.put("pay_key", payment.pay_key);
  data.put_if("payment_hash", payment.payment_hash);
  data.put_amount("amount_msat", payment.received_msat);
  data.put_time("paid_at", payment.paid_at);
  put_what_was_paid(data, payment, rows);
  if (of.owner) data.put_if("owner", *of.owner);
  data.put_if("reference", reference_of(rows));
  data.put("network", source.network);
  data.put_flag("livemode", source.livemode);
  data.put_claim("payer_note", payment.payer_note);
  data.put_claim("claimed_name", payment.claimed_name);
  return data.event("payment.received", of.name, id, now);
}

// Whether this payment is the one with which all has arrived.
bool completes(const PaidInvoice& invoice, std::uint64_t msat) {
  if (invoice.state == InvoiceState::kPaid || invoice.only_intent) return false;
  return invoice.received_msat + msat >= invoice.amount_msat;
}

}  // namespace

std::string paid_by(const std::optional<base::Uuid>& invoice, const std::optional<base::Uuid>& order,
                    std::string_view offer_id) {
  if (invoice) return invoice_key_of(*invoice);
  return order ? order_key_of(*order) : std::string{offer_id};
}

std::string paid_by(const RowsOfPayment& rows, std::string_view offer_id) {
  const auto invoice = rows.invoice ? std::optional{rows.invoice->id} : std::nullopt;
  const auto order = rows.order && rows.order->by_key ? std::optional{rows.order->id} : std::nullopt;
  return paid_by(invoice, order, offer_id);
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
  EventData data;
  data.put("invoice", invoice.id.to_string());
  data.put("name", invoice.of.name);
  data.put_amount("amount_msat", invoice.amount_msat);
  data.put_amount("received_msat", std::min(received_msat, kMostMsat));
  data.put_if("payment_hash", payment_hash);
  data.put_time("paid_at", paid_at);
  data.put_time("expires", invoice.expires);
  data.put_if("reference", invoice.reference);
  if (late) data.put_flag("late", true);
  data.put_flag("livemode", livemode);
  return data.event("invoice.paid", invoice.of.name, invoice_paid_id(invoice.id), now);
}

PaymentDecision decide(const IncomingPayment& payment, const PaymentSource& source, const RowsOfPayment& rows,
                       base::WallTime now) {
  PaymentDecision decision;
  if (!rows.invoice && !rows.order && !rows.offer) return decision;
  decision.tenant = whose(rows).tenant;
  decision.verdict = rows.known ? Verdict::kKnown : Verdict::kTakenIn;
  if (rows.known) return decision;
  const base::Uuid id =
      rows.id ? *rows.id : payment_id(source.node_id, payment.pay_key, paid_by(rows, payment.offer_id));
  decision.events.push_back(payment_received(payment, source, rows, id, now));
  if (rows.invoice && completes(*rows.invoice, payment.received_msat)) {
    decision.events.push_back(
        invoice_paid(*rows.invoice, payment.payment_hash, rows.invoice->received_msat + payment.received_msat,
                     payment.paid_at, source.livemode, is_late(*rows.invoice, payment.paid_at), now));
  }
  if (rows.invoice || !rows.order || rows.order->only_intent) return decision;
  const PaidOrder& order = *rows.order;
  const OrderStanding& before = order.standing;
  const OrderState state = after_payment(before, payment.received_msat, payment.paid_at);
  const OrderHead head{order.id, order.of.name, order.reference, before.amount_msat, before.expires};
  const OrderPayment paid{id, payment.paid_at, before.received_msat + payment.received_msat, source.livemode};
  decision.events.push_back(order_after_payment(head, state, paid, now));
  if (waits_for_money(before.state) && !waits_for_money(state)) decision.ended_order = order.id;
  return decision;
}

}  // namespace paynamed::state
