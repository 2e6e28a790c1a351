#include "domains/domains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/record_holders.hpp"

namespace paynamed::domains {
namespace asio = boost::asio;
using base::Result;

Domains::Domains(Dependencies dependencies)
    : with_(std::move(dependencies)),
      reader_(with_.call_plugin, with_.clock),
      listings_(reader_, with_.clock) {}

Result<Domains::Configured> Domains::configured(const std::string& tenant, const std::string& domain) const {
  Configured found{with_.runtime(), nullptr, {}, {}};
  found.domain = found.runtime->config.find_domain(domain);
  const bool allowed =
      found.domain != nullptr &&
      std::ranges::any_of(found.domain->tenants, [&](const auto& each) { return each.value == tenant; });
  // Another tenant's is none.
  if (!allowed) {
    return base::fail(base::not_found(
        fmt::format("there is no domain {}; GET /v1/domains lists those of this key", domain)));
  }
  auto instance = pipeline::instance_of_domain(&with_.moves, *found.domain);
  if (!instance) return base::fail(instance.error());
  auto moves = with_.moves.moves_of(domain, 1);
  if (!moves) return base::fail(moves.error());
  std::optional<state::MoveOfName> of_names;
  if (!moves->empty() && !state::is_over(moves->front().phase)) {
    found.move = std::move(moves->front());
    of_names = {found.move->from, found.move->to, found.move->phase, std::nullopt};
  }
  std::vector<std::string> holders = pipeline::record_holders(of_names, {}, *instance);
  found.place = {std::move(holders.front()), domain, found.domain->zone};
  return found;
}

Result<Domains::Configured> Domains::unmoved(const std::string& tenant, const std::string& domain,
                                             std::string_view wanted) const {
  auto found = configured(tenant, domain);
  if (!found || !found->move) return found;
  return base::fail(base::failed_precondition(fmt::format(
      "{} is being moved from '{}' to '{}', so {} has to wait for the end of the move; `paynamectl "
      "domains move {}` says how far it is",
      domain, found->move->from, found->move->to, wanted, domain)));
}

EntryRules Domains::rules_of(const config::Domain& domain) const {
  EntryRules rules;
  rules.publication.test_domain = domain.test;
  rules.publication.min_ttl = config::kLeastTtl;
  rules.publication.max_ttl = config::kMostTtl;
  rules.ttl = std::chrono::seconds{domain.ttl_seconds};
  rules.now = with_.clock.wall();
  return rules;
}

Result<std::optional<OurName>> Domains::our_name(const std::string& tenant, const config::Domain& domain,
                                                 const std::string& name) const {
  for (const auto& each : domain.tenants) {
    const auto row = with_.store.find_name(each.value, name);
    if (!row) return base::fail(row.error());
    // A released name has no record; who may take it again the acceptance decides.
    if (!*row || (*row)->state == state::NameState::kQuarantined) continue;
    return OurName{each.value == tenant, (*row)->value};
  }
  return std::optional<OurName>{};
}

asio::awaitable<Result<ZoneListings::Listing>> Domains::listing_of(ZonePlace place, bool anew) {
  if (anew) co_return co_await listings_.read(std::move(place));
  co_return co_await listings_.recent(std::move(place));
}

asio::awaitable<Result<EntryPage>> Domains::entries(std::string tenant, std::string domain, std::string after,
                                                    std::uint32_t limit) {
  auto found = configured(tenant, domain);
  if (!found) co_return base::fail(found.error());
  const auto listing = co_await listing_of(found->place, after.empty());
  if (!listing) co_return base::fail(listing.error());
  const EntryRules rules = rules_of(*found->domain);
  EntryPage page;
  page.total = (*listing)->owners.size();
  page.shows_aliases = (*listing)->shows_aliases;
  for (auto at = (*listing)->owners.upper_bound(after); at != (*listing)->owners.end(); ++at) {
    if (page.entries.size() >= limit) {
      page.next = page.entries.back().owner;
      break;
    }
    std::optional<OurName> ours;
    if (const auto name = name_of_owner(domain, at->first)) {
      auto known = our_name(tenant, *found->domain, name->text());
      if (!known) co_return base::fail(known.error());
      ours = *std::move(known);
    }
    page.entries.push_back(judge_entry(domain, at->first, at->second, ours, rules));
  }
  if (page.next.empty()) listings_.forget(domain);
  co_return page;
}

asio::awaitable<Result<pipeline::Command>> Domains::adoption(std::string tenant, base::Name name,
                                                             std::string fingerprint, bool take_over) {
  auto found = unmoved(tenant, name.domain(), "an adoption");
  if (!found) co_return base::fail(found.error());
  const auto ours = our_name(tenant, *found->domain, name.text());
  if (!ours) co_return base::fail(ours.error());
  if (*ours)
    co_return base::fail(
        base::already_exists(fmt::format("{} is a name of this daemon already", name.text())));
  auto records = co_await reader_.read_name(found->place, name.owner_name());
  if (!records) co_return base::fail(records.error());
  if (records->empty()) {
    co_return base::fail(base::failed_precondition(
        fmt::format("there is no TXT record at {} to adopt; register the name", name.owner_name())));
  }
  OwnerRecords there{*std::move(records), {}};
  ZoneEntry entry =
      judge_entry(name.domain(), name.owner_name(), std::move(there), std::nullopt, rules_of(*found->domain));
  if (!fingerprint.empty() && entry.fingerprint != fingerprint) {
    co_return base::fail(base::failed_precondition(
        fmt::format("what stands at {} is not what was shown; look at it again", name.owner_name())));
  }
  if (entry.adoptable.empty()) {
    co_return base::fail(
        base::failed_precondition(fmt::format("{} cannot be adopted: {}", name.text(), entry.sentence)));
  }
  if (entry.takes_over && !take_over) {
    co_return base::fail(base::failed_precondition(fmt::format(
        "{} can only be taken over, which replaces what stands there: {}", name.text(), entry.sentence)));
  }
  pipeline::Command command{
      std::move(tenant), state::Verb::kRegister, std::move(name), {}, {}, {}, 0, {}, {}, {}, {}};
  command.source.kind = state::SourceKind::kExternal;
  command.source.uri = entry.adoptable;
  pipeline::Adoption adoption;
  for (const TxtRecord& each : entry.records) adoption.found.push_back(each.value);
  adoption.ttl_seconds = entry.records.front().ttl_seconds;
  adoption.take_over = entry.takes_over;
  command.adoption = std::move(adoption);
  co_return command;
}

}  // namespace paynamed::domains
