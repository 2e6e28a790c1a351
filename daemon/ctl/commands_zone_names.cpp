#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <span>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/run_batch.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"
#include "names/bolt12.hpp"
#include "names/hash.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPageLimit = 1000;

Colour colour_of_kind(std::string_view kind) {
  if (kind == "valid" || kind == "ours") return Colour::kGreen;
  if (kind == "invalid" || kind == "ours_different") return Colour::kRed;
  return kind == "conflicting" ? Colour::kYellow : Colour::kDim;
}

struct Entries {
  Exit exit = Exit::kOk;
  json::array items;
  bool shows_aliases = true;
};

Entries read_entries(Context& context, const std::string& domain) {
  Entries all;
  const std::string target = "/v1/domains/" + percent_encode(domain) + "/zone-names?";
  std::string cursor;
  do {
    HttpCall call;
    call.target = fmt::format("{}limit={}{}", target, kPageLimit,
                              cursor.empty() ? "" : "&cursor=" + percent_encode(cursor));
    // The zone is listed for the first page.
    call.timeout = api::kClientTimeout;
    Answer answer = ask(context, call);
    if (!answer.ok()) {
      all.exit = answer.exit;
      return all;
    }
    const json::value* items = answer.body.if_contains("items");
    if (items == nullptr || !items->is_array()) break;
    for (const json::value& item : items->get_array()) {
      if (item.is_object()) all.items.push_back(item);
    }
    const json::value* aliases = answer.body.if_contains("shows_aliases");
    all.shows_aliases = aliases != nullptr && aliases->is_bool() && aliases->get_bool();
    cursor = text_of(answer.body, "next");
  } while (!cursor.empty());
  return all;
}

// The name, or the owner where no wallet takes such a name.
std::string shown_name(const json::object& entry) {
  const std::string name = text_of(entry, "name");
  return printable(name.empty() ? text_of(entry, "owner_name") : name);
}

bool takes_over(const json::object& entry) {
  const json::value* value = entry.if_contains("take_over");
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::map<std::string, std::size_t> count_kinds(const json::array& items) {
  std::map<std::string, std::size_t> counts;
  for (const json::value& item : items) ++counts[text_of(item.get_object(), "kind")];
  return counts;
}

std::string counts_text(const json::array& items) {
  std::string text = fmt::format("{} names in the zone", items.size());
  const char* separator = ": ";
  for (const auto& [kind, count] : count_kinds(items)) {
    text += fmt::format("{}{} {}", separator, count, printable(kind));
    separator = ", ";
  }
  return text + "\n";
}

// What a take-over would remove, for whoever has to confirm it.
void show_removals(Context& context, const std::vector<const json::object*>& chosen) {
  Table table{{"NAME", "IS REMOVED", "IS PUBLISHED"}};
  for (const json::object* entry : chosen) {
    if (!takes_over(*entry)) continue;
    const json::value* records = entry->if_contains("records");
    if (records == nullptr || !records->is_array()) continue;
    std::string name = shown_name(*entry);
    std::string published = printable(text_of(*entry, "adoptable"));
    for (const json::value& record : records->get_array()) {
      if (!record.is_object()) continue;
      table.add({{std::exchange(name, {})},
                 {printable(text_of(record.get_object(), "value")), Colour::kRed},
                 {std::exchange(published, {}), Colour::kGreen}});
    }
  }
  Style whole = context.style;
  whole.width = 0;
  if (!table.empty() && !context.json) context.out(table.render(whole) + "\n");
}

struct Choice {
  std::vector<const json::object*> adopted;
  std::vector<std::pair<std::string, std::string>> left;  // name and why
};

Choice choose(const json::array& items, const AdoptOption& option) {
  Choice choice;
  std::vector<std::string> missing = option.names;
  for (const json::value& item : items) {
    const json::object& entry = item.get_object();
    const std::string name = text_of(entry, "name");
    const auto wanted = std::ranges::find_if(
        missing, [&](const std::string& each) { return each == name || each + "@" + option.domain == name; });
    if (!option.all && wanted == missing.end()) continue;
    if (wanted != missing.end()) missing.erase(wanted);
    const std::string kind = text_of(entry, "kind");
    if (kind == "ours") continue;
    const bool can_be = !text_of(entry, "adoptable").empty();
    if (can_be && (!takes_over(entry) || option.take_over)) {
      choice.adopted.push_back(&entry);
    } else if (!option.all || kind != "not_a_name") {
      choice.left.emplace_back(shown_name(entry), can_be ? "needs --take-over: " + text_of(entry, "message")
                                                         : text_of(entry, "message"));
    }
  }
  for (const std::string& each : missing) choice.left.emplace_back(each, "nothing stands there");
  return choice;
}

// The same for each attempt of this command, so that a reply that is lost makes no second run. Another
// command has another one: what an earlier one did and was undone is done again.
std::string adoption_key(const Context& context, const json::object& entry) {
  const std::string what = text_of(entry, "name") + "\n" + text_of(entry, "fingerprint");
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(what.data()), what.size()};
  return fmt::format("adopt-{}-{}", context.clock.wall().time_since_epoch().count(),
                     names::to_hex(names::sha256(bytes)));
}

void tell_choice(Context& context, const Choice& choice) {
  if (!context.json) {
    context.out(fmt::format("{} names would be adopted\n", choice.adopted.size()));
    for (const json::object* entry : choice.adopted) context.out(shown_name(*entry) + "\n");
    return;
  }
  json::array adopted;
  for (const json::object* entry : choice.adopted) adopted.push_back(*entry);
  json::array left;
  for (const auto& [name, why] : choice.left) left.push_back(json::object{{"name", name}, {"message", why}});
  context.out(json::serialize(json::object{{"would_adopt", std::move(adopted)}, {"left", std::move(left)}}) +
              "\n");
}

}  // namespace

Exit import_names(Context& context, const std::string& domain, const std::string& kind) {
  const Entries entries = read_entries(context, domain);
  if (entries.exit != Exit::kOk) return entries.exit;
  json::array shown;
  for (const json::value& item : entries.items) {
    if (kind.empty() || text_of(item.get_object(), "kind") == kind) shown.push_back(item);
  }
  if (context.json) {
    json::object counts;
    for (const auto& [each, count] : count_kinds(entries.items)) counts[each] = count;
    context.out(json::serialize(json::object{{"items", std::move(shown)},
                                             {"counts", std::move(counts)},
                                             {"shows_aliases", entries.shows_aliases}}) +
                "\n");
    return Exit::kOk;
  }
  Table table{{"NAME", "KIND", "RULE", "MEANING"}};
  for (const json::value& item : shown) {
    const json::object& entry = item.get_object();
    const std::string each = printable(text_of(entry, "kind"));
    table.add({{shown_name(entry)},
               {each, colour_of_kind(each)},
               {printable(text_of(entry, "rule"))},
               {printable(text_of(entry, "message"))}});
  }
  if (!table.empty()) context.out(table.render(context.style) + "\n");
  context.out(counts_text(entries.items));
  if (!entries.shows_aliases)
    context.err("note: this provider lists TXT records only, so aliases (CNAME) are not seen\n");
  return Exit::kOk;
}

Exit adopt_names(Context& context, const AdoptOption& option) {
  const Entries entries = read_entries(context, option.domain);
  if (entries.exit != Exit::kOk) return entries.exit;
  const Choice choice = choose(entries.items, option);
  for (const auto& [name, why] : choice.left)
    context.err(fmt::format("left: {}: {}\n", printable(name), printable(why)));
  show_removals(context, choice.adopted);
  std::vector<BatchItem> items;
  for (const json::object* entry : choice.adopted) {
    json::object body{{"fingerprint", text_of(*entry, "fingerprint")}, {"take_over", takes_over(*entry)}};
    if (!option.owner.empty()) body["owner"] = option.owner;
    if (!option.reference.empty()) body["reference"] = option.reference;
    // Nobody waits for one of many.
    if (choice.adopted.size() > 1) body["priority"] = "bulk";
    BatchItem item;
    item.name = text_of(*entry, "name");
    item.call.method = "POST";
    item.call.target = "/v1/names/" + percent_encode(item.name) + "/adopt";
    item.call.body = json::serialize(body);
    item.call.headers.emplace_back("Idempotency-Key", adoption_key(context, *entry));
    items.push_back(std::move(item));
  }
  const Exit of_left = choice.left.empty() || option.all ? Exit::kOk : Exit::kRefused;
  if (option.only_show) {
    tell_choice(context, choice);
    return of_left;
  }
  if (const Exit ran = run_batch(context, items); ran != Exit::kOk) return ran;
  const Exit told = tell_batch(context, items, "adopted");
  return told == Exit::kOk ? of_left : told;
}

}  // namespace paynamed::ctl
