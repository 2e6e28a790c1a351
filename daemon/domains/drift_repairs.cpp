// What Domains knows and does about drift.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "domains/domains.hpp"
#include "net/parallel.hpp"

namespace paynamed::domains {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::NameState;

namespace {

constexpr std::uint32_t kPage = 500;
// Of names that differ; who asks waits for it.
constexpr std::size_t kMostAsked = 200;
constexpr std::size_t kAskedAtOnce = 16;
// So that an answer comes in time, and room is left for others.
constexpr std::size_t kMostBegun = 500;

// For all of a request, so that its answer comes in time (api/time_limits.hpp).
constexpr base::Duration kTime{105'000};

asio::awaitable<void> let_others_go_on() {
  co_await asio::post(asio::use_awaitable);
}

// docs/events.md
std::string_view code_of(DriftKind kind) {
  return kind == DriftKind::kMissing     ? "absent"
         : kind == DriftKind::kDuplicate ? "extra_record"
                                         : "other_value";
}

asio::awaitable<std::string> served_sentence(const CheckAuthoritatives& check, base::Name name,
                                             std::string value, bool& everywhere) {
  const auto report = co_await check(std::move(name), std::move(value));
  everywhere = report && report->everywhere;
  co_return report ? report->sentence : report.error().message();
}

}  // namespace

asio::awaitable<Result<Drift>> Domains::compare_with_zone(std::string tenant, std::string domain,
                                                          std::string_view wanted) {
  auto found = unmoved(tenant, domain, wanted);
  if (!found) co_return base::fail(found.error());
  ZonePlace place = found->place;
  const auto listing = co_await listings_.read(std::move(place));
  if (!listing) co_return base::fail(listing.error());
  // A move may have begun meanwhile.
  const auto still = unmoved(tenant, domain, wanted);
  if (!still) co_return base::fail(still.error());
  Comparison comparison{domain, **listing, found->place.instance};
  if (base::Status compared = co_await compare_names(comparison, tenant, domain); !compared.ok())
    co_return base::fail(compared);
  co_await compare_extras(comparison, tenant, *found);
  co_return comparison.finish();
}

// After the zone was listed, so that what became of a name meanwhile shows.
asio::awaitable<base::Status> Domains::compare_names(Comparison& comparison, std::string tenant,
                                                     std::string domain) const {
  std::string after;
  for (;;) {
    const auto page = with_.store.list_names(tenant, domain, std::nullopt, after, kPage);
    if (!page) co_return page.error();
    if (page->empty()) co_return base::Status{};
    after = page->back().name;
    comparison.take(*page);
    co_await let_others_go_on();
  }
}

asio::awaitable<void> Domains::compare_extras(Comparison& comparison, std::string tenant,
                                              Configured of) const {
  const auto is_taken = [&](const std::string& name) {
    const auto known = our_name(tenant, *of.domain, name);
    return !known || (*known && !(*known)->of_caller);
  };
  while (comparison.take_extras(kPage, is_taken)) co_await let_others_go_on();
}

asio::awaitable<Result<Drift>> Domains::drift(std::string tenant, std::string domain) {
  const base::MonotonicTime end = with_.clock.monotonic() + kTime;
  auto drift = co_await compare_with_zone(std::move(tenant), std::move(domain), "drift");
  if (!drift) co_return drift;
  co_await ask_servers(*drift, end);
  co_return drift;
}

asio::awaitable<void> Domains::ask_servers(Drift& drift, base::MonotonicTime end) const {
  std::vector<DriftItem*> asked;
  for (DriftItem& item : drift.items) {
    if (asked.size() == kMostAsked) break;
    if (!item.wanted.empty()) asked.push_back(&item);
  }
  for (std::size_t at = 0; at < asked.size() && with_.clock.monotonic() < end; at += kAskedAtOnce) {
    const std::size_t behind = std::min(at + kAskedAtOnce, asked.size());
    std::vector<asio::awaitable<std::string>> work;
    bool everywhere[kAskedAtOnce] = {};
    for (std::size_t i = at; i < behind; ++i)
      work.push_back(served_sentence(with_.check_authoritatives, *base::Name::parse(asked[i]->name),
                                     asked[i]->wanted, everywhere[i - at]));
    const std::vector<std::string> said = co_await net::in_parallel(std::move(work));
    for (std::size_t i = at; i < behind; ++i) {
      asked[i]->served = said[i - at];
      asked[i]->is_mended = everywhere[i - at] && asked[i]->kind == DriftKind::kNotServed;
    }
  }
  // The monitor's next look says so.
  std::erase_if(drift.items, [](const DriftItem& item) { return item.is_mended; });
}

asio::awaitable<Result<RepairsBegun>> Domains::mend(std::string tenant, std::string domain,
                                                    std::string fingerprint, bool force,
                                                    std::string correlation_id) {
  const base::MonotonicTime end = with_.clock.monotonic() + kTime;
  const auto drift = co_await compare_with_zone(tenant, domain, "a repair");
  if (!drift) co_return base::fail(drift.error());
  if (drift->fingerprint != fingerprint) {
    co_return base::fail(base::failed_precondition(
        fmt::format("the plan for {} is another one by now; look at it again", domain)));
  }
  if (drift->needs_force() && !force) {
    co_return base::fail(
        base::failed_precondition(fmt::format("the plan changes {} of {} names, more than {} %; look whether "
                                              "the zone is the right one, and then say force",
                                              drift->changes, drift->names, Drift::kMostPercent)));
  }
  RepairsBegun done;
  bool is_full = false;
  for (const DriftItem& item : drift->items) {
    if (!item.repairs) continue;
    is_full = is_full || done.begun.size() >= kMostBegun || with_.clock.monotonic() >= end;
    if (is_full) {
      ++done.left;
      continue;
    }
    const auto begun = co_await begin_repair(tenant, item, correlation_id);
    if (begun) {
      done.begun.push_back({item.name, *begun});
    } else if (begun.error().code() == base::Code::kResourceExhausted) {
      is_full = true;
      ++done.left;
    } else {
      done.refused.push_back({item.name, begun.error().message()});
    }
  }
  co_return done;
}

// Only a degraded name is repaired, and this one is: its record is not true, as its provider says.
asio::awaitable<Result<base::Uuid>> Domains::begin_repair(std::string tenant, DriftItem item,
                                                          std::string correlation_id) {
  auto name = base::Name::parse(item.name);
  if (!name) co_return base::fail(name.error());
  if (item.state == NameState::kLive) {
    json::object data;
    data["name"] = item.name;
    data["reason"] = fmt::format("in the provider's zone: {}", item.sentence);
    data["code"] = code_of(item.kind);
    state::NewEvent event;
    event.type = "name.degraded";
    event.subject = item.name;
    event.time = with_.clock.wall();
    event.id = base::Uuid::v7(event.time, with_.random);
    event.data = json::serialize(data);
    std::vector<state::NewEvent> events{std::move(event)};
    state::Standing standing{item.name, item.wanted, item.state};
    const auto said = co_await with_.store.append_if(tenant, std::move(standing), std::move(events));
    if (!said) co_return base::fail(said.error());
  }
  pipeline::Command command{
      std::move(tenant), state::Verb::kRepair, *std::move(name), {}, {}, {}, 0, {}, {}, {}, {}};
  command.correlation_id = std::move(correlation_id);
  command.bulk = true;
  const auto accepted = co_await with_.engine.submit(std::move(command));
  if (!accepted) co_return base::fail(accepted.error());
  co_return accepted->run;
}

}  // namespace paynamed::domains
