// What UnitWriter writes about orders.
#include <fmt/format.h>

#include "state/order_events.hpp"
#include "state/payment_decision.hpp"
#include "state/unit_writer.hpp"

namespace paynamed::state {
namespace {

OrderRow row_of(const OrderIntent& intent, const MadeOrder& made) {
  OrderRow row;
  row.id = intent.id;
  row.name = intent.name;
  row.node_instance = intent.node_instance;
  row.node = intent.node;
  row.terms = intent.terms;
  row.bolt11 = made.bolt11;
  row.payment_hash = made.payment_hash;
  row.offer = made.offer;
  row.offer_id = made.offer_id;
  row.created = made.time;
  row.expires = made.expires;
  row.livemode = made.livemode;
  return row;
}

}  // namespace

base::Result<OrderIntent> UnitWriter::write(const IntendOrderUnit& unit) {
  const NewOrder& wish = unit.wish;
  const auto tenant = log_.tenant_key(wish.tenant);
  if (!tenant) return base::fail(tenant.error());
  if (!wish.idempotency_key.empty()) {
    auto used = orders_.find_key(*tenant, wish.idempotency_key);
    if (!used) return base::fail(used.error());
    if (*used && (*used)->request_hash != wish.request_hash) {
      return base::fail(base::invalid_argument(
          "this Idempotency-Key was used for another request; take a new key for a new request"));
    }
    if (*used) return replayed((*used)->intent);
  }
  const auto name = payable_name(*tenant, wish.name, "orders");
  if (!name) return base::fail(name.error());
  OrderIntent intent;
  intent.id = wish.id;
  intent.tenant = wish.tenant;
  intent.name = wish.name;
  intent.node_instance = name->node_instance;
  intent.node = name->node;
  intent.terms = wish.terms;
  intent.created = wish.time;
  dirty_ = true;
  if (auto done = orders_.insert_intent(*tenant, name->key, intent, wish); !done)
    return base::fail(done.error());
  dirty_ = false;
  return intent;
}

base::Result<OrderIntent> UnitWriter::replayed(OrderIntent intent) {
  if (!intent.made) {
    dirty_ = true;
    if (auto done = orders_.set_replayed(intent.id); !done) return base::fail(done.error());
    dirty_ = false;
  }
  intent.replayed = true;
  return intent;
}

base::Result<void> UnitWriter::check_new(const OrderTable::StoredIntent& stored, const MadeOrder& made) {
  if (stored.given_up) {
    return base::fail(
        base::aborted(fmt::format("the order {} was given up meanwhile; ask anew", made.id.to_string())));
  }
  if (!made.payment_hash.empty()) {
    if (auto is_new = check_hash(made.payment_hash, stored.intent.node_instance); !is_new) return is_new;
  }
  if (made.offer_id.empty()) return {};
  const auto known = orders_.is_offer_known(made.offer_id);
  if (!known) return base::fail(known.error());
  if (!*known) return {};
  return base::fail(base::internal(fmt::format(
      "instance '{}' answered CreateOffer with an offer that it had made for something else; tell "
      "its author",
      stored.intent.node_instance)));
}

base::Result<OrderRow> UnitWriter::write(const CreateOrderUnit& unit) {
  const MadeOrder& made = unit.made;
  auto there = orders_.find_order(made.id);
  if (!there) return base::fail(there.error());
  if (*there) return std::move((*there)->row);
  const auto found = orders_.find_intent(made.id);
  if (!found) return base::fail(found.error());
  if (!*found) {
    return base::fail(base::not_found(fmt::format("nobody asked for the order {}", made.id.to_string())));
  }
  const OrderTable::StoredIntent& stored = **found;
  if (auto is_new = check_new(stored, made); !is_new) return base::fail(is_new.error());
  const OrderRow row = row_of(stored.intent, made);
  dirty_ = true;
  if (auto done = write_own_events(stored.tenant, {order_created(row)}); !done)
    return base::fail(done.error());
  if (auto done = say_order_paid_before(stored.tenant, row, made.time); !done)
    return base::fail(done.error());
  // Who asks again under the key has to find it.
  auto done = stored.keyed ? orders_.set_made(made.id) : orders_.erase_intent(made.id);
  if (!done) return base::fail(done.error());
  dirty_ = false;
  auto written = orders_.find_order(made.id);
  if (!written) return base::fail(written.error());
  return std::move((*written)->row);
}

base::Result<void> UnitWriter::say_order_paid_before(TenantKey tenant, const OrderRow& row,
                                                     base::WallTime now) {
  const auto received = orders_.received_for(row.id);
  if (!received) return base::fail(received.error());
  if (!*received) return {};
  const OrderTable::Received& paid = **received;
  const OrderStanding before{OrderState::kOpen, row.terms.amount_msat, 0, row.expires};
  const OrderState state = after_payment(before, paid.msat, paid.paid_at);
  const OrderPayment payment{paid.payment, paid.paid_at, paid.msat, row.livemode};
  if (auto done = write_own_events(tenant, {order_after_payment(head_of(row), state, payment, now)}); !done)
    return done;
  if (waits_for_money(state)) return {};
  return orders_.disable_offer_of(row.id, now);
}

base::Result<void> UnitWriter::write(const GiveUpOrderUnit& unit) {
  const auto found = orders_.find_intent(unit.intent);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->intent.made) return {};
  const OrderTable::StoredIntent& stored = **found;
  const OrderIntent& intent = stored.intent;
  const auto there = orders_.find_order(unit.intent);
  if (!there) return base::fail(there.error());
  if (*there) return {};
  const bool never_asked = unit.at_node == AtNode::kNothing && !stored.replayed;
  // Who gave it up before knew better.
  if (never_asked && stored.given_up) return {};
  dirty_ = true;
  if (never_asked) {
    if (auto done = orders_.erase_intent(unit.intent); !done) return done;
    dirty_ = false;
    return {};
  }
  if (auto done = orders_.set_given_up(unit.intent); !done) return done;
  if (intent.terms.bolt12) {
    const OfferToDisable offer{
        unit.intent, {intent.node_instance, intent.node}, {}, unit.time, intent.ends()};
    if (auto done = orders_.put_offer_to_disable(offer); !done) return done;
  }
  dirty_ = false;
  return {};
}

base::Result<bool> UnitWriter::write(const DisableLateOfferUnit& unit) {
  const auto there = orders_.find_order(unit.offer.order);
  if (!there) return base::fail(there.error());
  if (*there) return false;
  const auto found = orders_.find_intent(unit.offer.order);
  if (!found) return base::fail(found.error());
  if (*found && !(*found)->given_up) return false;
  if (auto done = orders_.put_offer_to_disable(unit.offer); !done) return base::fail(done.error());
  return true;
}

base::Result<void> UnitWriter::write(const ExpireOrdersUnit& unit) {
  dirty_ = true;
  for (const base::Uuid& id : unit.orders) {
    const auto found = orders_.find_order(id);
    if (!found) return base::fail(found.error());
    if (!*found || !waits_for_money((*found)->row.state) || (*found)->row.expires > unit.time) continue;
    if (auto done = write_own_events((*found)->tenant, {order_expired((*found)->row, unit.time)}); !done)
      return done;
    if (auto done = orders_.disable_offer_of(id, unit.time); !done) return done;
  }
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::write(const OfferDisabledUnit& unit) {
  return orders_.erase_offer_to_disable(unit.offer);
}

}  // namespace paynamed::state
