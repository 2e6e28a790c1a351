#include "api/render_payment.hpp"

#include "api/message.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

json::object links(std::string_view list, const base::Uuid& id, const std::string& name) {
  return json::object{{"self", std::string{list} + id.to_string()},
                      {"name", "/v1/names/" + percent_encode(name)}};
}

}  // namespace

json::object to_json(const state::PaymentRow& payment) {
  json::object all = links("/v1/payments/", payment.id, payment.name);
  if (payment.invoice) all["invoice"] = "/v1/invoices/" + payment.invoice->to_string();
  if (payment.order) all["order"] = "/v1/orders/" + payment.order->to_string();
  json::object claims;
  if (!payment.payer_note.empty()) claims["payer_note"] = payment.payer_note;
  if (!payment.claimed_name.empty()) claims["claimed_name"] = payment.claimed_name;
  return json::object{
      {"id", payment.id.to_string()},
      {"name", payment.name},
      {"amount_msat", std::to_string(payment.received_msat)},
      {"method", payment.offer_id.empty() ? "bolt11" : "bolt12"},
      {"paid_at", base::to_rfc3339(payment.paid_at)},
      {"taken_in", base::to_rfc3339(payment.taken_in)},
      {"node_id", payment.node_id},
      {"pay_key", payment.pay_key},
      {"payment_hash", text_or_null(payment.payment_hash)},
      {"offer_id", text_or_null(payment.offer_id)},
      {"invoice", payment.invoice ? json::value(payment.invoice->to_string()) : json::value{}},
      {"order", payment.order ? json::value(payment.order->to_string()) : json::value{}},
      {"late", payment.late},
      {"claims", std::move(claims)},
      {"livemode", payment.livemode},
      {"links", std::move(all)},
  };
}

json::object to_json(const state::InvoiceRow& invoice) {
  const std::uint64_t amount = invoice.terms.amount_msat;
  return json::object{
      {"id", invoice.id.to_string()},
      {"name", invoice.name},
      {"state", state::to_string(invoice.state)},
      {"amount_msat", amount == 0 ? json::value{} : json::value(std::to_string(amount))},
      {"received_msat", std::to_string(invoice.received_msat)},
      {"bolt11", invoice.bolt11},
      {"payment_hash", invoice.payment_hash},
      {"memo", text_or_null(invoice.terms.memo)},
      {"reference", text_or_null(invoice.terms.reference)},
      {"created", base::to_rfc3339(invoice.created)},
      {"expires", base::to_rfc3339(invoice.expires)},
      {"paid_at", invoice.paid_at ? json::value(base::to_rfc3339(*invoice.paid_at)) : json::value{}},
      {"livemode", invoice.livemode},
      {"links", links("/v1/invoices/", invoice.id, invoice.name)},
  };
}

}  // namespace paynamed::api
