#include "pipeline/expiry_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "names/payment.hpp"

namespace paynamed::pipeline {
namespace {

constexpr base::Duration kWeek{7LL * 86'400'000};
constexpr base::Duration kHour{3'600'000};
constexpr base::Duration kDay = 24 * kHour;

// A step's argument, where the file gives one that can be read; mistakes are told by the compiler.
std::optional<base::Duration> duration_in(const config::Step& step, const std::string& argument) {
  const auto found = step.args.find(argument);
  if (found == step.args.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&found->second.value);
  return text != nullptr ? base::parse_duration(*text) : std::nullopt;
}

struct Ending {
  base::Duration expires_in;
  std::string pipeline;
};

// What all domains share, for pipelines name none.
struct Lives {
  std::optional<Ending> shortest;     // of offers
  std::optional<Ending> rotated;      // of those that rotations make
  std::optional<base::Duration> ttl;  // the longest that a step gives its record
};

Lives lives_in(const config::Config& config) {
  Lives lives;
  for (const config::Pipeline& pipeline : config.pipelines) {
    for (const config::Step& step : pipeline.steps) {
      if (step.kind.value == "dns.publish") {
        if (const auto ttl = duration_in(step, "ttl")) lives.ttl = std::max(lives.ttl.value_or(*ttl), *ttl);
      }
      if (step.kind.value != "offer.create") continue;
      const auto expires_in = duration_in(step, "expires_in");
      if (expires_in && pipeline.name == "rotate") lives.rotated = Ending{*expires_in, pipeline.name};
      if (!expires_in || (lives.shortest && lives.shortest->expires_in <= *expires_in)) continue;
      lives.shortest = Ending{*expires_in, pipeline.name};
    }
  }
  return lives;
}

// A third of the offer's life, in whole hours, and a week is enough.
std::string fitting(base::Duration expires_in) {
  const base::Duration third = std::min(expires_in / 3, kWeek);
  return base::to_string(third > kHour ? third - third % kHour : third);
}

// What a rotation makes is rotated again when its own time has come.
void check_rhythm(const config::At<base::Duration>& before, const Lives& lives,
                  config::Diagnostics& diagnostics) {
  if (!lives.rotated || lives.rotated->expires_in <= before.value) return;
  const base::Duration between = lives.rotated->expires_in - before.value;
  const std::string what = fmt::format(
      "offers of rotations end after {}, so with 'rotate_before' {} every name is rotated again {} "
      "later",
      base::to_string(lives.rotated->expires_in), base::to_string(before.value), base::to_string(between));
  const std::string suggestion = fmt::format("rotate_before = \"{}\"", fitting(lives.rotated->expires_in));
  if (between < kHour) {
    diagnostics.error(before.region, what + ", and none is within an hour", suggestion);
  } else if (between < kDay) {
    diagnostics.warning(before.region, what, suggestion);
  }
}

void check_domain(const config::Domain& domain, const Lives& lives, config::Diagnostics& diagnostics) {
  const std::string ends =
      lives.shortest ? fmt::format("offers end after {} (pipeline '{}')",
                                   base::to_string(lives.shortest->expires_in), lives.shortest->pipeline)
                     : std::string{};
  if (!domain.rotate_before) {
    if (lives.shortest) {
      diagnostics.warning(
          domain.region, ends + ", and nobody rotates the names of this domain before",
          fmt::format("add rotate_before = \"{}\", or rotate each when offer.expiring says so",
                      fitting(lives.shortest->expires_in)));
    }
    return;
  }
  const auto& [before, region] = *domain.rotate_before;
  if (lives.shortest && lives.shortest->expires_in <= before) {
    diagnostics.error(region,
                      fmt::format("{}, so with 'rotate_before' {} every name would be rotated again at once",
                                  ends, base::to_string(before)),
                      fmt::format("rotate_before = \"{}\"", fitting(lives.shortest->expires_in)));
  }
  check_rhythm(*domain.rotate_before, lives, diagnostics);
  const base::Duration of_domain = std::chrono::seconds{domain.ttl_seconds};
  const base::Duration ttl = std::max(of_domain, lives.ttl.value_or(of_domain));
  const base::Duration margin = names::PublicationRules{}.expiry_margin;
  if (before < ttl + margin) {
    diagnostics.error(
        region,
        fmt::format("'rotate_before' is {}; records may stay in caches for their TTL of {} and have "
                    "to be gone {} before their offer ends",
                    base::to_string(before), base::to_string(ttl), base::to_string(margin)),
        fmt::format("at least \"{}\"", base::to_string(ttl + margin)));
  }
}

}  // namespace

void check_expiry(const config::Config& config, config::Diagnostics& diagnostics) {
  const Lives lives = lives_in(config);
  for (const config::Domain& domain : config.domains) check_domain(domain, lives, diagnostics);
}

}  // namespace paynamed::pipeline
