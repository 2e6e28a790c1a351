#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/time_limits.hpp"
#include "ctl/ask.hpp"
#include "ctl/secret_file.hpp"
#include "ctl/timeline.hpp"
#include "ctl/url.hpp"
#include "ctl/webhooks.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kMostWebhooks = 10'000;
constexpr std::uint32_t kPageLimit = 200;

std::string webhook_target(const std::string& id, std::string_view verb = {}) {
  std::string target = "/v1/webhooks/" + percent_encode(id);
  if (!verb.empty()) target += fmt::format("/{}", verb);
  return target;
}

std::string joined_texts(const json::object& object, std::string_view member, std::string_view none) {
  std::string out;
  if (const json::value* value = object.if_contains(member); value && value->is_array()) {
    for (const json::value& each : value->get_array()) {
      if (!each.is_string()) continue;
      if (!out.empty()) out += ", ";
      out += printable(std::string_view{each.get_string()});
    }
  }
  return out.empty() ? std::string{none} : out;
}

std::string number_text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value && value->is_number() ? json::serialize(*value) : std::string{};
}

Colour colour_of(std::string_view state) {
  return state == "active" ? Colour::kGreen : state == "disabled" ? Colour::kRed : Colour::kYellow;
}

std::string secrets_text(const json::object& webhook) {
  std::string out;
  const json::value* secrets = webhook.if_contains("secrets");
  if (!secrets || !secrets->is_array()) return out;
  for (const json::value& each : secrets->get_array()) {
    if (!each.is_object()) continue;
    const json::object& secret = each.get_object();
    out += fmt::format("{:<14}{} {}", "secret", printable(text_of(secret, "name")),
                       printable(text_of(secret, "signature")));
    if (const std::string key = text_of(secret, "public_key"); !key.empty())
      out += ", public key " + printable(key);
    if (const std::string until = text_of(secret, "until"); !until.empty())
      out += ", replaced, counts until " + printable(until);
    out += '\n';
  }
  return out;
}

std::string details(const json::object& webhook, const Style& style) {
  std::string out;
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<14}{}\n", label, value);
  };
  const auto plain = [&](std::string_view label, std::string_view member) {
    line(label, printable(text_of(webhook, member)));
  };
  plain("webhook", "id");
  plain("address", "address");
  plain("description", "description");
  const std::string state = printable(text_of(webhook, "state"));
  line("state", painted(state, colour_of(state), style));
  plain("reason", "reason");
  plain("failing since", "failing_since");
  plain("delivered", "delivered");
  line("waiting", number_text(webhook, "waiting"));
  line("dead letters", number_text(webhook, "dead"));
  plain("position", "position");
  line("types", joined_texts(webhook, "types", "all"));
  line("names", joined_texts(webhook, "names", "all"));
  line("schedule", joined_texts(webhook, "schedule", "the daemon's own"));
  line("concurrency", number_text(webhook, "concurrency"));
  line("per minute", number_text(webhook, "per_minute"));
  const json::value* ordered = webhook.if_contains("ordered");
  if (ordered && ordered->is_bool() && ordered->get_bool()) line("order", "of each subject");
  plain("notifier", "instance");
  out += secrets_text(webhook);
  plain("created", "created");
  line("revision", number_text(webhook, "revision"));
  return out;
}

void tell_warnings(Context& context, const json::object& body) {
  const json::value* warnings = body.if_contains("warnings");
  if (context.json || !warnings || !warnings->is_array()) return;
  for (const json::value& warning : warnings->get_array()) {
    if (warning.is_string()) context.err("note: " + printable(std::string_view{warning.get_string()}) + "\n");
  }
}

Exit write_webhook(Context& context, const Answer& answer) {
  if (!answer.ok()) return answer.exit;
  tell_warnings(context, answer.body);
  context.out(context.json ? answer.reply.body + "\n" : details(answer.body, context.style));
  return Exit::kOk;
}

json::array texts(const std::vector<std::string>& all) {
  return json::array(all.begin(), all.end());
}

json::object body_of(const WebhookSettingsOption& option) {
  json::object body;
  if (!option.address.empty()) body["address"] = option.address;
  if (option.description) body["description"] = *option.description;
  if (!option.types.empty()) body["types"] = texts(option.types);
  if (option.all_types) body["types"] = json::array{};
  if (!option.names.empty()) body["names"] = texts(option.names);
  if (option.all_names) body["names"] = json::array{};
  const bool is_default = option.schedule.size() == 1 && option.schedule[0] == "default";
  if (is_default) body["schedule"] = nullptr;
  if (!is_default && !option.schedule.empty()) body["schedule"] = texts(option.schedule);
  const auto number = [&](std::string_view member, const std::optional<std::uint32_t>& value) {
    if (value) body[member] = *value == 0 ? json::value{} : json::value(*value);
  };
  number("concurrency", option.concurrency);
  number("per_minute", option.per_minute);
  if (option.ordered) body["ordered"] = true;
  if (option.unordered) body["ordered"] = false;
  return body;
}

// A file for the secret, if one is wanted; kUsage when it cannot be made, which is said.
struct Place {
  Exit exit = Exit::kOk;
  std::optional<SecretFile> file = {};
};
Place place_for_secret(Context& context, const std::string& path) {
  Place place;
  if (path.empty()) return place;
  place.file = SecretFile::create(path);
  if (place.file) return place;
  place.exit = Exit::kUsage;
  context.err(
      fmt::format("paynamectl: '{}' is there already or cannot be made; the secret needs a file of its own\n",
                  printable(path)));
  return place;
}

Exit write_with_secret(Context& context, const Answer& answer, Place place, const std::string& path) {
  if (!answer.ok()) return answer.exit;
  const std::string secret = text_of(answer.body, "secret");
  const bool is_kept = place.file && !secret.empty();
  if (is_kept && !place.file->write(secret)) {
    context.err(
        fmt::format("paynamectl: the secret could not be written to '{}'; make a new one with: "
                    "paynamectl webhooks rotate {}\n",
                    printable(path), printable(text_of(answer.body, "id"))));
    return Exit::kUnreachable;
  }
  json::object body = answer.body;
  if (is_kept) body.erase("secret");
  tell_warnings(context, body);
  if (context.json) {
    context.out(json::serialize(body) + "\n");
    return Exit::kOk;
  }
  context.out(details(body, context.style));
  if (is_kept) {
    context.err(fmt::format("the secret is in '{}' and cannot be shown again\n", printable(path)));
  } else if (!secret.empty()) {
    context.out(fmt::format("{:<14}{}\n", "new secret", printable(secret)));
    context.err("store the secret now: it verifies what comes, and it cannot be shown again\n");
  } else {
    context.err("no secret is shown: this request was answered before, or the notifier signs nothing\n");
  }
  return Exit::kOk;
}

HttpCall post(std::string target, const json::object& body) {
  HttpCall call;
  call.method = "POST";
  call.target = std::move(target);
  if (!body.empty()) call.body = json::serialize(body);
  // The daemon waits for the notifier, and that one for the receiver.
  call.timeout = api::kClientTimeout;
  return call;
}

}  // namespace

Exit list_webhooks(Context& context) {
  const Items items = ask_all(context, "/v1/webhooks?", kMostWebhooks, kPageLimit);
  if (items.exit != Exit::kOk) return items.exit;
  Table table{{"WEBHOOK", "STATE", "WAITING", "DEAD", "TYPES", "DELIVERED", "ADDRESS"}};
  for (const json::value& item : items.items) {
    if (!item.is_object()) continue;
    const json::object& webhook = item.get_object();
    const std::string state = printable(text_of(webhook, "state"));
    const std::string dead = number_text(webhook, "dead");
    table.add({{printable(text_of(webhook, "id"))},
               {state, colour_of(state)},
               {number_text(webhook, "waiting")},
               {dead, dead == "0" ? Colour::kNone : Colour::kRed},
               {joined_texts(webhook, "types", "all")},
               {printable(text_of(webhook, "delivered"))},
               {printable(text_of(webhook, "address"))}});
  }
  return write_items(context, items, table, "no webhooks");
}

Exit show_webhook(Context& context, const std::string& id) {
  return write_webhook(context, get(context, webhook_target(id)));
}

Exit create_webhook(Context& context, const CreateWebhookOption& option) {
  Place place = place_for_secret(context, option.secret_file);
  if (place.exit != Exit::kOk) return place.exit;
  json::object body = body_of(option.settings);
  if (!option.instance.empty()) body["instance"] = option.instance;
  if (option.asymmetric) body["asymmetric"] = true;
  if (!option.after.empty()) body["after"] = option.after;
  HttpCall call = post("/v1/webhooks", body);
  if (!option.key.empty()) call.headers.emplace_back("Idempotency-Key", option.key);
  return write_with_secret(context, ask(context, call), std::move(place), option.secret_file);
}

Exit change_webhook(Context& context, const ChangeWebhookOption& option) {
  const json::object body = body_of(option.settings);
  if (body.empty()) {
    context.err("paynamectl: nothing is to be changed; see paynamectl webhooks change --help\n");
    return Exit::kUsage;
  }
  HttpCall call = post(webhook_target(option.id), body);
  call.method = "PATCH";
  if (option.revision != 0) call.headers.emplace_back("If-Match", fmt::format("\"{}\"", option.revision));
  return write_webhook(context, ask(context, call));
}

Exit rotate_webhook(Context& context, const RotateWebhookOption& option) {
  Place place = place_for_secret(context, option.secret_file);
  if (place.exit != Exit::kOk) return place.exit;
  json::object body;
  if (!option.grace.empty()) body["grace"] = option.grace;
  HttpCall call = post(webhook_target(option.id, "rotate"), body);
  if (!option.key.empty()) call.headers.emplace_back("Idempotency-Key", option.key);
  return write_with_secret(context, ask(context, call), std::move(place), option.secret_file);
}

Exit test_webhook(Context& context, const std::string& id) {
  const Answer answer = ask(context, post(webhook_target(id, "test"), {}));
  if (!answer.ok()) return answer.exit;
  const std::string outcome = printable(text_of(answer.body, "outcome"));
  const bool is_delivered = outcome == "delivered";
  const Exit exit = is_delivered ? Exit::kOk : Exit::kRefused;
  if (context.json) {
    context.out(answer.reply.body + "\n");
    return exit;
  }
  std::string line = is_delivered ? "delivered" : fmt::format("not delivered ({})", outcome);
  if (const std::string status = number_text(answer.body, "status"); !status.empty())
    line += fmt::format(", status {}", status);
  line += fmt::format(", after {} ms", number_text(answer.body, "latency_ms"));
  if (const std::string reason = text_of(answer.body, "reason"); !reason.empty())
    line += ": " + printable(reason);
  context.out(painted(line, is_delivered ? Colour::kGreen : Colour::kRed, context.style) + "\n");
  if (const std::string said = text_of(answer.body, "answer"); !said.empty())
    context.out(printable(cut(said, 2'000)) + "\n");
  return exit;
}

Exit pause_webhook(Context& context, const std::string& id) {
  return write_webhook(context, ask(context, post(webhook_target(id, "pause"), {})));
}

Exit resume_webhook(Context& context, const std::string& id) {
  return write_webhook(context, ask(context, post(webhook_target(id, "resume"), {})));
}

Exit delete_webhook(Context& context, const std::string& id) {
  HttpCall call;
  call.method = "DELETE";
  call.target = webhook_target(id);
  const Answer answer = ask(context, call);
  if (!answer.ok()) return answer.exit;
  context.out(context.json ? answer.reply.body + "\n"
                           : "the webhook, its secrets and what waited are gone\n");
  return Exit::kOk;
}

}  // namespace paynamed::ctl
