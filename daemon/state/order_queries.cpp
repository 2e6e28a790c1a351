#include "state/order_queries.hpp"

#include <algorithm>

#include "state/order_table.hpp"
#include "state/place_walk.hpp"
#include "state/rows.hpp"

namespace paynamed::state {

// A page of a list: ?1 tenant, ?2 the key to go on before, ?3 how many, ?4 name, ?5 state, ?6 reference.
#define PAYNAMED_ORDER_PAGE(index, where)                                                            \
  "SELECT " PAYNAMED_ORDER_COLUMNS "FROM orders o INDEXED BY " index                                 \
  " JOIN names n ON n.key = o.name WHERE " where                                                     \
  " AND o.tenant = ?1 AND o.key < ?2 AND (?4 = '' OR n.name = ?4) AND (?5 IS NULL OR o.state = ?5) " \
  "AND (?6 = '' OR o.reference = ?6) ORDER BY o.key DESC LIMIT ?3"
#define PAYNAMED_ORDER_NAME "o.name = (SELECT key FROM names WHERE name = ?4)"

OrderQueries::OrderQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      find_(connection, "SELECT " PAYNAMED_ORDER_COLUMNS
                        "FROM orders o JOIN names n ON n.key = o.name WHERE o.id = ? AND o.tenant = ?"),
      key_(connection, "SELECT key FROM orders WHERE id = ? AND tenant = ?"),
      of_tenant_(connection, PAYNAMED_ORDER_PAGE("orders_of_tenant", "o.tenant = ?1")),
      of_tenant_in_state_(connection, PAYNAMED_ORDER_PAGE("orders_of_tenant_in_state", "o.state = ?5")),
      of_name_(connection, PAYNAMED_ORDER_PAGE("orders_of_name", PAYNAMED_ORDER_NAME)),
      of_name_in_state_(connection, PAYNAMED_ORDER_PAGE("orders_of_name_in_state",
                                                        PAYNAMED_ORDER_NAME " AND o.state = ?5")),
      of_reference_(connection,
                    PAYNAMED_ORDER_PAGE("orders_of_reference", "o.reference = ?6 AND o.reference <> ''")),
      next_place_(connection,
                  "SELECT node_instance, node FROM orders INDEXED BY orders_waiting_at WHERE state < 2 AND "
                  "(node_instance, node) > (?1, ?2) ORDER BY node_instance, node LIMIT 1"),
      due_(connection,
           "SELECT id FROM orders INDEXED BY orders_waiting_at WHERE state < 2 AND node_instance = ?1 AND "
           "node = ?2 AND expires <= ?3 ORDER BY expires, key LIMIT ?4"),
      intents_(connection,
               "SELECT " PAYNAMED_ORDER_INTENT_COLUMNS
               "FROM order_intents i INDEXED BY order_intents_open JOIN names n ON n.key = i.name "
               "JOIN tenants t ON t.key = i.tenant WHERE i.state = 0 AND i.created < ?1 AND "
               "(i.created, i.id) > (?2, ?3) ORDER BY i.created, i.id LIMIT ?4"),
      next_offer_place_(connection,
                        "SELECT node_instance, node FROM offers_to_disable WHERE "
                        "(node_instance, node) > (?1, ?2) ORDER BY node_instance, node LIMIT 1"),
      offers_(connection,
              "SELECT order_id, node_instance, node, offer_id, since, ends FROM offers_to_disable "
              "WHERE node_instance = ?1 AND node = ?2 AND order_id > ?3 ORDER BY order_id LIMIT ?4") {}

base::Result<std::optional<OrderRow>> OrderQueries::find_order(std::string_view tenant, base::Uuid id) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<OrderRow>(find_, find_.first(id, *key), read_order);
}

Statement& OrderQueries::listing(const OrderFilter& filter) {
  if (!filter.reference.empty()) return of_reference_;
  if (!filter.name.empty()) return filter.state ? of_name_in_state_ : of_name_;
  return filter.state ? of_tenant_in_state_ : of_tenant_;
}

base::Result<std::vector<OrderRow>> OrderQueries::list_orders(std::string_view tenant,
                                                              const OrderFilter& filter, base::Uuid before,
                                                              std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  std::int64_t below = INT64_MAX;
  if (before != base::Uuid{}) {
    const auto found = at_most_one<std::int64_t>(key_, key_.first(before, *key),
                                                 [](const Statement& row) { return row.integer(0); });
    if (!found) return base::fail(found.error());
    if (!*found) {
      return base::fail(
          base::invalid_argument("the list cannot go on: there is no order " + before.to_string()));
    }
    below = **found;
  }
  Statement& page = listing(filter);
  return collect<OrderRow>(
      page, page.first(*key, below, std::min(limit, kMaxRows), filter.name, filter.state, filter.reference),
      read_order);
}

base::Result<std::vector<NodePlace>> OrderQueries::places_of_open_orders() {
  return walk_places(next_place_);
}

base::Result<std::vector<base::Uuid>> OrderQueries::orders_due(const NodePlace& place, base::WallTime until,
                                                               std::uint32_t limit) {
  return collect<base::Uuid>(due_,
                             due_.first(place.instance, place.reference, until, std::min(limit, kMaxRows)),
                             [](const Statement& row) { return row.uuid(0); });
}

base::Result<std::vector<OrderIntent>> OrderQueries::open_order_intents(base::WallTime before,
                                                                        IntentPlace after,
                                                                        std::uint32_t limit) {
  return collect<OrderIntent>(intents_,
                              intents_.first(before, after.created, after.id, std::min(limit, kMaxRows)),
                              read_order_intent);
}

base::Result<std::vector<NodePlace>> OrderQueries::places_of_offers_to_disable() {
  return walk_places(next_offer_place_);
}

base::Result<std::vector<OfferToDisable>> OrderQueries::offers_to_disable(const NodePlace& place,
                                                                          base::Uuid after,
                                                                          std::uint32_t limit) {
  return collect<OfferToDisable>(
      offers_, offers_.first(place.instance, place.reference, after, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return OfferToDisable{row.uuid(0),
                              {std::string{row.text(1)}, std::string{row.text(2)}},
                              std::string{row.text(3)},
                              row.time(4),
                              row.time(5)};
      });
}

}  // namespace paynamed::state
