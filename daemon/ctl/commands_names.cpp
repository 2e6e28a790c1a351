#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "ctl/ask.hpp"
#include "ctl/follow.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 500;

std::string source_text(const json::object& name) {
  const json::value* source = name.if_contains("source");
  if (!source || !source->is_object()) return {};
  const json::object& object = source->get_object();
  std::string text = text_of(object, "kind");
  if (const std::string instance = text_of(object, "instance"); !instance.empty()) text += " " + instance;
  if (const std::string node = text_of(object, "node"); !node.empty()) text += "/" + node;
  return printable(text);
}

void put_source(json::object& into, const SourceOption& source) {
  if (!source.uri.empty()) into["uri"] = source.uri;
  if (!source.offer.empty()) into["offer"] = source.offer;
  if (source.use_node) into["node"] = source.node.empty() ? json::value(true) : json::value(source.node);
  if (!source.instance.empty()) into["instance"] = source.instance;
}

bool has_source(const SourceOption& source) {
  return source.use_node || !source.uri.empty() || !source.offer.empty();
}

HttpCall call_on(const std::string& method, const std::string& name, const std::string& rest = {}) {
  HttpCall call;
  call.method = method;
  call.target = "/v1/names/" + percent_encode(name) + rest;
  return call;
}

Exit refuse(Context& context, const base::Status& status) {
  context.err("paynamectl: " + printable(status.message()) + "\n");
  return status.code() == base::Code::kUnavailable ? Exit::kUnreachable : Exit::kUsage;
}

std::string details(const json::object& name, const Style& style) {
  std::string out;
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<16}{}\n", label, value);
  };
  const std::string state = text_of(name, "state");
  line("name", printable(text_of(name, "name")));
  line("state", painted(printable(state), colour_of_state(state), style));
  line("source", source_text(name));
  line("owner", printable(text_of(name, "owner")));
  line("reference", printable(text_of(name, "reference")));
  if (const json::value* live = name.if_contains("livemode"); live && live->is_bool() && !live->get_bool()) {
    line("mode", "test, no money moves");
  }
  line("value", printable(text_of(name, "value")));
  line("held by", printable(text_of(name, "dns_instance")));
  if (const json::value* receivable = name.if_contains("receivable"); receivable && receivable->is_object()) {
    line("receivable", printable(text_of(receivable->get_object(), "state")) + ": " +
                           printable(text_of(receivable->get_object(), "reason")));
    line("as of", printable(text_of(receivable->get_object(), "as_of")));
    line("at most msat", printable(text_of(receivable->get_object(), "max_msat")));
  }
  line("created", printable(text_of(name, "created")));
  line("live since", printable(text_of(name, "live_since")));
  line("reserved until", printable(text_of(name, "quarantined_until")));
  line("open run", printable(text_of(name, "open_run")));
  if (const json::value* revision = name.if_contains("revision"))
    line("revision", json::serialize(*revision));
  return out;
}

}  // namespace

base::Result<std::string> complete_name(Context& context, const std::string& name,
                                        const std::string& domain) {
  if (name.find('@') != name.npos) return name;
  if (!domain.empty()) return name + "@" + domain;
  HttpCall call;
  call.target = "/v1/domains";
  auto reply = context.connection.send(call);
  if (!reply) return base::fail(reply.error());
  const auto missing = [&name](std::string_view why) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' has no domain and {}; write {}@<domain>, or give --domain", name, why, name)));
  };
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  if (reply->status != 200 || error || !value.is_object())
    return missing("the daemon does not tell its domains");
  const json::value* items = value.get_object().if_contains("items");
  if (!items || !items->is_array() || items->get_array().empty())
    return missing("the daemon has none for this key");
  if (items->get_array().size() > 1) return missing("the daemon has several");
  const json::value& only = items->get_array()[0];
  if (!only.is_object() || text_of(only.get_object(), "name").empty()) {
    return missing("the daemon does not tell its domains");
  }
  return name + "@" + text_of(only.get_object(), "name");
}

Exit register_name(Context& context, const RegisterOption& option) {
  auto name = complete_name(context, option.name, option.domain);
  if (!name) return refuse(context, name.error());
  json::object body{{"name", *name}};
  if (!option.owner.empty()) body["owner"] = option.owner;
  if (!option.reference.empty()) body["reference"] = option.reference;
  if (option.bulk) body["priority"] = "bulk";
  if (has_source(option.source)) {
    json::object source;
    put_source(source, option.source);
    body["source"] = std::move(source);
  }
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/names";
  call.body = json::serialize(body);
  return start_run(context, std::move(call), option.following);
}

Exit remove_name(Context& context, const std::string& name, const Following& following) {
  return start_run(context, call_on("DELETE", name), following);
}

Exit rotate_name(Context& context, const std::string& name, const Following& following) {
  return start_run(context, call_on("POST", name, "/rotate"), following);
}

Exit repair_name(Context& context, const std::string& name, const Following& following) {
  return start_run(context, call_on("POST", name, "/repair"), following);
}

Exit set_source(Context& context, const std::string& name, const SourceOption& source,
                const Following& following) {
  json::object body;
  put_source(body, source);
  HttpCall call = call_on("PUT", name, "/source");
  call.body = json::serialize(body);
  return start_run(context, std::move(call), following);
}

Exit list_names(Context& context, const std::string& domain, const std::string& state, std::uint32_t limit) {
  std::string target = "/v1/names?";
  if (!domain.empty()) target += "&domain=" + percent_encode(domain);
  if (!state.empty()) target += "&state=" + percent_encode(state);
  const Items items = ask_all(context, target, limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"NAME", "STATE", "SOURCE", "UPDATED", "OPEN RUN"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& name = item.get_object();
    const std::string now = printable(text_of(name, "state"));
    table.add({{printable(text_of(name, "name"))},
               {now, colour_of_state(now)},
               {source_text(name)},
               {printable(text_of(name, "updated"))},
               {printable(text_of(name, "open_run"))}});
  }
  return write_items(context, items, table, "no names");
}

Exit show_name(Context& context, const std::string& name) {
  const Answer answer = ask(context, call_on("GET", name));
  if (!answer.ok()) return answer.exit;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return Exit::kOk;
  }
  context.out(details(answer.body, context.style));
  const json::value* offers = answer.body.if_contains("offers");
  if (!offers || !offers->is_array() || offers->get_array().empty()) return Exit::kOk;
  Table table{{"OFFER", "STATE", "CREATED", "PAYABLE UNTIL"}};
  for (const json::value& item : offers->get_array()) {
    if (!item.is_object()) continue;
    const json::object& offer = item.get_object();
    const std::string state = printable(text_of(offer, "state"));
    std::string until = text_of(offer, state == "retired" ? "retired_until" : "expires");
    table.add({{cut(printable(text_of(offer, "offer_id")), 16)},
               {state, colour_of_state(state)},
               {printable(text_of(offer, "created"))},
               {printable(until)}});
  }
  context.out("\n" + table.render(context.style));
  return Exit::kOk;
}

}  // namespace paynamed::ctl
