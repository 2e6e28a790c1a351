#include "state/order_table.hpp"

#include "state/rows.hpp"

namespace paynamed::state {

OrderIntent read_order_intent(const Statement& row) {
  OrderIntent intent;
  intent.id = row.uuid(0);
  intent.tenant = row.text(1);
  intent.name = row.text(2);
  intent.node_instance = row.text(3);
  intent.node = row.text(4);
  intent.terms.amount_msat = row.count(5);
  intent.terms.price = {std::string{row.text(6)}, std::string{row.text(7)}, std::string{row.text(8)},
                        std::string{row.text(9)}};
  intent.terms.memo = row.text(10);
  intent.terms.reference = row.text(11);
  intent.terms.expires_in_seconds = static_cast<std::uint32_t>(row.integer(12));
  intent.terms.bolt11 = row.integer(13) != 0;
  intent.terms.bolt12 = row.integer(14) != 0;
  intent.created = row.time(15);
  intent.made = row.integer(16) == static_cast<std::int64_t>(IntentState::kMade);
  return intent;
}

OrderRow read_order(const Statement& row) {
  OrderRow order;
  order.id = row.uuid(0);
  order.name = row.text(1);
  order.node_instance = row.text(2);
  order.node = row.text(3);
  order.terms.amount_msat = row.count(4);
  order.terms.price = {std::string{row.text(5)}, std::string{row.text(6)}, std::string{row.text(7)},
                       std::string{row.text(8)}};
  order.terms.memo = row.text(9);
  order.terms.reference = row.text(10);
  order.bolt11 = row.text(11);
  order.payment_hash = row.text(12);
  order.offer = row.text(13);
  order.offer_id = row.text(14);
  order.terms.bolt11 = !order.bolt11.empty();
  order.terms.bolt12 = !order.offer.empty();
  order.created = row.time(15);
  order.expires = row.time(16);
  order.state = static_cast<OrderState>(row.integer(17));
  order.received_msat = row.count(18);
  order.paid_at = row.optional_time(19);
  order.livemode = row.integer(20) != 0;
  return order;
}

#define PAYNAMED_ORDER_INTENTS \
  "FROM order_intents i JOIN names n ON n.key = i.name JOIN tenants t ON t.key = i.tenant "

OrderTable::OrderTable(Connection& connection)
    : find_key_(connection, "SELECT " PAYNAMED_ORDER_INTENT_COLUMNS ", i.request_hash " PAYNAMED_ORDER_INTENTS
                            "WHERE i.tenant = ? AND i.idempotency_key = ?"),
      insert_(
          connection,
          "INSERT INTO order_intents(id, tenant, name, node_instance, node, amount_msat, currency, amount, "
          "rate, rate_source, memo, reference, expires_in, bolt11, bolt12, created, state, "
          "idempotency_key, request_hash) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"),
      find_intent_(connection, "SELECT " PAYNAMED_ORDER_INTENT_COLUMNS
                               ", i.tenant, i.idempotency_key IS NOT NULL, i.replayed " PAYNAMED_ORDER_INTENTS
                               "WHERE i.id = ?"),
      set_replayed_(connection, "UPDATE order_intents SET replayed = 1 WHERE id = ? AND replayed = 0"),
      set_made_(connection, "UPDATE order_intents SET state = 1 WHERE id = ?"),
      set_given_up_(connection, "UPDATE order_intents SET state = 2, idempotency_key = NULL WHERE id = ?"),
      erase_(connection, "DELETE FROM order_intents WHERE id = ?"),
      find_order_(connection, "SELECT " PAYNAMED_ORDER_COLUMNS
                              ", o.tenant FROM orders o JOIN names n ON n.key = o.name WHERE o.id = ?"),
      // The pluses as in PaymentTable: SQLite must not put ?1 in place of the column in the index's
      // expression.
      offer_known_(connection,
                   "SELECT EXISTS(SELECT 1 FROM orders INDEXED BY orders_by_offer_id "
                   "WHERE substr(offer_id, 1, 16) = substr(?1, 1, 16) AND offer_id <> '' AND +offer_id = ?1) "
                   "OR EXISTS(SELECT 1 FROM offers INDEXED BY offers_by_offer_id "
                   "WHERE substr(offer_id, 1, 16) = substr(?1, 1, 16) AND +offer_id = ?1)"),
      hash_known_(
          connection,
          "SELECT EXISTS(SELECT 1 FROM orders INDEXED BY orders_by_hash WHERE "
          "substr(payment_hash, 1, 16) = substr(?1, 1, 16) AND payment_hash <> '' AND +payment_hash = ?1) "
          "OR EXISTS(SELECT 1 FROM invoices INDEXED BY invoices_by_hash WHERE "
          "substr(payment_hash, 1, 16) = substr(?1, 1, 16) AND +payment_hash = ?1)"),
      received_for_(connection,
                    "SELECT CAST(min(total(received_msat) OVER (), 2.1e18) AS INTEGER), id, paid_at "
                    "FROM payments WHERE order_id = ? ORDER BY key DESC LIMIT 1"),
      put_offer_(connection,
                 "INSERT INTO offers_to_disable VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                 "since = max(since + 1, excluded.since)"),
      disable_offer_(connection,
                     "INSERT OR IGNORE INTO offers_to_disable "
                     "SELECT node_instance, node, id, offer_id, ?2, expires FROM orders WHERE id = ?1 AND "
                     "offer_id <> ''"),
      erase_offer_(connection,
                   "DELETE FROM offers_to_disable WHERE node_instance = ? AND node = ? AND order_id = ? AND "
                   "since = ?") {}

base::Result<std::optional<OrderTable::KeyUse>> OrderTable::find_key(TenantKey tenant, std::string_view key) {
  return at_most_one<KeyUse>(find_key_, find_key_.first(tenant, key), [](const Statement& row) {
    return KeyUse{read_order_intent(row), std::string{row.text(kOrderIntentColumns)}};
  });
}

base::Result<void> OrderTable::insert_intent(TenantKey tenant, NameKey name, const OrderIntent& intent,
                                             const NewOrder& wish) {
  const OrderTerms& terms = intent.terms;
  const auto key = wish.idempotency_key.empty() ? std::nullopt : std::optional{wish.idempotency_key};
  return insert_.run(intent.id, tenant, name, intent.node_instance, intent.node, terms.amount_msat,
                     terms.price.currency, terms.price.amount, terms.price.rate, terms.price.rate_source,
                     terms.memo, terms.reference, terms.expires_in_seconds, terms.bolt11, terms.bolt12,
                     intent.created, key, wish.request_hash);
}

base::Result<std::optional<OrderTable::StoredIntent>> OrderTable::find_intent(base::Uuid id) {
  return at_most_one<StoredIntent>(find_intent_, find_intent_.first(id), [](const Statement& row) {
    return StoredIntent{
        row.integer(kOrderIntentColumns), read_order_intent(row), row.integer(kOrderIntentColumns + 1) != 0,
        row.integer(kOrderIntentColumns - 1) == static_cast<std::int64_t>(IntentState::kGivenUp),
        row.integer(kOrderIntentColumns + 2) != 0};
  });
}

base::Result<void> OrderTable::set_replayed(base::Uuid id) {
  return set_replayed_.run(id);
}

base::Result<void> OrderTable::set_made(base::Uuid id) {
  return set_made_.run(id);
}

base::Result<void> OrderTable::set_given_up(base::Uuid id) {
  return set_given_up_.run(id);
}

base::Result<void> OrderTable::erase_intent(base::Uuid id) {
  return erase_.run(id);
}

base::Result<std::optional<OrderTable::StoredOrder>> OrderTable::find_order(base::Uuid id) {
  return at_most_one<StoredOrder>(find_order_, find_order_.first(id), [](const Statement& row) {
    return StoredOrder{row.integer(kOrderColumns), read_order(row)};
  });
}

base::Result<bool> OrderTable::is_offer_known(const std::string& offer_id) {
  const auto known = at_most_one<bool>(offer_known_, offer_known_.first(offer_id),
                                       [](const Statement& row) { return row.integer(0) != 0; });
  if (!known) return base::fail(known.error());
  return known->value_or(false);
}

base::Result<bool> OrderTable::is_hash_known(const std::string& payment_hash) {
  const auto known = at_most_one<bool>(hash_known_, hash_known_.first(payment_hash),
                                       [](const Statement& row) { return row.integer(0) != 0; });
  if (!known) return base::fail(known.error());
  return known->value_or(false);
}

base::Result<std::optional<OrderTable::Received>> OrderTable::received_for(base::Uuid id) {
  return at_most_one<Received>(received_for_, received_for_.first(id), [](const Statement& row) {
    return Received{row.count(0), row.uuid(1), row.time(2)};
  });
}

base::Result<void> OrderTable::put_offer_to_disable(const OfferToDisable& offer) {
  return put_offer_.run(offer.place.instance, offer.place.reference, offer.order, offer.offer_id, offer.since,
                        offer.ends);
}

base::Result<void> OrderTable::disable_offer_of(base::Uuid order, base::WallTime since) {
  return disable_offer_.run(order, since);
}

base::Result<void> OrderTable::erase_offer_to_disable(const OfferToDisable& offer) {
  return erase_offer_.run(offer.place.instance, offer.place.reference, offer.order, offer.since);
}

}  // namespace paynamed::state
