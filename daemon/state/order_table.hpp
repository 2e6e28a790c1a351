// OrderTable: intents of orders and offers to disable, as the writer changes them, and what it reads of
// orders. Conditions are its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "state/invoice_table.hpp"
#include "state/orders.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// The columns of an OrderIntent, of order_intents i with names n and tenants t.
#define PAYNAMED_ORDER_INTENT_COLUMNS                                                            \
  "i.id, t.name, n.name, i.node_instance, i.node, i.amount_msat, i.currency, i.amount, i.rate, " \
  "i.rate_source, i.memo, i.reference, i.expires_in, i.bolt11, i.bolt12, i.created, i.state "
inline constexpr int kOrderIntentColumns = 17;
OrderIntent read_order_intent(const Statement& row);

// The columns of an OrderRow, of orders o with names n.
#define PAYNAMED_ORDER_COLUMNS                                                                          \
  "o.id, n.name, o.node_instance, o.node, o.amount_msat, o.currency, o.amount, o.rate, o.rate_source, " \
  "o.memo, o.reference, o.bolt11, o.payment_hash, o.offer, o.offer_id, o.created, o.expires, o.state, " \
  "o.received_msat, o.paid_at, o.livemode "
inline constexpr int kOrderColumns = 21;
OrderRow read_order(const Statement& row);

class OrderTable {
 public:
  explicit OrderTable(Connection& connection);

  // An intent under the tenant's idempotency key.
  struct KeyUse {
    OrderIntent intent;
    std::string request_hash;
  };
  base::Result<std::optional<KeyUse>> find_key(TenantKey tenant, std::string_view key);
  base::Result<void> insert_intent(TenantKey tenant, NameKey name, const OrderIntent& intent,
                                   const NewOrder& wish);
  struct StoredIntent {
    TenantKey tenant = 0;
    OrderIntent intent;
    bool keyed = false;
    bool given_up = false;
    bool replayed = false;  // another request may have asked the node for it
  };
  base::Result<std::optional<StoredIntent>> find_intent(base::Uuid id);
  base::Result<void> set_replayed(base::Uuid id);
  base::Result<void> set_made(base::Uuid id);
  // With its idempotency key gone.
  base::Result<void> set_given_up(base::Uuid id);
  base::Result<void> erase_intent(base::Uuid id);

  struct StoredOrder {
    TenantKey tenant = 0;
    OrderRow row;
  };
  base::Result<std::optional<StoredOrder>> find_order(base::Uuid id);
  // Whether an order or a name has this offer, or an order or an invoice this payment hash.
  base::Result<bool> is_offer_known(const std::string& offer_id);
  base::Result<bool> is_hash_known(const std::string& payment_hash);
  // What has arrived for an order, and the last of it.
  struct Received {
    std::uint64_t msat = 0;
    base::Uuid payment;
    base::WallTime paid_at;
  };
  base::Result<std::optional<Received>> received_for(base::Uuid id);

  base::Result<void> put_offer_to_disable(const OfferToDisable& offer);
  // The same of an order that has one.
  base::Result<void> disable_offer_of(base::Uuid order, base::WallTime since);
  // Not one that was put there again since it was read.
  base::Result<void> erase_offer_to_disable(const OfferToDisable& offer);

 private:
  Statement find_key_;
  Statement insert_;
  Statement find_intent_;
  Statement set_replayed_;
  Statement set_made_;
  Statement set_given_up_;
  Statement erase_;
  Statement find_order_;
  Statement offer_known_;
  Statement hash_known_;
  Statement received_for_;
  Statement put_offer_;
  Statement disable_offer_;
  Statement erase_offer_;
};

}  // namespace paynamed::state
