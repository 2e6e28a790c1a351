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

// What a payer said: nothing that decides anything.
std::string claimed_note(const json::object& payment) {
  const json::value* claims = payment.if_contains("claims");
  return claims && claims->is_object() ? printable(text_of(claims->get_object(), "payer_note"))
                                       : std::string{};
}

bool is_late(const json::object& payment) {
  const json::value* late = payment.if_contains("late");
  return late && late->is_bool() && late->get_bool();
}

std::string invoice_text(const json::object& invoice) {
  std::string out;
  const auto line = [&](std::string_view label, std::string_view member) {
    const std::string value = printable(text_of(invoice, member));
    if (!value.empty()) out += fmt::format("{:<12}{}\n", label, value);
  };
  line("invoice", "id");
  line("name", "name");
  line("state", "state");
  line("amount", "amount_msat");
  line("received", "received_msat");
  line("memo", "memo");
  line("reference", "reference");
  line("created", "created");
  line("expires", "expires");
  line("paid", "paid_at");
  line("bolt11", "bolt11");
  return out;
}

Exit write_invoice(Context& context, const Answer& answer) {
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : invoice_text(answer.body));
  return Exit::kOk;
}

}  // namespace

Exit list_payments(Context& context, const std::string& name, std::uint32_t limit) {
  std::string target = "/v1/payments?";
  if (!name.empty()) target += "&name=" + percent_encode(name);
  const Items items = ask_all(context, target, limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"PAID", "NAME", "MSAT", "BY", "PAYMENT", "PAYER SAYS"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& payment = item.get_object();
    table.add({{printable(text_of(payment, "paid_at"))},
               {printable(text_of(payment, "name"))},
               {printable(text_of(payment, "amount_msat"))},
               {printable(text_of(payment, "method")) + (is_late(payment) ? ", late" : "")},
               {printable(text_of(payment, "id"))},
               {claimed_note(payment)}});
  }
  return write_items(context, items, table, "no payments");
}

Exit list_invoices(Context& context, const std::string& name, const std::string& state, std::uint32_t limit) {
  std::string target = "/v1/invoices?";
  if (!name.empty()) target += "&name=" + percent_encode(name);
  if (!state.empty()) target += "&state=" + percent_encode(state);
  const Items items = ask_all(context, target, limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"INVOICE", "NAME", "MSAT", "STATE", "EXPIRES", "REFERENCE"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& invoice = item.get_object();
    const std::string amount = printable(text_of(invoice, "amount_msat"));
    table.add({{printable(text_of(invoice, "id"))},
               {printable(text_of(invoice, "name"))},
               {amount.empty() ? "any" : amount},
               {printable(text_of(invoice, "state"))},
               {printable(text_of(invoice, "expires"))},
               {printable(text_of(invoice, "reference"))}});
  }
  return write_items(context, items, table, "no invoices");
}

Exit show_invoice(Context& context, const std::string& id) {
  return write_invoice(context, get(context, "/v1/invoices/" + percent_encode(id)));
}

Exit create_invoice(Context& context, const InvoiceOption& option) {
  json::object body;
  if (!option.amount_msat.empty()) body["amount_msat"] = option.amount_msat;
  if (!option.memo.empty()) body["memo"] = option.memo;
  if (!option.reference.empty()) body["reference"] = option.reference;
  if (option.expiry != 0) body["expiry"] = option.expiry;
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/names/" + percent_encode(option.name) + "/invoices";
  call.body = json::serialize(body);
  // The daemon waits for the node.
  call.timeout = api::kClientTimeout;
  if (!option.key.empty()) call.headers.emplace_back("Idempotency-Key", option.key);
  return write_invoice(context, ask(context, call));
}

}  // namespace paynamed::ctl
