#include "delivery/webhook_rules.hpp"

#include <fmt/format.h>

#include "events/event_filter.hpp"

namespace paynamed::delivery {
namespace {

base::Result<void> check_bounds(const state::WebhookSettings& settings) {
  const auto broken = [](std::string rule) { return base::fail(base::invalid_argument(std::move(rule))); };
  if (settings.address.empty()) return broken("a webhook has an address");
  if (settings.address.size() > kMostAddressBytes)
    return broken(fmt::format("the address is longer than {} bytes", kMostAddressBytes));
  if (settings.description.size() > kMostDescriptionBytes)
    return broken(fmt::format("the description is longer than {} bytes", kMostDescriptionBytes));
  if (settings.schedule.size() > kMostWaits)
    return broken(fmt::format("a schedule has 1 to {} waits", kMostWaits));
  for (const base::Duration wait : settings.schedule) {
    if (wait.count() >= 0 && wait <= kLongestWait) continue;
    return broken(fmt::format("each wait of a schedule is 0s to {}", base::to_string(kLongestWait)));
  }
  if (settings.concurrency > kMostConcurrency)
    return broken(fmt::format("concurrency is 1 to {}", kMostConcurrency));
  if (settings.per_minute > kMostPerMinute)
    return broken(fmt::format("per_minute is 1 to {}", kMostPerMinute));
  return {};
}

}  // namespace

base::Result<state::WebhookSettings> checked(state::WebhookSettings settings) {
  if (auto fine = check_bounds(settings); !fine) return base::fail(fine.error());
  auto filter = events::EventFilter::make(std::move(settings.types), std::move(settings.names));
  if (!filter) return base::fail(filter.error());
  settings.types = filter->types();
  settings.names = filter->names();
  return settings;
}

}  // namespace paynamed::delivery
