#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr base::Duration kLook{2'000};

std::string number_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_number() ? json::serialize(*value) : std::string{};
}

json::array list_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_array() ? value->get_array() : json::array{};
}

void show_list(Context& context, const json::object& object, std::string_view member,
               std::string_view label) {
  for (const json::value& each : list_of(object, member)) {
    if (each.is_string())
      context.out(fmt::format("{:<16}{}\n", label, printable(std::string_view{each.get_string()})));
  }
}

// One line that says all of it; printed again only when it changes.
std::string progress_line(const json::object& move) {
  std::string line = fmt::format("{:<12}", printable(text_of(move, "phase")));
  if (const json::value* names = move.if_contains("names"); names != nullptr && names->is_object()) {
    line += fmt::format("{}/{} names  ", number_text(names->get_object(), "done"),
                        number_text(names->get_object(), "total"));
  }
  return line + printable(text_of(move, "next"));
}

void show_move(Context& context, const json::object& move) {
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) context.out(fmt::format("{:<16}{}\n", label, value));
  };
  line("domain", printable(text_of(move, "domain")));
  line("from", printable(text_of(move, "from")));
  line("to", printable(text_of(move, "to")));
  line("phase", printable(text_of(move, "phase")));
  if (const json::value* names = move.if_contains("names"); names != nullptr && names->is_object()) {
    line("names", fmt::format("{} of {}", number_text(names->get_object(), "done"),
                              number_text(names->get_object(), "total")));
  }
  line("next", printable(text_of(move, "next")));
  line("seconds left", number_text(move, "seconds_left"));
  line("trouble", printable(text_of(move, "trouble")));
  show_list(context, move, "delegation", "parent");
  show_list(context, move, "problems", "to mend");
  show_list(context, move, "notes", "note");
}

bool can_start(const json::object& plan) {
  const json::value* can = plan.if_contains("can_start");
  return can != nullptr && can->is_bool() && can->get_bool();
}

void show_plan(Context& context, const json::object& plan) {
  const json::value* names = plan.if_contains("names");
  context.out(fmt::format(
      "{} names of {} would move from '{}' to '{}'\n",
      names != nullptr && names->is_object() ? number_text(names->get_object(), "total") : std::string{},
      printable(text_of(plan, "domain")), printable(text_of(plan, "from")), printable(text_of(plan, "to"))));
  show_list(context, plan, "to_servers", "new server");
  show_list(context, plan, "to_names", "NS to be");
  show_list(context, plan, "to_ds", "DS stays");
  show_list(context, plan, "notes", "note");
  show_list(context, plan, "problems", "to mend");
  if (const std::string trouble = text_of(plan, "trouble"); !trouble.empty())
    context.out(fmt::format("{:<16}{}\n", "not known", printable(trouble)));
  if (!can_start(plan)) return;
  context.out(
      fmt::format("{} sets of records are equal on both sides; nothing was changed\n"
                  "after the change at the parent it waits {} s: {}\n",
                  number_text(plan, "sets_compared"), number_text(plan, "drain_seconds"),
                  printable(text_of(plan, "drain_because"))));
}

bool is_paused(const json::object& move) {
  return !text_of(move, "paused").empty();
}

bool is_over(const json::object& move) {
  const std::string phase = text_of(move, "phase");
  return phase == "finished" || phase == "undone";
}

// `goal` is the phase that it was to end in.
Exit follow_move(Context& context, const std::string& target, std::string_view goal) {
  std::string shown;
  for (;;) {
    const Answer answer = get(context, target);
    if (!answer.ok()) return answer.exit;
    const std::string line = context.json ? answer.reply.body : progress_line(answer.body);
    if (line != shown) context.out(line + "\n");
    shown = line;
    if (is_over(answer.body)) return text_of(answer.body, "phase") == goal ? Exit::kOk : Exit::kNotReached;
    if (is_paused(answer.body)) {
      if (!context.json) show_list(context, answer.body, "problems", "to mend");
      return Exit::kNotReached;
    }
    context.pause(kLook);
  }
}

}  // namespace

Exit move_domain(Context& context, const MoveOption& option) {
  const std::string target = fmt::format("/v1/domains/{}/moves", percent_encode(option.domain));
  HttpCall call;
  call.target = target;
  if (!option.to.empty()) {
    json::object body{{"to", option.to}};
    if (option.dry_run) body["dry_run"] = true;
    json::array accept;
    for (const std::string& each : option.accept) accept.emplace_back(each);
    if (!accept.empty()) body["accept"] = std::move(accept);
    json::array servers;
    for (const std::string& each : option.servers) servers.emplace_back(each);
    if (!servers.empty()) body["servers"] = std::move(servers);
    call.method = "POST";
    call.body = json::serialize(body);
    call.timeout = api::kClientTimeout;
  } else if (option.resume || option.undo) {
    call.method = "POST";
    call.target += option.resume ? "/resume" : "/undo";
  }
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  if (option.follow && !option.dry_run)
    return follow_move(context, target, option.undo ? "undone" : "finished");
  if (context.json) {
    context.out(answer.reply.body + "\n");
  } else if (option.dry_run) {
    show_plan(context, answer.body);
  } else {
    show_move(context, answer.body);
  }
  if (option.dry_run) return can_start(answer.body) ? Exit::kOk : Exit::kRefused;
  return is_paused(answer.body) ? Exit::kNotReached : Exit::kOk;
}

}  // namespace paynamed::ctl
