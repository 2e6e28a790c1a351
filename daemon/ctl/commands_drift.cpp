#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "ctl/ask.hpp"
#include "ctl/run_batch.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

bool flag(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint64_t number(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

const json::array& list(const json::object& object, std::string_view member) {
  static const json::array kNone;
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

std::string target_of(const std::string& domain) {
  return "/v1/domains/" + percent_encode(domain) + "/drift";
}

void show_plan(Context& context, const json::object& plan) {
  Table table{{"NAME", "DRIFT", "ACTION", "MEANING", "SERVERS"}};
  for (const json::value& item : list(plan, "items")) {
    if (!item.is_object()) continue;
    const json::object& each = item.get_object();
    const bool repairs = text_of(each, "action") == "repair";
    table.add({{printable(text_of(each, "name"))},
               {printable(text_of(each, "kind")), repairs ? Colour::kRed : Colour::kYellow},
               {repairs ? "repair" : ""},
               {printable(text_of(each, "message"))},
               {printable(text_of(each, "served"))}});
  }
  if (!table.empty()) context.out(table.render(context.style) + "\n");
  if (const auto more = number(plan, "total") - std::min(number(plan, "total"), list(plan, "items").size());
      more > 0)
    context.out(fmt::format("and {} more\n", more));
  context.out(fmt::format("{} names compared, {} left out because runs are at work on them, {} to repair\n",
                          number(plan, "names"), number(plan, "busy"), number(plan, "changes")));
}

// The names that a plan repairs, as far as it shows them.
std::set<std::string> repaired_names(const json::object& plan) {
  std::set<std::string> names;
  for (const json::value& item : list(plan, "items")) {
    if (item.is_object() && text_of(item.get_object(), "action") == "repair")
      names.insert(text_of(item.get_object(), "name"));
  }
  return names;
}

// One request's worth of repairs, followed to their ends.
Exit mend_some(Context& context, const std::string& domain, const json::object& plan, bool force,
               std::vector<BatchItem>& all, std::uint64_t& left) {
  std::string position = head_of_events(context);
  if (position.empty()) return Exit::kUnreachable;
  HttpCall call;
  call.method = "POST";
  call.target = target_of(domain);
  call.body = json::serialize(json::object{{"fingerprint", text_of(plan, "fingerprint")}, {"force", force}});
  call.timeout = base::Duration{180'000};
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  std::vector<BatchItem> items;
  for (const json::value& each : list(answer.body, "begun")) {
    if (!each.is_object()) continue;
    BatchItem item;
    item.name = text_of(each.get_object(), "name");
    item.run = text_of(each.get_object(), "run");
    items.push_back(std::move(item));
  }
  for (const json::value& each : list(answer.body, "refused")) {
    if (!each.is_object()) continue;
    BatchItem item;
    item.name = text_of(each.get_object(), "name");
    item.state = "refused";
    item.reason = text_of(each.get_object(), "message");
    items.push_back(std::move(item));
  }
  left = number(answer.body, "left");
  const Exit followed = follow_runs(context, items, std::move(position));
  const bool any = !items.empty();
  std::ranges::move(items, std::back_inserter(all));
  // Others' runs fill the daemon: what is left waits for them.
  if (followed == Exit::kOk && !any && left > 0) context.pause(base::Duration{2'000});
  return followed;
}

Exit mend(Context& context, const std::string& domain, json::object plan, bool force) {
  const std::set<std::string> shown = repaired_names(plan);
  const bool shows_all = shown.size() == number(plan, "changes");
  std::vector<BatchItem> all;
  for (bool first = true;; first = false) {
    std::uint64_t left = 0;
    // What was shown has been agreed to; the parts of it need no other word.
    if (const Exit exit = mend_some(context, domain, plan, force || !first, all, left); exit != Exit::kOk)
      return exit;
    if (left == 0) return tell_batch(context, all, "repaired");
    Answer answer = get(context, target_of(domain));
    if (!answer.ok()) return answer.exit;
    plan = std::move(answer.body);
    const std::set<std::string> now = repaired_names(plan);
    if (shows_all && !std::ranges::includes(shown, now)) {
      tell_batch(context, all, "repaired");
      context.err("paynamectl: other names differ by now than were shown; look at the plan again\n");
      return Exit::kRefused;
    }
  }
}

}  // namespace

Exit show_drift(Context& context, const DriftOption& option) {
  HttpCall call;
  call.target = target_of(option.domain);
  call.timeout = base::Duration{180'000};
  Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  if (context.json && !option.apply) {
    context.out(answer.reply.body + "\n");
  } else if (!context.json) {
    show_plan(context, answer.body);
  }
  const std::uint64_t changes = number(answer.body, "changes");
  const bool only_extras = std::ranges::all_of(list(answer.body, "items"), [](const json::value& item) {
    return item.is_object() && text_of(item.get_object(), "kind").starts_with("extra");
  });
  if (!option.apply) return only_extras ? Exit::kOk : Exit::kRefused;
  if (changes == 0) {
    if (context.json) context.out("{\"items\":[],\"repaired\":0}\n");
    return only_extras ? Exit::kOk : Exit::kRefused;
  }
  if (flag(answer.body, "needs_force") && !option.force) {
    context.err(
        fmt::format("paynamectl: {} of {} names would change, which looks like a mistake; if it is none, say "
                    "--force\n",
                    changes, number(answer.body, "names")));
    return Exit::kRefused;
  }
  return mend(context, option.domain, std::move(answer.body), option.force);
}

}  // namespace paynamed::ctl
