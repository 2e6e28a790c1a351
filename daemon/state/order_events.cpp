#include "state/order_events.hpp"

#include <algorithm>

#include "state/event_data.hpp"
#include "state/payments.hpp"

namespace paynamed::state {
namespace {

// An event that is said once has one id, whoever says it.
base::Uuid derived_id(std::string_view type, base::Uuid order, base::Uuid payment = {}) {
  return base::Uuid::v8(fmt::format("{} {} {}", type, order.to_string(), payment.to_string()));
}

void put_head(EventData& data, const OrderHead& order) {
  data.put("order", order.id.to_string());
  data.put("name", order.name);
  data.put_amount("amount_msat", order.amount_msat);
  data.put_time("expires", order.expires);
  data.put_if("reference", order.reference);
}

}  // namespace

OrderHead head_of(const OrderRow& order) {
  return {order.id, order.name, order.terms.reference, order.terms.amount_msat, order.expires};
}

NewEvent order_created(const OrderRow& order) {
  EventData data;
  put_head(data, head_of(order));
  const Price& price = order.terms.price;
  data.put_if("currency", price.currency);
  data.put_if("amount", price.amount);
  data.put_if("rate", price.rate);
  data.put_if("rate_source", price.rate_source);
  data.put_if("memo", order.terms.memo);
  data.put_if("bolt11", order.bolt11);
  data.put_if("payment_hash", order.payment_hash);
  data.put_if("offer", order.offer);
  data.put_if("offer_id", order.offer_id);
  data.put("node_instance", order.node_instance);
  data.put_if("node", order.node);
  data.put_flag("livemode", order.livemode);
  return data.event("order.created", order.name, derived_id("order.created", order.id), order.created);
}

NewEvent order_after_payment(const OrderHead& order, OrderState state, const OrderPayment& payment,
                             base::WallTime now) {
  EventData data;
  put_head(data, order);
  data.put_amount("received_msat", std::min(payment.received_msat, kMostMsat));
  data.put("payment", payment.payment.to_string());
  data.put_time("paid_at", payment.paid_at);
  data.put_flag("livemode", payment.livemode);
  const std::string type = fmt::format("order.{}", to_string(state));
  return data.event(type, order.name, derived_id(type, order.id, payment.payment), now);
}

NewEvent order_expired(const OrderRow& order, base::WallTime now) {
  EventData data;
  put_head(data, head_of(order));
  if (order.received_msat > 0) data.put_amount("received_msat", order.received_msat);
  data.put_flag("livemode", order.livemode);
  return data.event("order.expired", order.name, derived_id("order.expired", order.id), now);
}

}  // namespace paynamed::state
