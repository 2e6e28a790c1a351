#include "ctl/name_move_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "config/node_address.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kNamesARound = 1'000;
constexpr std::uint32_t kPageLimit = 500;

json::object object_in(const HttpReply& reply) {
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object{};
}

json::object source_of(const json::object& name) {
  const json::value* source = name.if_contains("source");
  return source != nullptr && source->is_object() ? source->get_object() : json::object{};
}

std::uint64_t revision_of(const json::object& name) {
  const json::value* revision = name.if_contains("revision");
  return revision != nullptr && revision->is_number() ? revision->to_number<std::uint64_t>() : 0;
}

}  // namespace

NodeTarget NodeTarget::from(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return NodeTarget{text, {}};
  NodeTarget target{text.substr(0, slash), text.substr(slash + 1)};
  // Names show addresses in one spelling.
  if (const auto address = config::NodeAddress::parse(target.node)) target.node = address->text();
  return target;
}

bool NodeTarget::has(const json::object& name) const {
  const json::object source = source_of(name);
  return text_of(name, "open_run").empty() && text_of(source, "kind") == "node" &&
         text_of(source, "instance") == instance && (node.empty() || text_of(source, "node") == node);
}

void NameMovePlan::add(const NodeTarget& target, const json::object& name, bool named) {
  const std::string text = text_of(name, "name");
  const std::string state = text_of(name, "state");
  const json::object source = source_of(name);
  if (state == "quarantined") {
    if (named) left.push_back({text, "it was removed; register it again", true});
  } else if (state == "registering") {
    left.push_back({text, "it is being registered; give the command again when it is live", true});
  } else if (target.has(name)) {
    ++there;
  } else if (text_of(source, "kind") != "node" && !named) {
    left.push_back(
        {text, "its offer comes from its owner; name it with --names to make offers for it", false});
  } else {
    const std::string node = text_of(source, "node");
    std::string from = text_of(source, "kind") != "node" ? "external" : text_of(source, "instance");
    if (!node.empty()) from += "/" + node;
    moves.push_back({text, std::move(from), revision_of(name)});
  }
}

std::optional<NameMovePlan> plan_of_names(Context& context, const NodeTarget& target,
                                          const std::vector<std::string>& names) {
  NameMovePlan plan;
  std::vector<std::string> once;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) once.push_back(name);
  }
  for (std::size_t first = 0; first < once.size(); first += kNamesARound) {
    std::vector<HttpCall> calls;
    for (std::size_t i = first; i < std::min(first + kNamesARound, once.size()); ++i) {
      calls.emplace_back();
      calls.back().target = "/v1/names/" + percent_encode(once[i]);
    }
    const auto replies = send_patiently(context, calls, kAtOnce);
    if (!replies) return std::nullopt;
    for (std::size_t i = 0; i < replies->size(); ++i) {
      const json::object body = object_in((*replies)[i]);
      if ((*replies)[i].status == 200 && !text_of(body, "name").empty()) {
        plan.add(target, body, true);
        continue;
      }
      const std::string detail = text_of(body, "detail");
      plan.left.push_back(
          {once[first + i],
           detail.empty() ? fmt::format("the daemon answered {}", (*replies)[i].status) : detail, true});
    }
  }
  return plan;
}

std::optional<NameMovePlan> plan_of_domain(Context& context, const NodeTarget& target,
                                           const std::string& domain) {
  NameMovePlan plan;
  std::string cursor;
  do {
    HttpCall call;
    call.target = fmt::format("/v1/names?domain={}&limit={}", percent_encode(domain), kPageLimit);
    if (!cursor.empty()) call.target += "&cursor=" + percent_encode(cursor);
    const auto replies = send_patiently(context, {call}, 1);
    if (!replies) return std::nullopt;
    const json::object body = object_in(replies->front());
    const json::value* items = body.if_contains("items");
    if (replies->front().status != 200 || items == nullptr || !items->is_array()) {
      const std::string detail = text_of(body, "detail");
      context.err(fmt::format("paynamectl: {}\n",
                              detail.empty() ? "the daemon does not list the names" : printable(detail)));
      return std::nullopt;
    }
    for (const json::value& item : items->get_array()) {
      if (item.is_object()) plan.add(target, item.get_object(), false);
    }
    cursor = text_of(body, "next");
  } while (!cursor.empty());
  return plan;
}

}  // namespace paynamed::ctl
