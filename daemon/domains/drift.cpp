#include "domains/drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paynamed::domains {
namespace {

using state::NameState;

constexpr std::string_view kMarker = "managed by paynamed";

std::vector<std::string> values_of(const OwnerRecords& records) {
  std::vector<std::string> values;
  for (const TxtRecord& each : records.txt) values.push_back(each.value);
  return values;
}

DriftItem item_of(const state::NameRow& row, DriftKind kind, const OwnerRecords& records,
                  std::string sentence) {
  DriftItem item;
  item.name = row.name;
  item.kind = kind;
  item.wanted = row.value;
  item.found = values_of(records);
  item.state = row.state;
  item.sentence = std::move(sentence);
  // A repair is for names that are, or were, live (pipeline/intake.cpp).
  item.repairs =
      kind != DriftKind::kAlias && (row.state == NameState::kLive || row.state == NameState::kDegraded);
  return item;
}

// What a run is doing just now is no drift, and neither is what was done after the listing was begun: it may
// be in it or not. A name that another instance holds cannot be judged by this one.
bool is_busy(const state::NameRow& row, const ZoneListing& listing, const std::string& instance) {
  const bool is_elsewhere = !row.dns_instance.empty() && row.dns_instance != instance;
  return row.open_run || row.state == NameState::kRegistering || row.updated >= listing.begun || is_elsewhere;
}

// Nothing when it stands as it has to.
std::optional<DriftItem> compare_name(const state::NameRow& row, const OwnerRecords& records) {
  if (!records.alias.empty()) {
    return item_of(
        row, DriftKind::kAlias, records,
        fmt::format("a {} stands there; remove it by hand, no provider replaces it", records.alias));
  }
  if (records.txt.empty()) return item_of(row, DriftKind::kMissing, records, "no record stands there");
  if (records.txt.size() > 1) {
    return item_of(row, DriftKind::kDuplicate, records,
                   fmt::format("{} TXT records stand there instead of one", records.txt.size()));
  }
  if (records.txt.front().value == row.value) {
    if (row.state != NameState::kDegraded) return std::nullopt;
    // Degraded, although the provider has it right: then the servers of the zone say otherwise.
    DriftItem item =
        item_of(row, DriftKind::kNotServed, records,
                "the provider has the record, and the zone's servers do not give it out; look at the domain");
    item.repairs = false;
    return item;
  }
  return item_of(row, DriftKind::kChanged, records, "another value stands there");
}

DriftItem extra_of(std::string name, const OwnerRecords& records) {
  DriftItem item;
  item.name = std::move(name);
  item.found = values_of(records);
  const bool is_marked =
      std::ranges::any_of(records.txt, [](const TxtRecord& each) { return each.comment == kMarker; });
  item.kind = is_marked ? DriftKind::kExtraMarked : DriftKind::kExtra;
  item.sentence = is_marked ? "a record with our mark that is no name's; adopt it, or remove it by hand"
                            : "a record that is no name's; `paynamectl names import` says what it is";
  return item;
}

std::string fingerprint_of_changes(const std::vector<DriftItem>& items) {
  std::vector<std::string> changes;
  for (const DriftItem& item : items) {
    if (!item.repairs) continue;
    changes.push_back(
        fmt::format("{} {} {} {}", item.name, to_string(item.kind), item.wanted, fingerprint_of(item.found)));
  }
  return fingerprint_of(changes);
}

}  // namespace

std::string_view to_string(DriftKind kind) {
  switch (kind) {
    case DriftKind::kMissing:
      return "missing";
    case DriftKind::kChanged:
      return "changed";
    case DriftKind::kDuplicate:
      return "duplicate";
    case DriftKind::kAlias:
      return "alias";
    case DriftKind::kNotServed:
      return "not_served";
    case DriftKind::kExtraMarked:
      return "extra_marked";
    case DriftKind::kExtra:
      break;
  }
  return "extra";
}

Comparison::Comparison(std::string domain, const ZoneListing& listing, std::string instance)
    : domain_(std::move(domain)),
      listing_(listing),
      instance_(std::move(instance)),
      next_extra_(listing.owners.begin()) {
  drift_.shows_aliases = listing.shows_aliases;
}

void Comparison::take(const std::vector<state::NameRow>& ours) {
  static const OwnerRecords kNothing;
  for (const state::NameRow& row : ours) {
    const auto name = base::Name::parse(row.name);
    if (!name || row.state == NameState::kQuarantined) continue;
    const auto found = listing_.owners.find(name->owner_name());
    const bool is_there = found != listing_.owners.end();
    if (is_there) known_.insert(found->first);
    if (is_busy(row, listing_, instance_)) {
      ++drift_.busy;
      continue;
    }
    ++drift_.names;
    if (auto item = compare_name(row, is_there ? found->second : kNothing))
      drift_.items.push_back(*std::move(item));
  }
}

bool Comparison::take_extras(std::size_t most, const std::function<bool(const std::string& name)>& is_taken) {
  for (std::size_t seen = 0; seen < most && next_extra_ != listing_.owners.end(); ++seen, ++next_extra_) {
    const auto& [owner, records] = *next_extra_;
    if (known_.contains(owner)) continue;
    const auto name = name_of_owner(domain_, owner);
    if (name && is_taken(name->text())) continue;
    extras_.push_back(extra_of(name ? name->text() : owner, records));
  }
  return next_extra_ != listing_.owners.end();
}

Drift Comparison::finish() {
  drift_.changes = static_cast<std::uint64_t>(std::ranges::count_if(drift_.items, &DriftItem::repairs));
  drift_.fingerprint = fingerprint_of_changes(drift_.items);
  std::ranges::move(extras_, std::back_inserter(drift_.items));
  return std::move(drift_);
}

}  // namespace paynamed::domains
