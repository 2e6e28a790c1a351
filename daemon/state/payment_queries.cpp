#include "state/payment_queries.hpp"

#include <algorithm>

#include "state/invoice_table.hpp"
#include "state/place_walk.hpp"
#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_CURSOR_COLUMNS \
  "node_id, instance, node, cursor, last_payment, taken_in, strays, resyncs FROM node_cursors "
#define PAYNAMED_PAYMENT_COLUMNS                                                                             \
  "p.id, n.name, p.node_id, p.pay_key, p.payment_hash, p.received_msat, p.paid_at, p.taken_in, p.offer_id, " \
  "p.invoice, p.payer_note, p.late, p.livemode, p.order_id, p.claimed_name "

// A page of a list: ?1 tenant, ?2 the key to go on before, ?3 how many, ?4 state, ?5 name.
#define PAYNAMED_INVOICE_PAGE(index, where)                              \
  "SELECT " PAYNAMED_INVOICE_COLUMNS "FROM invoices i INDEXED BY " index \
  " JOIN names n ON n.key = i.name WHERE " where                         \
  " AND i.tenant = ?1 AND i.key < ?2 AND "                               \
  "(?4 IS NULL OR i.state = ?4) AND (?5 = '' OR n.name = ?5) ORDER BY i.key DESC LIMIT ?3"
#define PAYNAMED_INVOICES_NAME "i.name = (SELECT key FROM names WHERE name = ?5)"

NodeCursor cursor_row(const Statement& row) {
  NodeCursor cursor;
  cursor.source.node_id = row.text(0);
  cursor.source.instance = row.text(1);
  cursor.source.node = row.text(2);
  cursor.cursor = row.text(3);
  cursor.last_payment = row.optional_time(4);
  cursor.taken_in = row.count(5);
  cursor.strays = row.count(6);
  cursor.resyncs = row.count(7);
  return cursor;
}

PaymentRow payment_row(const Statement& row) {
  PaymentRow payment;
  payment.id = row.uuid(0);
  payment.name = row.text(1);
  payment.node_id = row.text(2);
  payment.pay_key = row.text(3);
  payment.payment_hash = row.text(4);
  payment.received_msat = row.count(5);
  payment.paid_at = row.time(6);
  payment.taken_in = row.time(7);
  payment.offer_id = row.text(8);
  payment.invoice = row.optional_uuid(9);
  payment.payer_note = row.text(10);
  payment.late = row.integer(11) != 0;
  payment.livemode = row.integer(12) != 0;
  payment.order = row.optional_uuid(13);
  payment.claimed_name = row.text(14);
  return payment;
}

}  // namespace

PaymentQueries::PaymentQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      find_cursor_(connection,
                   "SELECT " PAYNAMED_CURSOR_COLUMNS "WHERE node_id = ? AND instance = ? AND node = ?"),
      cursors_(connection, "SELECT " PAYNAMED_CURSOR_COLUMNS "ORDER BY instance, node, node_id LIMIT ?"),
      find_payment_(connection,
                    "SELECT " PAYNAMED_PAYMENT_COLUMNS
                    "FROM payments p JOIN names n ON n.key = p.name WHERE p.id = ? AND p.tenant = ?"),
      payment_key_(connection, "SELECT key FROM payments WHERE id = ? AND tenant = ?"),
      payments_of_tenant_(connection,
                          "SELECT " PAYNAMED_PAYMENT_COLUMNS
                          "FROM payments p INDEXED BY payments_of_tenant JOIN names n ON n.key = p.name "
                          "WHERE p.tenant = ?1 AND p.key < ?2 ORDER BY p.key DESC LIMIT ?3"),
      payments_of_name_(connection,
                        "SELECT " PAYNAMED_PAYMENT_COLUMNS
                        "FROM names n JOIN payments p INDEXED BY payments_of_name ON p.name = n.key "
                        "WHERE n.name = ?4 AND p.tenant = ?1 AND p.key < ?2 ORDER BY p.key DESC LIMIT ?3"),
      find_invoice_(connection,
                    "SELECT " PAYNAMED_INVOICE_COLUMNS
                    "FROM invoices i JOIN names n ON n.key = i.name WHERE i.id = ? AND i.tenant = ?"),
      invoice_key_(connection, "SELECT key FROM invoices WHERE id = ? AND tenant = ?"),
      invoices_of_tenant_(connection, PAYNAMED_INVOICE_PAGE("invoices_of_tenant", "i.tenant = ?1")),
      invoices_in_state_(
          connection, PAYNAMED_INVOICE_PAGE("invoices_of_tenant_in_state", "i.tenant = ?1 AND i.state = ?4")),
      invoices_of_name_(connection, PAYNAMED_INVOICE_PAGE("invoices_of_name", PAYNAMED_INVOICES_NAME)),
      invoices_of_name_in_state_(
          connection,
          PAYNAMED_INVOICE_PAGE("invoices_of_name_in_state", PAYNAMED_INVOICES_NAME " AND i.state = ?4")),
      next_place_(connection,
                  "SELECT node_instance, node FROM invoices INDEXED BY invoices_open_at WHERE state = 0 AND "
                  "(node_instance, node) > (?1, ?2) ORDER BY node_instance, node LIMIT 1"),
      due_(connection,
           "SELECT id FROM invoices INDEXED BY invoices_open_at WHERE state = 0 AND node_instance = ?1 AND "
           "node = ?2 AND expires <= ?3 ORDER BY expires, key LIMIT ?4"),
      intents_(connection,
               "SELECT " PAYNAMED_INTENT_COLUMNS
               "FROM invoice_intents i INDEXED BY invoice_intents_open JOIN names n ON n.key = i.name "
               "JOIN tenants t ON t.key = i.tenant WHERE i.state = 0 AND i.created < ?1 AND "
               "(i.created, i.id) > (?2, ?3) ORDER BY i.created, i.id LIMIT ?4") {}

base::Result<std::optional<NodeCursor>> PaymentQueries::find_cursor(const PaymentSource& source) {
  return at_most_one<NodeCursor>(
      find_cursor_, find_cursor_.first(source.node_id, source.instance, source.node), cursor_row);
}

base::Result<std::vector<NodeCursor>> PaymentQueries::node_cursors(std::uint32_t limit) {
  return collect<NodeCursor>(cursors_, cursors_.first(std::min(limit, kMaxRows)), cursor_row);
}

base::Result<std::int64_t> PaymentQueries::key_below(Statement& find, TenantKey tenant, base::Uuid before) {
  if (before == base::Uuid{}) return INT64_MAX;
  const auto row = find.first(before, tenant);
  if (!row) return base::fail(row.error());
  if (!*row) {
    return base::fail(base::invalid_argument("the list cannot go on: there is no " + before.to_string()));
  }
  const std::int64_t key = find.integer(0);
  find.reset();
  return key;
}

base::Result<std::optional<PaymentRow>> PaymentQueries::find_payment(std::string_view tenant, base::Uuid id) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<PaymentRow>(find_payment_, find_payment_.first(id, *key), payment_row);
}

base::Result<std::vector<PaymentRow>> PaymentQueries::list_payments(std::string_view tenant,
                                                                    std::string_view name, base::Uuid before,
                                                                    std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  const auto below = key_below(payment_key_, *key, before);
  if (!below) return base::fail(below.error());
  const std::uint32_t most = std::min(limit, kMaxRows);
  if (name.empty()) {
    return collect<PaymentRow>(payments_of_tenant_, payments_of_tenant_.first(*key, *below, most),
                               payment_row);
  }
  return collect<PaymentRow>(payments_of_name_, payments_of_name_.first(*key, *below, most, name),
                             payment_row);
}

base::Result<std::optional<InvoiceRow>> PaymentQueries::find_invoice(std::string_view tenant, base::Uuid id) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<InvoiceRow>(find_invoice_, find_invoice_.first(id, *key), read_invoice);
}

base::Result<std::vector<InvoiceRow>> PaymentQueries::list_invoices(std::string_view tenant,
                                                                    std::string_view name,
                                                                    std::optional<InvoiceState> state,
                                                                    base::Uuid before, std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  const auto below = key_below(invoice_key_, *key, before);
  if (!below) return base::fail(below.error());
  const std::uint32_t most = std::min(limit, kMaxRows);
  Statement& page = name.empty() ? (state ? invoices_in_state_ : invoices_of_tenant_)
                                 : (state ? invoices_of_name_in_state_ : invoices_of_name_);
  return collect<InvoiceRow>(page, page.first(*key, *below, most, state, name), read_invoice);
}

base::Result<std::vector<NodePlace>> PaymentQueries::places_of_open_invoices() {
  return walk_places(next_place_);
}

base::Result<std::vector<base::Uuid>> PaymentQueries::invoices_due(const NodePlace& place,
                                                                   base::WallTime until,
                                                                   std::uint32_t limit) {
  return collect<base::Uuid>(due_,
                             due_.first(place.instance, place.reference, until, std::min(limit, kMaxRows)),
                             [](const Statement& row) { return row.uuid(0); });
}

base::Result<std::vector<InvoiceIntent>> PaymentQueries::open_intents(base::WallTime before,
                                                                      IntentPlace after,
                                                                      std::uint32_t limit) {
  return collect<InvoiceIntent>(
      intents_, intents_.first(before, after.created, after.id, std::min(limit, kMaxRows)), read_intent);
}

}  // namespace paynamed::state
