#include <fmt/format.h>

#include "config/sections.hpp"

namespace paynamed::config {

void read_breakers(Fields& fields, Config& config) {
  Breakers& breakers = config.breakers;
  if (const auto value = fields.boolean("enabled")) breakers.enabled = *value;
  if (const auto value = fields.duration("window", kSecond, kHour)) breakers.window = value->value;
  if (const auto value = fields.integer("minimum", 1, 100'000))
    breakers.minimum = static_cast<std::uint32_t>(value->value);
  if (const auto value = fields.integer("failure_rate", 1, 100))
    breakers.failure_rate = static_cast<std::uint32_t>(value->value);
  const auto open = fields.duration("open", kSecond, kHour);
  if (open) breakers.open = open->value;
  if (const auto value = fields.duration("most_open", kSecond, kDay)) breakers.most_open = value->value;
  if (breakers.open > breakers.most_open) {
    fields.reader().diagnostics.error(
        open ? open->region : fields.key_region("most_open"),
        fmt::format("'open' is {}, longer than the 'most_open' of {}", base::to_string(breakers.open),
                    base::to_string(breakers.most_open)),
        "'most_open' is where the doubling of 'open' ends; let it be the longer one");
  }
}

}  // namespace paynamed::config
