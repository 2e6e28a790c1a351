#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <span>

#include "base/id.hpp"
#include "base/name.hpp"
#include "ctl/ask.hpp"
#include "ctl/bulk_report.hpp"
#include "ctl/name_move_plan.hpp"
#include "ctl/run_batch.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"
#include "names/bolt12.hpp"
#include "names/hash.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxNamesFileBytes = 512UL * 1024 * 1024;
constexpr std::size_t kShown = 20;
// A name that another run was at work on is tried again when that has ended.
constexpr int kMostRounds = 3;

base::Result<std::vector<std::string>> names_in(const std::string& file) {
  std::ifstream stream;
  if (file != "-") stream.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : stream;
  std::vector<std::string> names;
  std::size_t bytes = 0;
  for (std::string line; std::getline(in, line);) {
    bytes += line.size() + 1;
    if (bytes > kMaxNamesFileBytes) return base::fail(base::invalid_argument("'" + file + "' is too large"));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == line.npos || line[first] == '#') continue;
    names.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
  }
  if (in.bad() || (file != "-" && !stream.is_open()))
    return base::fail(base::invalid_argument("'" + file + "' cannot be read"));
  return names;
}

// What the user named, in full; nothing for all names of the domain.
base::Result<std::optional<std::vector<std::string>>> named(Context& context, const NameMoveOption& option) {
  using Names = std::optional<std::vector<std::string>>;
  Names names;
  if (!option.names.empty()) names = option.names;
  if (!option.names_from.empty()) {
    auto read = names_in(option.names_from);
    if (!read) return base::fail(read.error());
    names = *std::move(read);
  }
  if (!names && option.domain.empty()) {
    return base::fail(base::invalid_argument("say which names move: --names, --names-from or --domain"));
  }
  if (!names) return names;
  for (std::string& each : *names) {
    auto whole = complete_name(context, each, option.domain);
    if (!whole) return base::fail(whole.error());
    const auto name = base::Name::parse(*whole);
    if (!name) return base::fail(name.error());
    each = name->text();
  }
  return names;
}

// A mistake in the instance would be refused for every name.
std::optional<Exit> check_target(Context& context, const NodeTarget& target) {
  const Answer answer = get(context, "/v1/plugins");
  if (!answer.ok()) return answer.exit;
  std::string nodes;
  const json::value* items = answer.body.if_contains("items");
  for (const json::value& item : items != nullptr && items->is_array() ? items->get_array() : json::array{}) {
    if (!item.is_object()) continue;
    const json::object& plugin = item.get_object();
    const json::value* retired = plugin.if_contains("retired");
    const bool is_retired = retired != nullptr && retired->is_bool() && retired->get_bool();
    if (!text_of(plugin, "contract").ends_with("NodeBackend") || is_retired) continue;
    if (text_of(plugin, "id") == target.instance) return std::nullopt;
    nodes += (nodes.empty() ? "" : ", ") + printable(text_of(plugin, "id"));
  }
  context.err(fmt::format("paynamectl: '{}' is no instance of a node that makes offers; {}\n",
                          target.instance, nodes.empty() ? "there is none" : "there are: " + nodes));
  return Exit::kUsage;
}

// Names show the address of an added node, not its id.
std::optional<Exit> resolve_node(Context& context, NodeTarget& target) {
  if (!base::Uuid::parse(target.node)) return std::nullopt;
  const Answer answer = get(context, "/v1/nodes/" + target.node);
  if (!answer.ok()) return answer.exit;
  target.node = text_of(answer.body, "reference");
  return std::nullopt;
}

json::array to_json(const std::vector<NameMovePlan::Left>& left) {
  json::array items;
  for (const auto& each : left) items.push_back(json::object{{"name", each.name}, {"message", each.why}});
  return items;
}

void tell_left(Context& context, const NameMovePlan& plan) {
  if (context.json) return;
  for (const auto& each : plan.left)
    context.err(fmt::format("left: {}: {}\n", printable(each.name), printable(each.why)));
}

void tell_plan(Context& context, const NodeTarget& target, const NameMovePlan& plan, bool whole) {
  if (context.json) {
    json::array moves;
    for (const auto& move : plan.moves)
      moves.push_back(json::object{{"name", move.name}, {"from", move.from}});
    const json::object object{
        {"would_move", std::move(moves)}, {"there", plan.there}, {"left", to_json(plan.left)}};
    context.out(json::serialize(object) + "\n");
    return;
  }
  Table table{{"NAME", "FROM", "TO"}};
  const std::size_t shown = whole ? plan.moves.size() : std::min(plan.moves.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i)
    table.add({{printable(plan.moves[i].name)}, {printable(plan.moves[i].from)}, {target.text()}});
  if (!table.empty()) context.out(table.render(context.style));
  if (shown < plan.moves.size()) context.out(fmt::format("and {} more\n", plan.moves.size() - shown));
  context.out(fmt::format("{} names move to '{}', {} are there already, {} stay\n", plan.moves.size(),
                          target.text(), plan.there, plan.left.size()));
}

// The same for each attempt of this command, so that a reply that is lost makes no second run. Another
// command has another one: what an earlier one did and was undone is done again.
std::string move_key(const Context& context, const NodeTarget& target, const NameMovePlan::Move& move) {
  const std::string what = fmt::format("{}\n{}\n{}", move.name, target.text(), move.revision);
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(what.data()), what.size()};
  return fmt::format("move-{}-{}", context.clock.wall().time_since_epoch().count(),
                     names::to_hex(names::sha256(bytes)));
}

BatchItem item_of(const Context& context, const NodeTarget& target, const NameMovePlan::Move& move) {
  json::object body{{"instance", target.instance}, {"priority", "bulk"}};
  body["node"] = target.node.empty() ? json::value(true) : json::value(target.node);
  // What somebody else made of the name since it was looked at is not overwritten.
  if (move.revision > 0) body["revision"] = move.revision;
  BatchItem item;
  item.name = move.name;
  item.call.method = "PUT";
  item.call.target = "/v1/names/" + percent_encode(move.name) + "/source";
  item.call.body = json::serialize(body);
  item.call.headers.emplace_back("Idempotency-Key", move_key(context, target, move));
  return item;
}

std::vector<BatchItem> items_of(const Context& context, const NodeTarget& target, const NameMovePlan& plan) {
  std::vector<BatchItem> items;
  for (const auto& move : plan.moves) items.push_back(item_of(context, target, move));
  return items;
}

// What another run did, or an earlier command, is looked at: of these the names that are at the target have
// moved, and those whose other run has ended come again. Nothing when the daemon was away.
std::optional<std::vector<BatchItem>> again(Context& context, const NodeTarget& target,
                                            std::vector<BatchItem>& items) {
  std::map<std::string, BatchItem*> doubtful;
  std::vector<std::string> names;
  for (BatchItem& item : items) {
    const bool looked_at = item.state == "refused" || (item.found_open && item.state != "paused");
    if (!looked_at) continue;
    doubtful.emplace(item.name, &item);
    names.push_back(item.name);
  }
  const auto plan = plan_of_names(context, target, names);
  if (!plan) return std::nullopt;
  std::vector<BatchItem> next;
  for (const auto& move : plan->moves) {
    BatchItem& item = *doubtful.at(move.name);
    doubtful.erase(move.name);
    if (item.found_open) next.push_back(item_of(context, target, move));
  }
  for (const auto& left : plan->left) doubtful.erase(left.name);
  for (const auto& [name, item] : doubtful) {
    item->state = "completed";
    item->reason.clear();
  }
  return next;
}

Exit move_them(Context& context, const NameMoveOption& option, const NodeTarget& target,
               std::vector<BatchItem>& items) {
  BulkProgress progress{context, "moved"};
  BatchOption batch;
  batch.at_once = option.concurrency;
  batch.in_flight = option.in_flight;
  batch.turns_back_paused = true;
  batch.show = [&progress](const BatchCounts& counts, const std::string& held) {
    progress.show({counts.items, counts.under_way + counts.paused, counts.completed, counts.compensated,
                   counts.refused, counts.paused},
                  held);
  };
  Exit exit = run_batch(context, items, batch);
  for (int round = 1; exit == Exit::kOk; ++round) {
    auto next = again(context, target, items);
    if (!next) exit = Exit::kUnreachable;
    if (!next || next->empty()) break;
    const bool gives_up = round == kMostRounds;
    if (!gives_up) exit = run_batch(context, *next, batch);
    for (BatchItem& each : *next) {
      BatchItem& item = *std::ranges::find(items, each.name, &BatchItem::name);
      item = std::move(each);
      if (!gives_up) continue;
      item.state = "refused";
      item.reason = "other runs of the name came first each time; give the command again";
    }
    if (gives_up) break;
  }
  progress.clear();
  return exit;
}

}  // namespace

Exit move_names(Context& context, const NameMoveOption& option) {
  NodeTarget target = NodeTarget::from(option.to_node);
  const auto names = named(context, option);
  if (!names) {
    context.err("paynamectl: " + printable(names.error().message()) + "\n");
    return names.error().code() == base::Code::kUnavailable ? Exit::kUnreachable : Exit::kUsage;
  }
  if (auto stop = check_target(context, target)) return *stop;
  if (auto stop = resolve_node(context, target)) return *stop;
  const auto plan =
      *names ? plan_of_names(context, target, **names) : plan_of_domain(context, target, option.domain);
  if (!plan) return Exit::kUnreachable;
  tell_left(context, *plan);
  const bool some_fail = std::ranges::any_of(plan->left, &NameMovePlan::Left::fails);
  const Exit of_left = some_fail ? Exit::kRefused : Exit::kOk;
  if (option.only_show) {
    tell_plan(context, target, *plan, true);
    return of_left;
  }
  if (!option.yes && !plan->moves.empty()) {
    if (!context.json) tell_plan(context, target, *plan, false);
    if (!context.confirm) {
      context.err("paynamectl: say --yes to move them, or --dry-run to see which\n");
      return Exit::kUsage;
    }
    if (!context.confirm("go on?")) return Exit::kUsage;
  }
  std::vector<BatchItem> items = items_of(context, target, *plan);
  const Exit ran = items.empty() ? Exit::kOk : move_them(context, option, target, items);
  if (ran != Exit::kOk) {
    context.err("go on with the same command; what has moved is left out\n");
    return ran;
  }
  if (!context.json && plan->there > 0)
    context.out(fmt::format("{} names were at '{}' already\n", plan->there, target.text()));
  const Exit told =
      tell_batch(context, items, "moved", {{"there", plan->there}, {"left", to_json(plan->left)}});
  return told == Exit::kOk ? of_left : told;
}

}  // namespace paynamed::ctl
