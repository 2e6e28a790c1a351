// What Domains knows and does about drift.
#include <fmt/format.h>

#include <algorithm>
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

Result<std::vector<state::NameRow>> Domains::names_of(const std::string& tenant,
                                                      const std::string& domain) const {
  std::vector<state::NameRow> all;
  std::string after;
  for (;;) {
    auto page = with_.store.list_names(tenant, domain, std::nullopt, after, kPage);
    if (!page) return base::fail(page.error());
    if (page->empty()) return all;
    after = page->back().name;
    std::ranges::move(*page, std::back_inserter(all));
  }
}

asio::awaitable<Result<Drift>> Domains::compare_with_zone(std::string tenant, std::string domain) {
  auto found = configured(tenant, domain);
  if (!found) co_return base::fail(found.error());
  const auto listing = co_await reader_.read(found->domain->dns.value, domain);
  if (!listing) co_return base::fail(listing.error());
  // After the zone: what became of a name meanwhile shows as a run or another revision, not as drift.
  const auto ours = names_of(tenant, domain);
  if (!ours) co_return base::fail(ours.error());
  co_return compare(domain, *ours, *listing, [&](const std::string& name) {
    const auto known = our_name(tenant, *found->domain, name);
    return !known || (*known && !(*known)->of_caller);
  });
}

asio::awaitable<Result<Drift>> Domains::drift(std::string tenant, std::string domain) {
  auto drift = co_await compare_with_zone(tenant, domain);
  if (!drift) co_return drift;
  const auto ours = names_of(tenant, domain);
  if (!ours) co_return base::fail(ours.error());
  // Degraded, although the provider has it right: then the servers of the zone say otherwise.
  for (const state::NameRow& row : *ours) {
    const bool is_listed =
        std::ranges::any_of(drift->items, [&](const auto& item) { return item.name == row.name; });
    if (row.state != NameState::kDegraded || row.open_run || is_listed) continue;
    DriftItem item;
    item.name = row.name;
    item.kind = DriftKind::kNotServed;
    item.wanted = row.value;
    item.state = row.state;
    item.sentence =
        "the provider has the record, and the zone's servers do not give it out; look at the domain";
    drift->items.push_back(std::move(item));
  }
  co_await ask_servers(*drift);
  std::ranges::stable_sort(drift->items, {}, [](const DriftItem& item) {
    return item.kind == DriftKind::kExtra || item.kind == DriftKind::kExtraMarked ? 1 : 0;
  });
  co_return drift;
}

asio::awaitable<void> Domains::ask_servers(Drift& drift) const {
  std::vector<DriftItem*> asked;
  for (DriftItem& item : drift.items) {
    if (!item.wanted.empty() && asked.size() < kMostAsked) asked.push_back(&item);
  }
  std::vector<DriftItem*> fine;
  for (std::size_t at = 0; at < asked.size(); at += kAskedAtOnce) {
    const std::size_t end = std::min(at + kAskedAtOnce, asked.size());
    std::vector<asio::awaitable<std::string>> work;
    bool everywhere[kAskedAtOnce] = {};
    for (std::size_t i = at; i < end; ++i)
      work.push_back(served_sentence(with_.check_authoritatives, *base::Name::parse(asked[i]->name),
                                     asked[i]->wanted, everywhere[i - at]));
    const std::vector<std::string> said = co_await net::in_parallel(std::move(work));
    for (std::size_t i = at; i < end; ++i) {
      asked[i]->served = said[i - at];
      if (everywhere[i - at] && asked[i]->kind == DriftKind::kNotServed) fine.push_back(asked[i]);
    }
  }
  // Mended meanwhile; the monitor's next look says so.
  std::erase_if(drift.items,
                [&](const DriftItem& item) { return std::ranges::find(fine, &item) != fine.end(); });
}

asio::awaitable<Result<RepairsBegun>> Domains::mend(std::string tenant, std::string domain,
                                                    std::string fingerprint, bool force,
                                                    std::string correlation_id) {
  const auto drift = co_await compare_with_zone(tenant, domain);
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
  for (const DriftItem& item : drift->items) {
    if (!item.repairs) continue;
    if (done.begun.size() >= kMostBegun) {
      ++done.left;
      continue;
    }
    const auto begun = co_await begin_repair(tenant, item, correlation_id);
    if (begun) {
      done.begun.push_back({item.name, *begun});
    } else if (begun.error().code() == base::Code::kResourceExhausted) {
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
  const auto accepted = co_await with_.engine.submit(std::move(command));
  if (!accepted) co_return base::fail(accepted.error());
  co_return accepted->run;
}

}  // namespace paynamed::domains
