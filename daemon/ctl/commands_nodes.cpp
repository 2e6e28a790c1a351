#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kMostNodes = 10'000;
constexpr std::uint32_t kPageLimit = 500;
constexpr std::size_t kMostSecretBytes = 64 * 1024;

std::string inner_text(const json::object& object, std::string_view member, std::string_view inner) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_object() ? printable(text_of(value->get_object(), inner))
                                                : std::string{};
}

Colour colour_of(const std::string& answer) {
  return answer == "yes" ? Colour::kGreen : answer == "no" ? Colour::kRed : Colour::kYellow;
}

std::string details(const json::object& node, const Style& style) {
  std::string out;
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<16}{}\n", label, value);
  };
  const auto plain = [&](std::string_view label, std::string_view member) {
    line(label, printable(text_of(node, member)));
  };
  plain("id", "id");
  plain("instance", "instance");
  plain("reference", "reference");
  plain("owner", "owner");
  plain("label", "label");
  plain("node id", "node_id");
  const std::string reachable = printable(text_of(node, "reachable"));
  line("reachable", painted(reachable, colour_of(reachable), style));
  plain("explanation", "explanation");
  const std::string receivable = inner_text(node, "receivable", "state");
  line("receivable",
       painted(receivable, colour_of(receivable), style) + ": " + inner_text(node, "receivable", "reason"));
  line("at most msat", inner_text(node, "receivable", "max_msat"));
  plain("version", "version");
  plain("network", "network");
  plain("custody", "custody");
  plain("looked at", "looked");
  plain("last seen", "seen");
  plain("added", "added");
  return out;
}

// A whole file, or standard input for "-"; nothing when it cannot be read, is empty or too long.
std::optional<std::string> read_secret(const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>{std::cin}, {});
  } else {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return std::nullopt;
    text.assign(std::istreambuf_iterator<char>{stream}, {});
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty() || text.size() > kMostSecretBytes) return std::nullopt;
  return text;
}

// Of "<name>=<file>"; nothing when one is wrong, which is said.
std::optional<json::object> secrets_in(Context& context, const std::vector<std::string>& options) {
  json::object secrets;
  for (const std::string& each : options) {
    const auto equals = each.find('=');
    if (equals == each.npos || equals == 0) {
      context.err("paynamectl: --secret is <name>=<file>, as rune=node.rune; '-' is standard input\n");
      return std::nullopt;
    }
    const std::string file = each.substr(equals + 1);
    auto value = read_secret(file);
    if (!value) {
      context.err(
          fmt::format("paynamectl: the secret in '{}' cannot be read, is empty or longer than 64 KiB\n",
                      printable(file)));
      return std::nullopt;
    }
    secrets[each.substr(0, equals)] = *std::move(value);
  }
  return secrets;
}

}  // namespace

Exit list_nodes(Context& context) {
  const Items items = ask_all(context, "/v1/nodes?", kMostNodes, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{
      {"INSTANCE", "NODE", "OWNER", "REACHABLE", "RECEIVABLE", "CUSTODY", "LOOKED AT", "EXPLANATION"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& node = item.get_object();
    const std::string reachable = printable(text_of(node, "reachable"));
    const std::string receivable = inner_text(node, "receivable", "state");
    const std::string id = printable(text_of(node, "id"));
    table.add({{printable(text_of(node, "instance"))},
               {id.empty() ? printable(text_of(node, "reference")) : id},
               {printable(text_of(node, "owner"))},
               {reachable, colour_of(reachable)},
               {receivable, colour_of(receivable)},
               {printable(text_of(node, "custody"))},
               {printable(text_of(node, "looked"))},
               {printable(text_of(node, "explanation"))}});
  }
  return write_items(context, items, table, "no nodes");
}

Exit show_node(Context& context, const std::string& id) {
  const Answer answer = get(context, "/v1/nodes/" + percent_encode(id));
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : details(answer.body, context.style));
  return Exit::kOk;
}

Exit add_node(Context& context, const AddNodeOption& option) {
  auto secrets = secrets_in(context, option.secrets);
  if (!secrets) return Exit::kUsage;
  json::object body{{"instance", option.instance}, {"address", option.address}};
  if (!option.owner.empty()) body["owner"] = option.owner;
  if (!option.label.empty()) body["label"] = option.label;
  if (!secrets->empty()) body["secrets"] = *std::move(secrets);
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/nodes";
  call.body = json::serialize(body);
  call.timeout = api::kClientTimeout;
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : details(answer.body, context.style));
  return Exit::kOk;
}

Exit replace_credentials(Context& context, const CredentialsOption& option) {
  auto secrets = secrets_in(context, option.secrets);
  if (!secrets) return Exit::kUsage;
  HttpCall call;
  call.method = "PUT";
  call.target = fmt::format("/v1/nodes/{}/credentials", percent_encode(option.id));
  call.body = json::serialize(json::object{{"secrets", *std::move(secrets)}});
  call.timeout = api::kClientTimeout;
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : details(answer.body, context.style));
  return Exit::kOk;
}

Exit remove_node(Context& context, const std::string& id) {
  HttpCall call;
  call.method = "DELETE";
  call.target = "/v1/nodes/" + percent_encode(id);
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n" : "the node and its secrets are forgotten\n");
  return Exit::kOk;
}

}  // namespace paynamed::ctl
