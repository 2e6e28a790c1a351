#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "api/time_limits.hpp"
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

// What a plan repairs, as far as it shows it: name, what is wanted and what was found. In its order, which is
// the daemon's too.
std::vector<std::string> repairs_of(const json::object& plan) {
  std::vector<std::string> repairs;
  for (const json::value& item : list(plan, "items")) {
    if (!item.is_object() || text_of(item.get_object(), "action") != "repair") continue;
    const json::object& each = item.get_object();
    repairs.push_back(
        json::serialize(json::array{text_of(each, "name"), text_of(each, "wanted"), list(each, "found")}));
  }
  return repairs;
}

// The daemon begins so many of a plan at a time.
constexpr std::size_t kBegunAtOnce = 500;
// While others' runs take all places: five minutes.
constexpr unsigned kMostWaits = 30;
constexpr base::Duration kWait{10'000};

// Whether what would be begun next is what was shown and agreed to.
bool is_part_of(const std::set<std::string>& shown, const json::object& plan) {
  const std::vector<std::string> repairs = repairs_of(plan);
  const auto next = std::min(repairs.size(), kBegunAtOnce);
  return std::all_of(repairs.begin(), repairs.begin() + static_cast<std::ptrdiff_t>(next),
                     [&](const std::string& each) { return shown.contains(each); });
}

// A name that did not get true is tried again with the rest: its last end counts.
void note(std::vector<BatchItem>& all, std::vector<BatchItem> items) {
  for (BatchItem& item : items) {
    const auto before = std::ranges::find(all, item.name, &BatchItem::name);
    if (before == all.end()) {
      all.push_back(std::move(item));
    } else {
      *before = std::move(item);
    }
  }
}

struct Round {
  Exit exit = Exit::kOk;
  std::vector<BatchItem> items;
  std::uint64_t left = 0;  // not begun, for there was no room

  bool completed_any() const {
    return std::ranges::any_of(items, [](const BatchItem& item) { return item.state == "completed"; });
  }
};

// One request's worth of repairs, followed to their ends.
Round mend_some(Context& context, const std::string& domain, const json::object& plan, bool force) {
  Round round;
  std::string position = head_of_events(context);
  if (position.empty()) {
    round.exit = Exit::kUnreachable;
    return round;
  }
  HttpCall call;
  call.method = "POST";
  call.target = target_of(domain);
  call.body = json::serialize(json::object{{"fingerprint", text_of(plan, "fingerprint")}, {"force", force}});
  call.timeout = api::kClientTimeout;
  const Answer answer = ask(context, call);
  if (!answer.ok()) {
    round.exit = answer.exit;
    return round;
  }
  for (const json::value& each : list(answer.body, "begun")) {
    if (!each.is_object()) continue;
    BatchItem item;
    item.name = text_of(each.get_object(), "name");
    item.run = text_of(each.get_object(), "run");
    round.items.push_back(std::move(item));
  }
  for (const json::value& each : list(answer.body, "refused")) {
    if (!each.is_object()) continue;
    BatchItem item;
    item.name = text_of(each.get_object(), "name");
    item.state = "refused";
    item.reason = text_of(each.get_object(), "message");
    round.items.push_back(std::move(item));
  }
  round.left = number(answer.body, "left");
  round.exit = follow_runs(context, round.items, std::move(position));
  return round;
}

Exit mend(Context& context, const std::string& domain, json::object plan, bool force) {
  const std::vector<std::string> agreed = repairs_of(plan);
  const std::set<std::string> shown{agreed.begin(), agreed.end()};
  std::vector<BatchItem> all;
  const auto stop = [&](std::string_view why) {
    tell_batch(context, all, "repaired");
    context.err(fmt::format("paynamectl: {}\n", why));
    return Exit::kRefused;
  };
  for (unsigned waits = 0;;) {
    Round round = mend_some(context, domain, plan, force);
    const bool completed_any = round.completed_any();
    const bool any = !round.items.empty();
    note(all, std::move(round.items));
    if (round.exit != Exit::kOk) {
      if (!all.empty()) tell_batch(context, all, "repaired");
      return round.exit;
    }
    if (round.left == 0) return tell_batch(context, all, "repaired");
    if (any && !completed_any) return stop("none of these was repaired, so that the rest was not begun");
    if (!any) {
      if (++waits > kMostWaits) return stop("other runs take all places; give the command again later");
      context.pause(kWait);
    }
    HttpCall look;
    look.target = target_of(domain);
    look.timeout = api::kClientTimeout;
    Answer answer = ask(context, look);
    if (!answer.ok()) {
      if (!all.empty()) tell_batch(context, all, "repaired");
      return answer.exit;
    }
    plan = std::move(answer.body);
    if (number(plan, "changes") == 0) return tell_batch(context, all, "repaired");
    if (!is_part_of(shown, plan)) return stop("what is left is not what was shown; look at the plan again");
  }
}

}  // namespace

Exit show_drift(Context& context, const DriftOption& option) {
  HttpCall call;
  call.target = target_of(option.domain);
  call.timeout = api::kClientTimeout;
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
