#include "api/webhook_body.hpp"

#include <fmt/format.h>

#include <limits>

#include "api/body.hpp"
#include "delivery/webhook_rules.hpp"
#include "events/event_filter.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

using base::Result;

constexpr std::size_t kMostInstanceBytes = 64;
constexpr std::size_t kMostTypeBytes = 128;
constexpr std::size_t kMostNameBytes = 512;
constexpr std::size_t kMostTimeBytes = 32;
// Rules name the bounds; these only keep what is read small.
constexpr std::size_t kMostWaitsRead = 4 * delivery::kMostWaits;

base::Status wrong(std::string sentence) {
  return base::invalid_argument(std::move(sentence));
}

Result<base::Duration> duration_of(const std::string& text, std::string_view member) {
  const auto duration = base::parse_duration(text);
  if (duration) return *duration;
  return base::fail(wrong(fmt::format(
      "'{}' in the body has a time that is none; write a whole number and a unit, as \"30s\", \"5m\", "
      "\"12h\" or \"1d\"",
      member)));
}

Result<std::vector<base::Duration>> schedule_of(const Body& body) {
  const auto texts = body.texts("schedule", kMostWaitsRead, kMostTimeBytes);
  if (!texts) return base::fail(texts.error());
  if (texts->empty() && body.has("schedule") && !body.is_null("schedule"))
    return base::fail(wrong("'schedule' in the body is empty; null is the daemon's own"));
  std::vector<base::Duration> schedule;
  for (const std::string& text : *texts) {
    const auto wait = duration_of(text, "schedule");
    if (!wait) return base::fail(wait.error());
    schedule.push_back(*wait);
  }
  return schedule;
}

// 0 when it is absent or null.
Result<std::uint32_t> count_of(const Body& body, std::string_view member) {
  if (body.is_null(member)) return std::uint32_t{0};
  const auto number = body.positive(member);
  if (!number) return base::fail(number.error());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*number, kMost));
}

Result<std::vector<std::string>> types_of(const Body& body) {
  return body.texts("types", events::kMostTypePatterns, kMostTypeBytes);
}

Result<state::WebhookSettings> settings_of(const Body& body, bool needs_address) {
  state::WebhookSettings settings;
  const auto take = [](auto result, auto& into) -> Result<void> {
    if (!result) return base::fail(result.error());
    into = *std::move(result);
    return {};
  };
  Result<void> read =
      take(body.text("address", delivery::kMostAddressBytes, needs_address), settings.address);
  if (read) read = take(body.text("description", delivery::kMostDescriptionBytes), settings.description);
  if (read) read = take(types_of(body), settings.types);
  if (read) read = take(body.texts("names", events::kMostFilteredNames, kMostNameBytes), settings.names);
  if (read) read = take(schedule_of(body), settings.schedule);
  if (read) read = take(count_of(body, "concurrency"), settings.concurrency);
  if (read) read = take(count_of(body, "per_minute"), settings.per_minute);
  if (read) read = take(body.flag("ordered"), settings.ordered);
  if (!read) return base::fail(read.error());
  return settings;
}

Result<std::optional<state::Position>> position_of(const Body& body, std::string_view member) {
  if (!body.has(member)) return std::nullopt;
  const auto text = body.text(member, kMostTimeBytes, true);
  if (!text) return base::fail(text.error());
  const auto position = events::position_from(*text);
  if (position) return position;
  return base::fail(
      wrong(fmt::format("'{}' in the body must be a position like \"1-17\", as events have it", member)));
}

Result<std::optional<base::WallTime>> time_of(const Body& body, std::string_view member) {
  if (!body.has(member)) return std::nullopt;
  const auto text = body.text(member, kMostTimeBytes, true);
  if (!text) return base::fail(text.error());
  const auto time = base::from_rfc3339(*text);
  if (time) return time;
  return base::fail(
      wrong(fmt::format("'{}' in the body must be a time like \"2026-11-23T14:51:58.004Z\"", member)));
}

Result<std::optional<base::Uuid>> event_of(const Body& body) {
  if (!body.has("event")) return std::nullopt;
  const auto text = body.text("event", kMostTimeBytes + 8, true);
  if (!text) return base::fail(text.error());
  const auto id = base::Uuid::parse(*text);
  if (id) return id;
  return base::fail(wrong("'event' in the body must be the id of an event, a UUID"));
}

Result<std::optional<state::DeliveryState>> state_of(const Body& body) {
  if (!body.has("state")) return std::nullopt;
  const auto text = body.text("state", kMostTimeBytes, true);
  if (!text) return base::fail(text.error());
  for (const auto state :
       {state::DeliveryState::kWaiting, state::DeliveryState::kDelivered, state::DeliveryState::kDead}) {
    if (*text == state::to_string(state)) return state;
  }
  return base::fail(wrong("'state' in the body must be dead, delivered or waiting"));
}

Result<void> check_span(const std::optional<base::WallTime>& since,
                        const std::optional<base::WallTime>& until) {
  if (since && until && *since >= *until) return base::fail(wrong("'since' must be before 'until'"));
  return {};
}

// An absent body is an empty object.
Result<Body> body_of(const Request& request) {
  return Body::parse(request.body.empty() ? std::string_view{"{}"} : std::string_view{request.body});
}

}  // namespace

Result<delivery::WebhookToCreate> read_new_webhook(const Request& request) {
  const auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"instance", "address", "description", "types", "names", "schedule",
                               "concurrency", "per_minute", "ordered", "asymmetric", "after"});
      !known) {
    return base::fail(known.error());
  }
  delivery::WebhookToCreate wish;
  auto instance = body->text("instance", kMostInstanceBytes);
  if (!instance) return base::fail(instance.error());
  wish.instance = *std::move(instance);
  auto settings = settings_of(*body, true);
  if (!settings) return base::fail(settings.error());
  wish.settings = *std::move(settings);
  const auto asymmetric = body->flag("asymmetric");
  if (!asymmetric) return base::fail(asymmetric.error());
  wish.asymmetric = *asymmetric;
  const auto after =
      body->is_null("after") ? Result<std::optional<state::Position>>{} : position_of(*body, "after");
  if (!after) return base::fail(after.error());
  wish.after = *after;
  return wish;
}

Result<delivery::WebhookPatch> read_webhook_patch(const Request& request) {
  const auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known = body->only(
          {"address", "description", "types", "names", "schedule", "concurrency", "per_minute", "ordered"});
      !known) {
    return base::fail(known.error());
  }
  const auto settings = settings_of(*body, body->has("address"));
  if (!settings) return base::fail(settings.error());
  delivery::WebhookPatch patch;
  if (body->has("address")) patch.address = settings->address;
  if (body->has("description")) patch.description = settings->description;
  if (body->has("types")) patch.types = settings->types;
  if (body->has("names")) patch.names = settings->names;
  if (body->has("schedule")) patch.schedule = settings->schedule;
  if (body->has("concurrency")) patch.concurrency = settings->concurrency;
  if (body->has("per_minute")) patch.per_minute = settings->per_minute;
  if (body->has("ordered")) patch.ordered = settings->ordered;
  return patch;
}

Result<delivery::RotationWish> read_rotation(const Request& request) {
  const auto body = body_of(request);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"grace", "asymmetric"}); !known) return base::fail(known.error());
  delivery::RotationWish wish;
  wish.grace = delivery::kDefaultGrace;
  if (body->has("grace")) {
    const auto text = body->text("grace", kMostTimeBytes, true);
    if (!text) return base::fail(text.error());
    const auto grace = duration_of(*text, "grace");
    if (!grace) return base::fail(grace.error());
    wish.grace = *grace;
  }
  if (body->has("asymmetric")) {
    const auto asymmetric = body->flag("asymmetric");
    if (!asymmetric) return base::fail(asymmetric.error());
    wish.asymmetric = *asymmetric;
  }
  return wish;
}

Result<delivery::ReplayWish> read_replay(const Request& request) {
  const auto body = Body::parse(request.body);
  if (!body) return base::fail(body.error());
  if (auto known =
          body->only({"event", "position", "from", "to", "since", "until", "types", "state", "dry_run"});
      !known) {
    return base::fail(known.error());
  }
  delivery::ReplayWish wish;
  const auto take = [](auto result, auto& into) -> Result<void> {
    if (!result) return base::fail(result.error());
    into = *std::move(result);
    return {};
  };
  std::optional<state::Position> position;
  Result<void> read = take(event_of(*body), wish.event);
  if (read) read = take(position_of(*body, "position"), position);
  if (read) read = take(position_of(*body, "from"), wish.from);
  if (read) read = take(position_of(*body, "to"), wish.to);
  if (read) read = take(time_of(*body, "since"), wish.since);
  if (read) read = take(time_of(*body, "until"), wish.until);
  if (read) read = check_span(wish.since, wish.until);
  if (read) read = take(types_of(*body), wish.types);
  if (read) read = take(state_of(*body), wish.state);
  if (read) read = take(body->flag("dry_run"), wish.dry_run);
  if (!read) return base::fail(read.error());
  const int ones = (wish.event ? 1 : 0) + (position ? 1 : 0) + (wish.from || wish.to ? 1 : 0);
  if (ones > 1)
    return base::fail(wrong("'event', 'position' and 'from' with 'to' exclude each other; give one of them"));
  if (wish.from && wish.to && wish.to->seq < wish.from->seq)
    return base::fail(wrong("'to' must not be before 'from'"));
  if (position) wish.from = wish.to = position;
  if (ones == 0 && !wish.since && !wish.until && wish.types.empty() && !wish.state) {
    return base::fail(wrong(
        "the body does not say what to send again: give event, position, from and to, since and until, types "
        "or state"));
  }
  return wish;
}

Result<delivery::DeadLetterWish> read_dead_letter_replay(const Request& request) {
  const auto body = body_of(request);
  if (!body) return base::fail(body.error());
  if (auto known = body->only({"types", "since", "until", "dry_run"}); !known)
    return base::fail(known.error());
  delivery::DeadLetterWish wish;
  auto types = types_of(*body);
  if (!types) return base::fail(types.error());
  wish.types = *std::move(types);
  const auto since = time_of(*body, "since");
  if (!since) return base::fail(since.error());
  const auto until = time_of(*body, "until");
  if (!until) return base::fail(until.error());
  if (auto span = check_span(*since, *until); !span) return base::fail(span.error());
  const auto dry_run = body->flag("dry_run");
  if (!dry_run) return base::fail(dry_run.error());
  wish.since = *since;
  wish.until = *until;
  wish.dry_run = *dry_run;
  return wish;
}

}  // namespace paynamed::api
