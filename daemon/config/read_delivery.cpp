#include <fmt/format.h>

#include "config/sections.hpp"

namespace paynamed::config {
namespace {

constexpr std::size_t kMostTries = 30;
// A plugin has 1,000 calls of the daemon's services open at most, and an attempt one.
constexpr std::int64_t kMostAttempts = 900;
constexpr base::Duration kLongestWait = 7 * kDay;

void read_schedule(Fields& fields, Delivery& delivery) {
  Reader& reader = fields.reader();
  const bool is_there = fields.list("schedule", "durations", [&](const toml::node& node) {
    const auto* text = node.as_string();
    const auto wait = text == nullptr ? std::nullopt : base::parse_duration(text->get());
    if (!wait || *wait > kLongestWait) {
      reader.diagnostics.error(
          reader.region(node),
          fmt::format("'schedule' holds durations from 0s to {}, not {}", base::to_string(kLongestWait),
                      text != nullptr ? in_quotes(text->get()) : type_name(node)),
          "write the wait before each try, as in [\"0s\", \"5s\", \"5m\"]");
      return;
    }
    delivery.schedule.push_back(*wait);
  });
  if (!is_there || (!delivery.schedule.empty() && delivery.schedule.size() <= kMostTries)) return;
  if (delivery.schedule.empty() && reader.diagnostics.has_errors()) return;
  reader.diagnostics.error(
      fields.key_region("schedule"),
      fmt::format("'schedule' has {} tries and may have 1 to {}", delivery.schedule.size(), kMostTries),
      "leave it out for the ten of Standard Webhooks");
}

}  // namespace

void read_delivery(Fields& fields, Config& config) {
  Delivery& delivery = config.delivery;
  if (const auto value = fields.integer("concurrency", 1, 64))
    delivery.concurrency = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.integer("attempts_at_once", 1, kMostAttempts))
    delivery.attempts_at_once = static_cast<std::uint32_t>(value->value);
  read_schedule(fields, delivery);
  if (const auto value = fields.duration("disable_after", kHour, 365 * kDay))
    delivery.disable_after = value->value;
  if (const auto value = fields.duration("keep_delivered", kHour, 3'650 * kDay))
    delivery.keep_delivered = value->value;
  if (const auto value = fields.duration("keep_dead", kHour, 3'650 * kDay)) delivery.keep_dead = value->value;
}

}  // namespace paynamed::config
