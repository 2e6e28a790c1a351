#include "state/invoice_table.hpp"

#include "state/rows.hpp"

namespace paynamed::state {

InvoiceIntent read_intent(const Statement& row) {
  InvoiceIntent intent;
  intent.id = row.uuid(0);
  intent.tenant = row.text(1);
  intent.name = row.text(2);
  intent.node_instance = row.text(3);
  intent.node = row.text(4);
  intent.terms.amount_msat = row.count(5);
  intent.terms.memo = row.text(6);
  intent.terms.reference = row.text(7);
  intent.terms.expiry_seconds = static_cast<std::uint32_t>(row.integer(8));
  intent.created = row.time(9);
  intent.made = row.integer(10) == static_cast<std::int64_t>(IntentState::kMade);
  return intent;
}

InvoiceRow read_invoice(const Statement& row) {
  InvoiceRow invoice;
  invoice.id = row.uuid(0);
  invoice.name = row.text(1);
  invoice.node_instance = row.text(2);
  invoice.node = row.text(3);
  invoice.bolt11 = row.text(4);
  invoice.payment_hash = row.text(5);
  invoice.terms.amount_msat = row.count(6);
  invoice.terms.memo = row.text(7);
  invoice.terms.reference = row.text(8);
  invoice.created = row.time(9);
  invoice.expires = row.time(10);
  invoice.state = static_cast<InvoiceState>(row.integer(11));
  invoice.received_msat = row.count(12);
  invoice.paid_at = row.optional_time(13);
  invoice.livemode = row.integer(14) != 0;
  return invoice;
}

#define PAYNAMED_INTENTS \
  "FROM invoice_intents i JOIN names n ON n.key = i.name JOIN tenants t ON t.key = i.tenant "

InvoiceTable::InvoiceTable(Connection& connection)
    : find_key_(connection, "SELECT " PAYNAMED_INTENT_COLUMNS ", i.request_hash " PAYNAMED_INTENTS
                            "WHERE i.tenant = ? AND i.idempotency_key = ?"),
      insert_(
          connection,
          "INSERT INTO invoice_intents(id, tenant, name, node_instance, node, amount_msat, memo, reference, "
          "expiry, created, state, idempotency_key, request_hash) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"),
      find_intent_(connection,
                   "SELECT " PAYNAMED_INTENT_COLUMNS
                   ", i.tenant, i.idempotency_key IS NOT NULL " PAYNAMED_INTENTS "WHERE i.id = ?"),
      set_made_(connection, "UPDATE invoice_intents SET state = 1 WHERE id = ?"),
      set_given_up_(connection, "UPDATE invoice_intents SET state = 2, idempotency_key = NULL WHERE id = ?"),
      erase_(connection, "DELETE FROM invoice_intents WHERE id = ?"),
      find_invoice_(connection, "SELECT " PAYNAMED_INVOICE_COLUMNS
                                ", i.tenant FROM invoices i JOIN names n ON n.key = i.name WHERE i.id = ?"),
      received_for_(connection,
                    "SELECT CAST(min(total(received_msat) OVER (), 2.1e18) AS INTEGER), paid_at, "
                    "payment_hash FROM payments "
                    "WHERE invoice = ? ORDER BY key DESC LIMIT 1") {}

base::Result<std::optional<InvoiceTable::KeyUse>> InvoiceTable::find_key(TenantKey tenant,
                                                                         std::string_view key) {
  return at_most_one<KeyUse>(find_key_, find_key_.first(tenant, key), [](const Statement& row) {
    return KeyUse{read_intent(row), std::string{row.text(11)}};
  });
}

base::Result<void> InvoiceTable::insert_intent(TenantKey tenant, NameKey name, const InvoiceIntent& intent,
                                               const NewInvoice& wish) {
  const auto key = wish.idempotency_key.empty() ? std::nullopt : std::optional{wish.idempotency_key};
  return insert_.run(intent.id, tenant, name, intent.node_instance, intent.node, intent.terms.amount_msat,
                     intent.terms.memo, intent.terms.reference, intent.terms.expiry_seconds, intent.created,
                     key, wish.request_hash);
}

base::Result<std::optional<InvoiceTable::StoredIntent>> InvoiceTable::find_intent(base::Uuid id) {
  return at_most_one<StoredIntent>(find_intent_, find_intent_.first(id), [](const Statement& row) {
    return StoredIntent{row.integer(11), read_intent(row), row.integer(12) != 0,
                        row.integer(10) == static_cast<std::int64_t>(IntentState::kGivenUp)};
  });
}

base::Result<void> InvoiceTable::set_made(base::Uuid id) {
  return set_made_.run(id);
}

base::Result<void> InvoiceTable::set_given_up(base::Uuid id) {
  return set_given_up_.run(id);
}

base::Result<void> InvoiceTable::erase_intent(base::Uuid id) {
  return erase_.run(id);
}

base::Result<std::optional<InvoiceTable::StoredInvoice>> InvoiceTable::find_invoice(base::Uuid id) {
  return at_most_one<StoredInvoice>(find_invoice_, find_invoice_.first(id), [](const Statement& row) {
    return StoredInvoice{row.integer(kInvoiceColumns), read_invoice(row)};
  });
}

base::Result<std::optional<InvoiceTable::Received>> InvoiceTable::received_for(base::Uuid id) {
  return at_most_one<Received>(received_for_, received_for_.first(id), [](const Statement& row) {
    return Received{row.count(0), row.time(1), std::string{row.text(2)}};
  });
}

}  // namespace paynamed::state
