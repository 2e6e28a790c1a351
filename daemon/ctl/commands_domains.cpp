#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

const json::object* object_in(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr ? nullptr : value->if_object();
}

std::string value_text(const json::value& value) {
  if (value.is_string()) return printable(std::string_view{value.get_string()});
  return value.is_number() || value.is_bool() ? json::serialize(value) : std::string{};
}

std::string cell_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr ? std::string{} : value_text(*value);
}

// "ns1.example.com., ns2.example.com."; nothing when it is no list.
std::string list_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || !value->is_array()) return {};
  std::string text;
  for (const json::value& item : value->get_array()) text += (text.empty() ? "" : ", ") + value_text(item);
  return text.empty() ? "none" : text;
}

Table table_of(const json::object& object, std::string_view list, std::vector<std::string> head,
               const std::vector<std::string_view>& members) {
  Table table{std::move(head)};
  const json::value* items = object.if_contains(list);
  if (items == nullptr || !items->is_array()) return table;
  for (const json::value& item : items->get_array()) {
    if (!item.is_object()) continue;
    std::vector<Cell> row;
    for (const std::string_view member : members) row.push_back({cell_text(item.get_object(), member)});
    table.add(std::move(row));
  }
  return table;
}

std::string summary(const json::object& domain, const Style& style) {
  std::string out;
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<16}{}\n", label, value);
  };
  const std::string state = printable(text_of(domain, "state"));
  line("domain", cell_text(domain, "name"));
  line("state", painted(state, colour_of_state(state), style));
  line("code", cell_text(domain, "code"));
  line("reason", cell_text(domain, "reason"));
  line("since", cell_text(domain, "since"));
  line("looked at", cell_text(domain, "looked"));
  line("changed", cell_text(domain, "changed"));
  line("held by", cell_text(domain, "dns_instance"));
  if (const json::object* zone = object_in(domain, "zone")) {
    line("security", cell_text(*zone, "security"));
    line("parent", cell_text(*zone, "parent"));
    line("delegated to", list_text(*zone, "delegation"));
    line("name servers", list_text(*zone, "name_servers"));
    if (const json::object* first = object_in(*zone, "signatures"))
      line("signed until", fmt::format("{} ({})", cell_text(*first, "until"), cell_text(*first, "of")));
  }
  if (const json::object* registration = object_in(domain, "registration")) {
    const json::value* known = registration->if_contains("known");
    const bool is_known = known != nullptr && known->is_bool() && known->get_bool();
    line("registration", is_known ? list_text(*registration, "status") : "not known");
    line("registered until", cell_text(*registration, "expires"));
  }
  return out;
}

}  // namespace

Exit list_domains(Context& context) {
  const Answer answer = get(context, "/v1/domains");
  if (!answer.ok()) return answer.exit;
  Items items;
  if (const json::value* all = answer.body.if_contains("items"); all && all->is_array())
    items.items = all->get_array();
  Table table{{"DOMAIN", "STATE", "LOOKED AT", "REASON"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& domain = item.get_object();
    const std::string state = printable(text_of(domain, "state"));
    table.add({{cell_text(domain, "name")},
               {state, colour_of_state(state)},
               {cell_text(domain, "looked")},
               {cell_text(domain, "reason")}});
  }
  return write_items(context, items, table, "no domains");
}

Exit show_domain(Context& context, const std::string& domain) {
  const Answer answer = get(context, "/v1/domains/" + percent_encode(domain));
  if (!answer.ok()) return answer.exit;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return Exit::kOk;
  }
  context.out(summary(answer.body, context.style));
  const json::object* zone = object_in(answer.body, "zone");
  if (zone == nullptr) return Exit::kOk;
  // Sentences that are cut do not say what to do.
  Style whole = context.style;
  whole.width = 0;
  const auto show = [&](const Table& table) {
    if (!table.empty()) context.out("\n" + table.render(whole));
  };
  show(table_of(*zone, "ds", {"DS KEY TAG", "ALGORITHM", "DIGEST TYPE", "MATCHES A KEY", "DIGEST"},
                {"key_tag", "algorithm", "digest_type", "matches", "digest"}));
  show(table_of(*zone, "keys", {"KEY TAG", "ALGORITHM", "FLAGS", "HAS A DS"},
                {"key_tag", "algorithm", "flags", "has_ds"}));
  show(table_of(*zone, "servers", {"SERVER", "ADDRESS", "VERDICT", "SERIAL", "EXPLANATION"},
                {"server", "address", "verdict", "serial", "explanation"}));
  show(table_of(*zone, "warnings", {"WARNING", "MEANING"}, {"code", "message"}));
  return Exit::kOk;
}

Exit check_domain(Context& context, const std::string& domain) {
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/domains/" + percent_encode(domain) + "/check";
  call.timeout = api::kClientTimeout;
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  const json::value* fit = answer.body.if_contains("fit");
  const bool is_fit = fit != nullptr && fit->is_bool() && fit->get_bool();
  const Exit exit = is_fit ? Exit::kOk : Exit::kRefused;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return exit;
  }
  Table table{{"PART", "VERDICT", "MEANING"}};
  const json::value* findings = answer.body.if_contains("findings");
  if (findings == nullptr || !findings->is_array()) return Exit::kRefused;
  for (const json::value& item : findings->get_array()) {
    if (!item.is_object()) continue;
    const json::object& each = item.get_object();
    const std::string verdict = cell_text(each, "verdict");
    table.add(
        {{cell_text(each, "part")},
         {verdict, verdict == "warning" || verdict == "unknown" ? Colour::kYellow : colour_of_state(verdict)},
         {cell_text(each, "message")}});
  }
  // Sentences that are cut do not say what to do.
  Style whole = context.style;
  whole.width = 0;
  context.out(table.render(whole));
  context.out(
      painted(is_fit ? domain + " is fit for payment names" : domain + " is not fit for payment names",
              is_fit ? Colour::kGreen : Colour::kRed, context.style) +
      "\n");
  return exit;
}

}  // namespace paynamed::ctl
