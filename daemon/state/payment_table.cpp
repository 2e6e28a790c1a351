#include "state/payment_table.hpp"

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

// Whose it is: tenant, name, whether the name is still registered as it was when `made`, owner and reference
// of the name.
#define PAYNAMED_PAID_FOR(table, made)                                                                   \
  table ".tenant, n.name, n.tenant = " table ".tenant AND n.state >= 0 AND n.created <= " table "." made \
        ", "                                                                                             \
        "n.owner, n.reference"
#define PAYNAMED_AT_NODE(table) table ".node_instance = ?2 AND (" table ".node = ?3 OR ?3 = '')"

PaidFor paid_for(const Statement& row) {
  PaidFor of{row.integer(0), std::string{row.text(1)}, std::nullopt};
  if (row.integer(2) != 0) of.owner = row.text(3);
  return of;
}

PaidInvoice paid_invoice(const Statement& row) {
  PaidInvoice invoice;
  invoice.of = paid_for(row);
  invoice.reference = row.text(5);
  invoice.id = row.uuid(6);
  invoice.amount_msat = row.count(7);
  invoice.received_msat = row.count(8);
  invoice.state = static_cast<InvoiceState>(row.integer(9));
  invoice.expires = row.time(10);
  return invoice;
}

PaidOrder paid_order(const Statement& row) {
  PaidOrder order;
  order.of = paid_for(row);
  order.reference = row.text(5);
  order.id = row.uuid(6);
  order.standing = {static_cast<OrderState>(row.integer(7)), row.count(8), row.count(9), row.time(10)};
  return order;
}

#define PAYNAMED_PAID_ORDER \
  "SELECT " PAYNAMED_PAID_FOR("o", "created") ", o.reference, o.id, o.state, "          \
  "o.amount_msat, o.received_msat, o.expires FROM orders o "

}  // namespace

PaymentTable::PaymentTable(Connection& connection)
    : find_invoice_(connection,
                    "SELECT " PAYNAMED_PAID_FOR("i", "created") ", i.reference, i.id, i.amount_msat, "
                    "i.received_msat, i.state, i.expires FROM invoices i JOIN names n ON n.key = i.name "
                    "WHERE i.id = ?1 AND " PAYNAMED_AT_NODE("i")),
      find_intent_(connection,
                   "SELECT " PAYNAMED_PAID_FOR("i", "created") ", i.reference, i.id, i.amount_msat, 0, 0, "
                   "i.created + i.expiry * 1000 FROM invoice_intents i JOIN names n ON n.key = i.name "
                   "WHERE i.id = ?1 AND " PAYNAMED_AT_NODE("i")),
      find_order_(connection, PAYNAMED_PAID_ORDER
                  "JOIN names n ON n.key = o.name WHERE o.id = ?1 AND " PAYNAMED_AT_NODE("o")),
      find_order_intent_(connection,
                         "SELECT " PAYNAMED_PAID_FOR("i", "created") ", i.reference, i.id, 0, i.amount_msat, 0, "
                         "i.created + i.expires_in * 1000 FROM order_intents i JOIN names n ON n.key = i.name "
                         "WHERE i.id = ?1 AND " PAYNAMED_AT_NODE("i")),
      find_order_of_offer_(connection, PAYNAMED_PAID_ORDER
                           "INDEXED BY orders_by_offer_id JOIN names n ON n.key = o.name "
                           "WHERE substr(o.offer_id, 1, 16) = substr(?1, 1, 16) AND o.offer_id <> '' "
                           "AND +o.offer_id = ?1 AND " PAYNAMED_AT_NODE("o") " ORDER BY o.key DESC LIMIT 1"),
      // By offers_by_offer_id, whose expression this is. The plus keeps SQLite from putting ?1 in place of the column
      // in that expression too, which would be no index's any more.
      find_offer_(connection,
                  "SELECT " PAYNAMED_PAID_FOR("o", "created") ", o.state FROM offers o "
                  "INDEXED BY offers_by_offer_id JOIN names n ON n.key = o.name "
                  "WHERE substr(o.offer_id, 1, 16) = substr(?1, 1, 16) AND +o.offer_id = ?1 "
                  "AND " PAYNAMED_AT_NODE("o") " ORDER BY o.key DESC LIMIT 1"),
      find_payment_(connection, "SELECT 1 FROM payments WHERE id = ?"),
      find_cursor_(connection,
                   "SELECT cursor FROM node_cursors WHERE node_id = ? AND instance = ? AND node = ?"),
      advance_(connection,
               "INSERT INTO node_cursors(node_id, instance, node, cursor, last_payment, taken_in, strays, resyncs) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT DO UPDATE SET cursor = ?4, "
               "last_payment = coalesce(?5, last_payment), taken_in = taken_in + ?6, strays = strays + ?7"),
      restart_(connection,
               "UPDATE node_cursors SET cursor = '', strays = 0, resyncs = resyncs + 1 "
               "WHERE node_id = ? AND instance = ? AND node = ?") {}

base::Result<RowsOfPayment> PaymentTable::rows_of(const IncomingPayment& payment,
                                                  const PaymentSource& source) {
  RowsOfPayment rows;
  const Paid paid{payment.invoice, payment.order, payment.offer_id};
  if (auto found = find_rows(paid, source, rows); !found) return base::fail(found.error());
  if (!rows.invoice && !rows.order && !rows.offer) return rows;
  rows.id = payment_id(source.node_id, payment.pay_key, paid_by(rows, payment.offer_id));
  const auto known = find_payment_.first(*rows.id);
  if (!known) return base::fail(known.error());
  find_payment_.reset();
  rows.known = *known;
  return rows;
}

base::Result<bool> PaymentTable::is_ours(const BrokenPayment& payment, const PaymentSource& source) {
  RowsOfPayment rows;
  const Paid paid{payment.invoice, payment.order, payment.offer_id};
  if (auto found = find_rows(paid, source, rows); !found) return base::fail(found.error());
  return rows.invoice || rows.order || rows.offer;
}

base::Result<void> PaymentTable::find_rows(const Paid& payment, const PaymentSource& source,
                                           RowsOfPayment& rows) {
  if (payment.invoice) {
    auto invoice = find_invoice(*payment.invoice, source);
    if (invoice && !*invoice) invoice = find_intent(*payment.invoice, source);
    if (!invoice) return base::fail(invoice.error());
    rows.invoice = *std::move(invoice);
    if (rows.invoice) return {};
  }
  if (payment.order) {
    auto order = find_order(*payment.order, source);
    if (order && !*order) order = find_order_intent(*payment.order, source);
    if (!order) return base::fail(order.error());
    rows.order = *std::move(order);
    if (rows.order) return {};
  }
  if (payment.offer_id.empty()) return {};
  auto offer = find_offer(payment.offer_id, source);
  if (!offer) return base::fail(offer.error());
  rows.offer = *std::move(offer);
  if (rows.offer) return {};
  auto order = find_order_of_offer(payment.offer_id, source);
  if (!order) return base::fail(order.error());
  rows.order = *std::move(order);
  return {};
}

base::Result<std::optional<PaidOrder>> PaymentTable::find_order(base::Uuid order,
                                                                const PaymentSource& source) {
  return at_most_one<PaidOrder>(find_order_, find_order_.first(order, source.instance, source.node),
                                [](const Statement& row) {
                                  PaidOrder found = paid_order(row);
                                  found.by_key = true;
                                  return found;
                                });
}

base::Result<std::optional<PaidOrder>> PaymentTable::find_order_intent(base::Uuid order,
                                                                       const PaymentSource& source) {
  return at_most_one<PaidOrder>(find_order_intent_,
                                find_order_intent_.first(order, source.instance, source.node),
                                [](const Statement& row) {
                                  PaidOrder found = paid_order(row);
                                  found.by_key = true;
                                  found.only_intent = true;
                                  return found;
                                });
}

base::Result<std::optional<PaidOrder>> PaymentTable::find_order_of_offer(const std::string& offer_id,
                                                                         const PaymentSource& source) {
  return at_most_one<PaidOrder>(
      find_order_of_offer_, find_order_of_offer_.first(offer_id, source.instance, source.node), paid_order);
}

base::Result<std::optional<PaidInvoice>> PaymentTable::find_invoice(base::Uuid invoice,
                                                                    const PaymentSource& source) {
  return at_most_one<PaidInvoice>(find_invoice_, find_invoice_.first(invoice, source.instance, source.node),
                                  paid_invoice);
}

base::Result<std::optional<PaidInvoice>> PaymentTable::find_intent(base::Uuid invoice,
                                                                   const PaymentSource& source) {
  return at_most_one<PaidInvoice>(find_intent_, find_intent_.first(invoice, source.instance, source.node),
                                  [](const Statement& row) {
                                    PaidInvoice found = paid_invoice(row);
                                    found.only_intent = true;
                                    return found;
                                  });
}

base::Result<std::optional<PaidOffer>> PaymentTable::find_offer(const std::string& offer_id,
                                                                const PaymentSource& source) {
  return at_most_one<PaidOffer>(find_offer_, find_offer_.first(offer_id, source.instance, source.node),
                                [](const Statement& row) {
                                  PaidOffer offer{paid_for(row), {}, static_cast<OfferState>(row.integer(5))};
                                  if (offer.of.owner) offer.reference = row.text(4);
                                  return offer;
                                });
}

base::Result<std::string> PaymentTable::cursor(const PaymentSource& source) {
  auto found =
      at_most_one<std::string>(find_cursor_, find_cursor_.first(source.node_id, source.instance, source.node),
                               [](const Statement& row) { return std::string{row.text(0)}; });
  if (!found) return base::fail(found.error());
  return found->value_or("");
}

base::Result<void> PaymentTable::advance(const PaymentSource& source, const std::string& cursor,
                                         const TakenIn& counted, std::optional<base::WallTime> last_payment) {
  return advance_.run(source.node_id, source.instance, source.node, cursor, last_payment, counted.taken_in,
                      counted.strays);
}

base::Result<void> PaymentTable::restart(const PaymentSource& source) {
  return restart_.run(source.node_id, source.instance, source.node);
}

}  // namespace paynamed::state
