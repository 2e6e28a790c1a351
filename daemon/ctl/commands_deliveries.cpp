#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"
#include "ctl/webhooks.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 200;
constexpr std::size_t kMostAnswerShown = 2'000;

std::string number_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value && value->is_number() ? json::serialize(*value) : std::string{};
}

Colour colour_of(std::string_view state) {
  return state == "delivered" ? Colour::kGreen : state == "dead" ? Colour::kRed : Colour::kYellow;
}

void add_to(Table& table, const json::object& delivery, bool with_webhook) {
  const std::string state = printable(text_of(delivery, "state"));
  std::vector<Cell> row{{printable(text_of(delivery, "position"))}, {printable(text_of(delivery, "type"))},
                        {printable(text_of(delivery, "subject"))},  {state, colour_of(state)},
                        {number_text(delivery, "attempts")},        {printable(text_of(delivery, "next"))},
                        {printable(text_of(delivery, "reason"))}};
  if (with_webhook) row.insert(row.begin(), Cell{printable(text_of(delivery, "webhook"))});
  table.add(std::move(row));
}

std::string details(const json::object& delivery, const Style& style) {
  std::string out;
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<10}{}\n", label, value);
  };
  for (const auto& [label, member] : {std::pair{"position", "position"}, std::pair{"event", "event"},
                                      std::pair{"type", "type"}, std::pair{"subject", "subject"}}) {
    line(label, printable(text_of(delivery, member)));
  }
  const std::string state = printable(text_of(delivery, "state"));
  line("state", painted(state, colour_of(state), style));
  line("next", printable(text_of(delivery, "next")));
  line("reason", printable(text_of(delivery, "reason")));
  const json::value* attempts = delivery.if_contains("attempt_log");
  if (!attempts || !attempts->is_array()) return out;
  for (const json::value& each : attempts->get_array()) {
    if (!each.is_object()) continue;
    const json::object& attempt = each.get_object();
    const std::string status = number_text(attempt, "status");
    out += fmt::format("attempt {}  {}  {}  {} ms", number_text(attempt, "number"),
                       printable(text_of(attempt, "time")), status.empty() ? "no answer" : status,
                       number_text(attempt, "latency_ms"));
    if (const std::string reason = text_of(attempt, "reason"); !reason.empty())
      out += "  " + printable(reason);
    out += '\n';
    if (const std::string answer = text_of(attempt, "answer"); !answer.empty())
      out += "  " + printable(cut(answer, kMostAnswerShown)) + "\n";
  }
  return out;
}

Exit list_of(Context& context, const std::string& target, std::uint32_t limit, bool with_webhook,
             std::string_view nothing) {
  const Items items = ask_all(context, target, limit, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  std::vector<std::string> head{"POSITION", "TYPE", "SUBJECT", "STATE", "ATTEMPTS", "NEXT", "REASON"};
  if (with_webhook) head.insert(head.begin(), "WEBHOOK");
  Table table{std::move(head)};
  for (const json::value& item : items.items) {
    if (item.is_object()) add_to(table, item.get_object(), with_webhook);
  }
  return write_items(context, items, table, nothing);
}

Exit tell_replay(Context& context, const Answer& answer, bool dry_run) {
  if (!answer.ok()) return answer.exit;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return Exit::kOk;
  }
  const std::string count = number_text(answer.body, "deliveries");
  context.out(fmt::format("{} {} {} sent again\n", count, count == "1" ? "delivery" : "deliveries",
                          dry_run        ? "would be"
                          : count == "1" ? "is being"
                                         : "are being"));
  return Exit::kOk;
}

HttpCall replay_call(std::string target, const json::object& body) {
  HttpCall call;
  call.method = "POST";
  call.target = std::move(target);
  call.body = json::serialize(body);
  call.timeout = api::kClientTimeout;
  return call;
}

}  // namespace

Exit show_deliveries(Context& context, const DeliveriesOption& option) {
  const std::string base = fmt::format("/v1/webhooks/{}/deliveries", percent_encode(option.id));
  if (!option.position.empty()) {
    const Answer answer = get(context, base + "/" + percent_encode(option.position));
    if (!answer.ok()) return answer.exit;
    context.out(context.json ? answer.reply.body + "\n" : details(answer.body, context.style));
    return Exit::kOk;
  }
  std::string target = base + "?";
  if (!option.state.empty()) target += "&state=" + percent_encode(option.state);
  if (!option.type.empty()) target += "&type=" + percent_encode(option.type);
  if (!option.before.empty()) target += "&before=" + percent_encode(option.before);
  return list_of(context, target, option.limit, false, "no deliveries");
}

Exit replay_webhook(Context& context, const ReplayOption& option) {
  json::object body;
  for (const auto& [member, value] :
       {std::pair{"event", &option.event}, std::pair{"position", &option.position},
        std::pair{"from", &option.from}, std::pair{"to", &option.to}, std::pair{"since", &option.since},
        std::pair{"until", &option.until}, std::pair{"state", &option.state}}) {
    if (!value->empty()) body[member] = *value;
  }
  if (!option.types.empty()) body["types"] = json::array(option.types.begin(), option.types.end());
  if (body.empty()) {
    context.err("paynamectl: say what is to be sent again; see paynamectl webhooks replay --help\n");
    return Exit::kUsage;
  }
  if (option.dry_run) body["dry_run"] = true;
  const HttpCall call = replay_call(fmt::format("/v1/webhooks/{}/replay", percent_encode(option.id)), body);
  return tell_replay(context, ask(context, call), option.dry_run);
}

Exit list_dead_letters(Context& context, const std::string& type, std::uint32_t limit) {
  std::string target = "/v1/deadletters?";
  if (!type.empty()) target += "&type=" + percent_encode(type);
  return list_of(context, target, limit, true, "no dead letters");
}

Exit replay_dead_letters(Context& context, const std::vector<std::string>& types, bool dry_run) {
  json::object body;
  if (!types.empty()) body["types"] = json::array(types.begin(), types.end());
  if (dry_run) body["dry_run"] = true;
  return tell_replay(context, ask(context, replay_call("/v1/deadletters/replay", body)), dry_run);
}

}  // namespace paynamed::ctl
