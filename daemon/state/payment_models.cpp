#include "state/payment_models.hpp"

#include <fmt/format.h>

#include "state/invoices.hpp"
#include "state/payment_decision.hpp"

namespace paynamed::state {
namespace {

base::Status contradiction(std::string_view what) {
  return base::internal(fmt::format("an event was not stored, because {}; report this defect", what));
}

bool speaks_of_an_order(Fact::Kind kind) {
  return kind >= Fact::Kind::kOrderCreated && kind <= Fact::Kind::kOrderExpired;
}

}  // namespace

// Sums end at kMostMsat, as events do: a node that lies must not stop the writer.
PaymentModels::PaymentModels(Connection& connection)
    : connection_(&connection),
      orders_(connection),
      insert_payment_(connection,
                      "INSERT INTO payments(key, tenant, id, node_id, pay_key, name, offer_id, invoice, "
                      "received_msat, paid_at, taken_in, payment_hash, payer_note, late, livemode, order_id, "
                      "claimed_name) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      add_to_invoice_(
          connection,
          "UPDATE invoices SET received_msat = min(received_msat + ?2, 2100000000000000000) WHERE id = ?1"),
      received_for_(
          connection,
          "SELECT CAST(min(total(received_msat), 2.1e18) AS INTEGER) FROM payments WHERE invoice = ?"),
      find_invoice_(connection, "SELECT state FROM invoices WHERE id = ?"),
      insert_invoice_(
          connection,
          "INSERT INTO invoices(key, tenant, id, name, node_instance, node, bolt11, payment_hash, "
          "amount_msat, memo, reference, created, expires, state, received_msat, paid_at, livemode) "
          "VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, ?)"),
      end_invoice_(connection,
                   "UPDATE invoices SET state = ?2, paid_at = coalesce(?3, paid_at) WHERE id = ?1") {}

bool PaymentModels::speaks_of(Fact::Kind kind) {
  using Kind = Fact::Kind;
  return kind == Kind::kPaymentReceived || kind == Kind::kInvoiceCreated || kind == Kind::kInvoicePaid ||
         kind == Kind::kInvoiceExpired || speaks_of_an_order(kind);
}

base::Result<void> PaymentModels::apply(const Fact& fact, const Context& context) {
  using Kind = Fact::Kind;
  if (fact.kind == Kind::kPaymentReceived) return payment_received(fact, context);
  if (fact.kind == Kind::kInvoiceCreated) return invoice_created(fact, context);
  if (speaks_of_an_order(fact.kind)) return order_spoken_of(fact, context);
  return invoice_ended(fact);
}

base::Result<void> PaymentModels::order_spoken_of(const Fact& fact, const Context& context) {
  using Kind = Fact::Kind;
  switch (fact.kind) {
    case Kind::kOrderCreated:
      return orders_.created(fact, context.tenant, context.name, context.time);
    case Kind::kOrderPaid:
      return orders_.became(fact, OrderState::kPaid);
    case Kind::kOrderUnderpaid:
      return orders_.became(fact, OrderState::kUnderpaid);
    case Kind::kOrderOverpaid:
      return orders_.became(fact, OrderState::kOverpaid);
    case Kind::kOrderLate:
      return orders_.became(fact, OrderState::kLate);
    default:
      return orders_.became(fact, OrderState::kExpired);
  }
}

base::Result<void> PaymentModels::payment_received(const Fact& fact, const Context& context) {
  const PaymentFact& payment = fact.payment;
  const auto invoice = fact.invoice == base::Uuid{} ? std::nullopt : std::optional{fact.invoice};
  const auto order = fact.order == base::Uuid{} ? std::nullopt : std::optional{fact.order};
  const auto order_by_key = fact.offer_id.empty() ? order : std::nullopt;
  const base::Uuid id =
      payment_id(payment.node_id, payment.pay_key, paid_by(invoice, order_by_key, fact.offer_id));
  if (auto done = insert_payment_.run(context.tenant, id, payment.node_id, payment.pay_key, context.name,
                                      fact.offer_id, invoice, fact.amount_msat, payment.paid_at, context.time,
                                      payment.payment_hash, payment.payer_note, payment.late, fact.livemode,
                                      order, payment.claimed_name);
      !done) {
    // By payments_by_id: to look before would cost every payment what hardly one needs.
    if (sqlite3_extended_errcode(connection_->raw()) == SQLITE_CONSTRAINT_UNIQUE)
      return base::fail(contradiction("the payment was received already"));
    return done;
  }
  if (order) return orders_.received(*order, fact.amount_msat);
  if (!invoice) return {};
  return add_to_invoice_.run(*invoice, fact.amount_msat);
}

base::Result<void> PaymentModels::invoice_created(const Fact& fact, const Context& context) {
  const auto known = find_invoice_.first(fact.invoice);
  if (!known) return base::fail(known.error());
  find_invoice_.reset();
  if (*known) return base::fail(contradiction("the invoice was created already"));
  const auto row = received_for_.first(fact.invoice);
  if (!row) return base::fail(row.error());
  const std::int64_t received = received_for_.integer(0);
  received_for_.reset();
  return insert_invoice_.run(context.tenant, fact.invoice, context.name, fact.node_instance, fact.node,
                             fact.bolt11, fact.payment.payment_hash, fact.amount_msat, fact.memo,
                             fact.reference, context.time, fact.until, received, fact.livemode);
}

base::Result<void> PaymentModels::invoice_ended(const Fact& fact) {
  const bool paid = fact.kind == Fact::Kind::kInvoicePaid;
  const auto row = find_invoice_.first(fact.invoice);
  if (!row) return base::fail(row.error());
  const auto before =
      *row ? std::optional{static_cast<InvoiceState>(find_invoice_.integer(0))} : std::nullopt;
  find_invoice_.reset();
  const bool fits = paid ? before && *before != InvoiceState::kPaid : before == InvoiceState::kOpen;
  if (!fits) {
    return base::fail(contradiction(
        fmt::format("the invoice {} cannot become {}", fact.invoice.to_string(), paid ? "paid" : "expired")));
  }
  return end_invoice_.run(fact.invoice, paid ? InvoiceState::kPaid : InvoiceState::kExpired,
                          paid ? std::optional{fact.payment.paid_at} : std::nullopt);
}

}  // namespace paynamed::state
