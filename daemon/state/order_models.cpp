#include "state/order_models.hpp"

#include <fmt/format.h>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

base::Status contradiction(std::string_view what) {
  return base::internal(fmt::format("an event was not stored, because {}; report this defect", what));
}

}  // namespace

OrderModels::OrderModels(Connection& connection)
    : find_(connection, "SELECT state FROM orders WHERE id = ?"),
      received_for_(
          connection,
          "SELECT CAST(min(total(received_msat), 2.1e18) AS INTEGER) FROM payments WHERE order_id = ?"),
      insert_(connection,
              "INSERT INTO orders(key, tenant, id, name, node_instance, node, amount_msat, currency, amount, "
              "rate, rate_source, memo, reference, bolt11, payment_hash, offer, offer_id, created, expires, "
              "state, received_msat, paid_at, livemode) "
              "VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, ?)"),
      set_state_(connection, "UPDATE orders SET state = ?2, paid_at = coalesce(paid_at, ?3) WHERE id = ?1"),
      // As sums of invoices.
      add_(connection,
           "UPDATE orders SET received_msat = min(received_msat + ?2, 2100000000000000000) WHERE id = ?1") {}

base::Result<std::optional<OrderState>> OrderModels::state_of(base::Uuid order) {
  return at_most_one<OrderState>(find_, find_.first(order), [](const Statement& row) {
    return static_cast<OrderState>(row.integer(0));
  });
}

base::Result<void> OrderModels::created(const Fact& fact, TenantKey tenant, NameKey name,
                                        base::WallTime time) {
  const auto known = state_of(fact.order);
  if (!known) return base::fail(known.error());
  if (*known) return base::fail(contradiction("the order was created already"));
  const auto received = at_most_one<std::int64_t>(received_for_, received_for_.first(fact.order),
                                                  [](const Statement& row) { return row.integer(0); });
  if (!received) return base::fail(received.error());
  const OrderFact& price = fact.order_price;
  return insert_.run(tenant, fact.order, name, fact.node_instance, fact.node, fact.amount_msat,
                     price.currency, price.amount, price.rate, price.rate_source, fact.memo, fact.reference,
                     fact.bolt11, fact.payment.payment_hash, fact.offer, fact.offer_id, time, fact.until,
                     received->value_or(0), fact.livemode);
}

base::Result<void> OrderModels::became(const Fact& fact, OrderState state) {
  const auto before = state_of(fact.order);
  if (!before) return base::fail(before.error());
  if (!*before || !may_become(**before, state)) {
    return base::fail(contradiction(
        fmt::format("the order {} cannot become {}", fact.order.to_string(), to_string(state))));
  }
  const bool ended_by_payment = state != OrderState::kUnderpaid && state != OrderState::kExpired;
  return set_state_.run(fact.order, state,
                        ended_by_payment ? std::optional{fact.payment.paid_at} : std::nullopt);
}

base::Result<void> OrderModels::received(base::Uuid order, std::uint64_t msat) {
  return add_.run(order, msat);
}

}  // namespace paynamed::state
