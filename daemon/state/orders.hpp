// What the store keeps of orders: an amount that somebody is to pay for something, in one or two ways. As an
// invoice, an order begins as an intent, which is durable before the node is asked.
//
// Threads: value types; OrderStore as Store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/invoices.hpp"
#include "state/model.hpp"
#include "state/nodes.hpp"
#include "state/order_transition.hpp"

namespace paynamed::state {

// The key under which the node knows what an order made there, and back; nothing for a key that is not one of
// these.
std::string order_key_of(base::Uuid order);
std::optional<base::Uuid> order_from_key(std::string_view key);

// What the caller said of the amount in another currency. Kept as it was given.
struct Price {
  std::string currency;  // empty: nothing was said
  std::string amount;
  std::string rate;  // of one bitcoin, in `currency`
  std::string rate_source;
};

struct OrderTerms {
  std::uint64_t amount_msat = 0;  // what counts; never 0
  Price price;
  std::string memo;       // what the payer sees
  std::string reference;  // the caller's own, which nobody else sees
  std::uint32_t expires_in_seconds = 3600;
  // How it can be paid; at least one.
  bool bolt11 = true;
  bool bolt12 = true;
};

// A caller's wish.
struct NewOrder {
  std::string tenant;
  base::Uuid id;
  std::string name;
  OrderTerms terms;
  // The API's Idempotency-Key with a hash of the request; empty for none.
  std::string idempotency_key;
  std::string request_hash;
  base::WallTime time;
};

struct OrderIntent {
  base::Uuid id;
  std::string tenant;
  std::string name;
  std::string node_instance;
  std::string node;
  OrderTerms terms;
  base::WallTime created;
  bool made = false;      // there is an order
  bool replayed = false;  // the same idempotency key was given before; nothing was written

  base::WallTime ends() const { return created + std::chrono::seconds{terms.expires_in_seconds}; }
};

// What the node answered, checked against the intent; empty texts for a way that was not asked for.
struct MadeOrder {
  base::Uuid id;
  std::string bolt11;
  std::string payment_hash;  // hex
  std::string offer;
  std::string offer_id;    // hex
  base::WallTime expires;  // when the last of its ways ends
  bool livemode = true;
  base::WallTime time;
};

struct OrderRow {
  base::Uuid id;
  std::string name;
  std::string node_instance;
  std::string node;
  OrderTerms terms;  // without expires_in_seconds
  std::string bolt11;
  std::string payment_hash;
  std::string offer;
  std::string offer_id;
  base::WallTime created;
  base::WallTime expires;
  OrderState state = OrderState::kOpen;
  std::uint64_t received_msat = 0;
  std::optional<base::WallTime> paid_at;  // of the payment that ended it
  bool livemode = true;
};

// Narrows a list; what is empty does not.
struct OrderFilter {
  std::string name;
  std::optional<OrderState> state;
  std::string reference;
};

// An offer of an order that nobody may pay any more.
struct OfferToDisable {
  base::Uuid order;
  NodePlace place;
  std::string offer_id;  // hex; empty when nobody knows whether it was made
  base::WallTime since;  // later each time that it is to be disabled again
  base::WallTime ends;   // by itself, at the node
};

// What there is at the node of an order that is given up.
enum class AtNode {
  kNothing,   // it was not asked for any
  kPossibly,  // it was asked, whatever it answered
};

class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // Writes the intent down, checked inside the transaction; fails as InvoiceStore::intend_invoice().
  virtual boost::asio::awaitable<base::Result<OrderIntent>> intend_order(NewOrder wish) = 0;
  // The intent became an order: order.created, and what follows from payments that came before. The row, also
  // when it was there before.
  //   NOT_FOUND  there is no such intent
  //   ABORTED    it was given up meanwhile
  //   INTERNAL   the offer or the payment hash is that of something else
  virtual boost::asio::awaitable<base::Result<OrderRow>> create_order(MadeOrder made) = 0;
  // Nothing comes of it: its idempotency key is free again. Unless it is certain that the node was never
  // asked, also not under the same key by another request, its offer is among those to disable, and a payment
  // for it would still be known.
  virtual boost::asio::awaitable<base::Result<void>> give_up_order(base::Uuid intent, AtNode at_node,
                                                                   base::WallTime time) = 0;
  // The node may have made the offer just now. When its order was given up meanwhile, the offer is among
  // those to disable (again); whether that is so.
  virtual boost::asio::awaitable<base::Result<bool>> disable_late_offer(OfferToDisable offer) = 0;
  // Says order.expired of those that wait for money still.
  virtual boost::asio::awaitable<base::Result<void>> expire_orders(std::vector<base::Uuid> orders,
                                                                   base::WallTime time) = 0;
  // The node will not take a payment of the offer any more. One that was to be disabled again since it was
  // read stays among those to disable.
  virtual boost::asio::awaitable<base::Result<void>> offer_disabled(OfferToDisable offer) = 0;

  virtual base::Result<std::optional<OrderRow>> find_order(std::string_view tenant, base::Uuid id) = 0;
  // The newest first, before `before` (zero: from the newest).
  virtual base::Result<std::vector<OrderRow>> list_orders(std::string_view tenant, const OrderFilter& filter,
                                                          base::Uuid before, std::uint32_t limit) = 0;
  // Nodes at which orders wait for money, of all tenants.
  virtual base::Result<std::vector<NodePlace>> places_of_open_orders() = 0;
  // Those of such a node whose time was over at `until`; the longest over first.
  virtual base::Result<std::vector<base::Uuid>> orders_due(const NodePlace& place, base::WallTime until,
                                                           std::uint32_t limit) = 0;
  // Intents that are neither made nor given up and were written before `before`; the oldest first, after the
  // given one.
  virtual base::Result<std::vector<OrderIntent>> open_order_intents(base::WallTime before, IntentPlace after,
                                                                    std::uint32_t limit) = 0;
  // Nodes at which offers of orders are to be disabled, and those offers of one.
  virtual base::Result<std::vector<NodePlace>> places_of_offers_to_disable() = 0;
  virtual base::Result<std::vector<OfferToDisable>> offers_to_disable(const NodePlace& place,
                                                                      base::Uuid after,
                                                                      std::uint32_t limit) = 0;
};

}  // namespace paynamed::state
