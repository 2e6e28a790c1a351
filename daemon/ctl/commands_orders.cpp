#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 500;

std::string price_of(const json::object& order) {
  const std::string currency = printable(text_of(order, "currency"));
  if (currency.empty()) return {};
  std::string text = printable(text_of(order, "amount")) + " " + currency;
  if (const std::string rate = printable(text_of(order, "rate")); !rate.empty()) text += " at " + rate;
  if (const std::string source = printable(text_of(order, "rate_source")); !source.empty())
    text += " (" + source + ")";
  return text;
}

std::string order_text(const json::object& order) {
  std::string out;
  const auto put = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<12}{}\n", label, value);
  };
  const auto line = [&](std::string_view label, std::string_view member) {
    put(label, printable(text_of(order, member)));
  };
  line("order", "id");
  line("name", "name");
  line("state", "state");
  line("amount", "amount_msat");
  line("received", "received_msat");
  put("price", price_of(order));
  line("memo", "memo");
  line("reference", "reference");
  line("created", "created");
  line("expires", "expires");
  line("paid", "paid_at");
  line("bolt11", "bolt11");
  line("offer", "offer");
  return out;
}

Exit write_order(Context& context, const Answer& answer) {
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : order_text(answer.body));
  return Exit::kOk;
}

}  // namespace

Exit list_orders(Context& context, const OrderListOption& option) {
  std::string target = "/v1/orders?";
  if (!option.name.empty()) target += "&name=" + percent_encode(option.name);
  if (!option.state.empty()) target += "&state=" + percent_encode(option.state);
  if (!option.reference.empty()) target += "&reference=" + percent_encode(option.reference);
  const Items items = ask_all(context, target, option.limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"ORDER", "NAME", "MSAT", "RECEIVED", "STATE", "EXPIRES", "REFERENCE"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& order = item.get_object();
    table.add({{printable(text_of(order, "id"))},
               {printable(text_of(order, "name"))},
               {printable(text_of(order, "amount_msat"))},
               {printable(text_of(order, "received_msat"))},
               {printable(text_of(order, "state"))},
               {printable(text_of(order, "expires"))},
               {printable(text_of(order, "reference"))}});
  }
  return write_items(context, items, table, "no orders");
}

Exit show_order(Context& context, const std::string& id) {
  return write_order(context, get(context, "/v1/orders/" + percent_encode(id)));
}

Exit create_order(Context& context, const OrderOption& option) {
  json::object body;
  const auto put = [&](std::string_view member, const std::string& text) {
    if (!text.empty()) body[member] = text;
  };
  put("amount_msat", option.amount_msat);
  put("currency", option.currency);
  put("amount", option.amount);
  put("rate", option.rate);
  put("rate_source", option.rate_source);
  put("memo", option.memo);
  put("reference", option.reference);
  if (option.expires_in != 0) body["expires_in"] = option.expires_in;
  if (!option.methods.empty()) body["methods"] = json::array(option.methods.begin(), option.methods.end());
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/names/" + percent_encode(option.name) + "/orders";
  call.body = json::serialize(body);
  // The daemon waits for the node.
  call.timeout = api::kClientTimeout;
  if (!option.key.empty()) call.headers.emplace_back("Idempotency-Key", option.key);
  return write_order(context, ask(context, call));
}

}  // namespace paynamed::ctl
