#include "domains/drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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
  if (records.txt.front().value == row.value) return std::nullopt;
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

Drift compare(const std::string& domain, const std::vector<state::NameRow>& ours, const ZoneListing& listing,
              const std::function<bool(const std::string& name)>& is_taken) {
  static const OwnerRecords kNothing;
  Drift drift;
  drift.shows_aliases = listing.shows_aliases;
  std::set<std::string> known;
  for (const state::NameRow& row : ours) {
    const auto name = base::Name::parse(row.name);
    if (!name || row.state == NameState::kQuarantined) continue;
    known.insert(name->owner_name());
    // What a run is doing just now is no drift.
    if (row.open_run || row.state == NameState::kRegistering) {
      ++drift.busy;
      continue;
    }
    ++drift.names;
    const auto found = listing.owners.find(name->owner_name());
    if (auto item = compare_name(row, found == listing.owners.end() ? kNothing : found->second))
      drift.items.push_back(*std::move(item));
  }
  for (const auto& [owner, records] : listing.owners) {
    if (known.contains(owner)) continue;
    const auto name = name_of_owner(domain, owner);
    if (name && is_taken(name->text())) continue;
    drift.items.push_back(extra_of(name ? name->text() : owner, records));
  }
  drift.changes = static_cast<std::uint64_t>(std::ranges::count_if(drift.items, &DriftItem::repairs));
  drift.fingerprint = fingerprint_of_changes(drift.items);
  return drift;
}

}  // namespace paynamed::domains
