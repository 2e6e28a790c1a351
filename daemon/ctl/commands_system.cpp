#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 1000;
constexpr base::Duration kPollWait{30'000};
constexpr base::Duration kAnswerMargin{15'000};

std::string number_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value && value->is_number() ? json::serialize(*value) : std::string{};
}

// One line an event: they come one by one, so columns have fixed widths.
std::string event_line(const json::object& event, const Style& style) {
  std::string line = fmt::format("{:<10} {}  {:<18} {}", printable(text_of(event, "position")),
                                 printable(text_of(event, "time")), printable(text_of(event, "type")),
                                 printable(text_of(event, "subject")));
  if (const json::value* data = event.if_contains("data"); data && data->is_object()) {
    if (const std::string reason = text_of(data->get_object(), "reason"); !reason.empty())
      line += ": " + printable(reason);
  }
  if (style.width > 0) line = cut(line, style.width);
  return line + "\n";
}

std::string options_text(const EventsOption& option) {
  std::string out;
  if (!option.types.empty()) out += fmt::format(" --types {}", fmt::join(option.types, ","));
  if (!option.names.empty()) out += fmt::format(" --names {}", fmt::join(option.names, ","));
  return printable(out);
}

}  // namespace

Exit list_events(Context& context, const EventsOption& option) {
  std::string position = option.after;
  std::uint32_t left = option.limit;
  std::string filter;
  if (!option.types.empty())
    filter += "&types=" + percent_encode(fmt::format("{}", fmt::join(option.types, ",")));
  if (!option.names.empty())
    filter += "&names=" + percent_encode(fmt::format("{}", fmt::join(option.names, ",")));
  bool waits = false;
  while (option.follow || left > 0) {
    HttpCall call;
    call.target =
        fmt::format("/v1/events?limit={}{}", option.follow ? kPageLimit : std::min(left, kPageLimit), filter);
    if (!position.empty()) call.target += "&after=" + percent_encode(position);
    if (waits) {
      call.target += fmt::format("&wait={}", kPollWait / std::chrono::seconds{1});
      call.timeout = kPollWait + kAnswerMargin;
    }
    const Answer answer = ask(context, call);
    if (!answer.ok()) {
      if (option.follow && waits)
        context.err(fmt::format("go on with: paynamectl events --follow --after {}{}\n", printable(position),
                                options_text(option)));
      return answer.exit;
    }
    const json::value* items = answer.body.if_contains("items");
    if (!items || !items->is_array()) return Exit::kRefused;
    for (const json::value& item : items->get_array()) {
      if (!item.is_object()) continue;
      context.out(context.json ? json::serialize(item) + "\n" : event_line(item.get_object(), context.style));
    }
    const std::string before = std::exchange(position, text_of(answer.body, "next"));
    const auto got = static_cast<std::uint32_t>(items->get_array().size());
    left -= std::min(left, got);
    // A page of which the filter let nothing through has another position at its end.
    const std::string head = text_of(answer.body, "head");
    const bool is_at_end = got == 0 && (head.empty() || position == head || position == before);
    if (!option.follow && is_at_end) break;
    waits = option.follow && is_at_end;
    // An answer without events and without a position would make this a busy loop.
    if (position.empty()) return Exit::kRefused;
  }
  return Exit::kOk;
}

Exit list_plugins(Context& context) {
  const Answer answer = get(context, "/v1/plugins");
  if (!answer.ok()) return answer.exit;
  Items items;
  if (const json::value* all = answer.body.if_contains("items"); all && all->is_array())
    items.items = all->get_array();
  Table table{
      {"INSTANCE", "CONTRACT", "MODULE", "VERSION", "STATE", "BREAKER", "CALLS", "ERRORS", "MESSAGE"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& plugin = item.get_object();
    const std::string state = printable(text_of(plugin, "state"));
    const std::string breaker = printable(text_of(plugin, "breaker"));
    const std::string message = text_of(plugin, "message");
    table.add({{printable(text_of(plugin, "id"))},
               {printable(text_of(plugin, "contract"))},
               {printable(text_of(plugin, "module"))},
               {printable(text_of(plugin, "version"))},
               {state, colour_of_state(state)},
               {breaker, breaker == "closed" ? Colour::kNone : Colour::kRed},
               {number_text(plugin, "calls")},
               {number_text(plugin, "errors")},
               {printable(text_of(plugin, message.empty() ? "breaker_message" : "message"))}});
  }
  return write_items(context, items, table, "no plugins");
}

Exit health(Context& context) {
  HttpCall call;
  call.target = "/readyz";
  auto reply = context.connection.send(call);
  if (!reply) {
    context.err("paynamectl: " + printable(reply.error().message()) + "\n");
    return Exit::kUnreachable;
  }
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  if (error || !value.is_object() || (reply->status != 200 && reply->status != 503)) {
    context.err("paynamectl: the answer is not one of paynamed; is --url right?\n");
    return Exit::kUnreachable;
  }
  const bool ready = reply->status == 200;
  if (context.json) {
    context.out(reply->body + "\n");
    return ready ? Exit::kOk : Exit::kRefused;
  }
  context.out(painted(ready ? "ready" : "not ready", ready ? Colour::kGreen : Colour::kRed, context.style) +
              "\n");
  const json::value* parts = value.get_object().if_contains("parts");
  if (parts && parts->is_array() && !parts->get_array().empty()) {
    Table table{{"PART", "READY", "MESSAGE"}};
    for (const json::value& item : parts->get_array()) {
      if (!item.is_object()) continue;
      const json::value* is_ready = item.get_object().if_contains("ready");
      const bool good = is_ready && is_ready->is_bool() && is_ready->get_bool();
      table.add({{printable(text_of(item.get_object(), "name"))},
                 {good ? "yes" : "no", good ? Colour::kGreen : Colour::kRed},
                 {printable(text_of(item.get_object(), "message"))}});
    }
    context.out(table.render(context.style));
  }
  return ready ? Exit::kOk : Exit::kRefused;
}

}  // namespace paynamed::ctl
