#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "config/sections.hpp"

namespace paynamed::config {

namespace {

bool is_https_url(const std::string& text) {
  constexpr std::string_view kScheme = "https://";
  const auto is_plain = [](char c) { return c > 0x20 && c < 0x7f; };
  return text.starts_with(kScheme) && text.size() > kScheme.size() && text[kScheme.size()] != '/' &&
         std::ranges::all_of(text, is_plain);
}

}  // namespace

void read_monitor(Fields& fields, Config& config) {
  Monitor& monitor = config.monitor;
  if (const auto value = fields.boolean("enabled")) monitor.enabled = *value;
  if (const auto value = fields.duration("interval", kSecond, 30 * kDay)) monitor.interval = value->value;
  if (const auto value = fields.duration("domain_interval", kSecond, 30 * kDay))
    monitor.domain_interval = value->value;
  const auto second_look = fields.duration("second_look", kSecond, kHour);
  if (second_look) monitor.second_look = second_look->value;
  // A proof alone takes a server almost as many.
  if (const auto value = fields.integer("queries_per_second", 20, 1'000'000))
    monitor.queries_per_second = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.duration("announce_offers", kMinute, 365 * kDay))
    monitor.announce_offers = value->value;
  if (const auto value = fields.boolean("registration")) monitor.registration = *value;
  if (const auto value = fields.text("registration_bootstrap")) {
    monitor.registration_bootstrap = value->value;
    if (!is_https_url(value->value)) {
      fields.reader().diagnostics.error(value->region, "'registration_bootstrap' is not an https:// URL",
                                        "leave it out for IANA's list of RDAP servers, or name a copy of it");
    }
  }
  if (const auto value = fields.duration("announce_registration", kMinute, 365 * kDay))
    monitor.announce_registration = value->value;
  const bool is_domains = monitor.second_look > monitor.domain_interval;
  if (monitor.second_look > monitor.interval || is_domains) {
    const char* key = is_domains ? "domain_interval" : "interval";
    const base::Duration interval = is_domains ? monitor.domain_interval : monitor.interval;
    fields.reader().diagnostics.error(
        second_look ? second_look->region : fields.key_region(key),
        fmt::format("'second_look' is {}, longer than the '{}' of {}", base::to_string(monitor.second_look),
                    key, base::to_string(interval)),
        "a name counts as degraded after a second look that finds it wrong; let it come soon");
  }
}

}  // namespace paynamed::config
