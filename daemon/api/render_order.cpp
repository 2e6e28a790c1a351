#include "api/render_order.hpp"

#include "api/message.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

}  // namespace

json::object to_json(const state::OrderRow& order) {
  const state::Price& price = order.terms.price;
  json::array methods;
  if (order.terms.bolt11) methods.emplace_back("bolt11");
  if (order.terms.bolt12) methods.emplace_back("bolt12");
  return json::object{
      {"id", order.id.to_string()},
      {"name", order.name},
      {"state", state::to_string(order.state)},
      {"amount_msat", std::to_string(order.terms.amount_msat)},
      {"received_msat", std::to_string(order.received_msat)},
      {"currency", text_or_null(price.currency)},
      {"amount", text_or_null(price.amount)},
      {"rate", text_or_null(price.rate)},
      {"rate_source", text_or_null(price.rate_source)},
      {"methods", std::move(methods)},
      {"bolt11", text_or_null(order.bolt11)},
      {"payment_hash", text_or_null(order.payment_hash)},
      {"offer", text_or_null(order.offer)},
      {"offer_id", text_or_null(order.offer_id)},
      {"memo", text_or_null(order.terms.memo)},
      {"reference", text_or_null(order.terms.reference)},
      {"created", base::to_rfc3339(order.created)},
      {"expires", base::to_rfc3339(order.expires)},
      {"paid_at", order.paid_at ? json::value(base::to_rfc3339(*order.paid_at)) : json::value{}},
      {"livemode", order.livemode},
      {"links", json::object{{"self", "/v1/orders/" + order.id.to_string()},
                             {"name", "/v1/names/" + percent_encode(order.name)}}},
  };
}

}  // namespace paynamed::api
