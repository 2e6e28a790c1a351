#include "domains/zone_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "domains/value_rule.hpp"
#include "names/bip321.hpp"
#include "names/hash.hpp"

namespace paynamed::domains {
namespace {

constexpr std::string_view kBetween = "user._bitcoin-payment.";

// The part of an owner before the suffix; empty for the suffix itself.
std::string user_of(const std::string& domain, const std::string& owner) {
  const std::string suffix = "." + names_suffix(domain);
  return owner.ends_with(suffix) ? owner.substr(0, owner.size() - suffix.size()) : std::string{};
}

void set(ZoneEntry& entry, EntryKind kind, std::string rule, std::string sentence) {
  entry.kind = kind;
  entry.rule = std::move(rule);
  entry.sentence = std::move(sentence);
}

// False when there can be no payment name at this owner.
bool judge_owner(const std::string& domain, ZoneEntry& entry) {
  const std::string user = user_of(domain, entry.owner);
  if (user.empty()) {
    set(entry, EntryKind::kNotAName, "no_user", fmt::format("{} is above all payment names", entry.owner));
    return false;
  }
  if (user == "*" || user.starts_with("*.")) {
    set(entry, EntryKind::kInvalid, "wildcard",
        "a wildcard answers for every name, and wallets that verify see that none of them was made; publish "
        "each "
        "name by itself");
    return false;
  }
  const auto name = base::Name::from_parts(user, domain);
  if (name) {
    entry.name = *name;
    return true;
  }
  set(entry, EntryKind::kInvalid, "bad_user_label", name.error().message());
  return false;
}

void judge_ours(const OurName& ours, ZoneEntry& entry) {
  if (!ours.of_caller) {
    set(entry, EntryKind::kOtherTenants, {}, "the name belongs to another tenant of this daemon");
    entry.records.clear();
    return;
  }
  const bool stands =
      entry.alias.empty() && entry.records.size() == 1 && entry.records.front().value == ours.value;
  if (stands) return set(entry, EntryKind::kOurs, {}, {});
  const std::string rule = !entry.alias.empty()       ? "alias"
                           : entry.records.size() > 1 ? "several_records"
                                                      : "other_value";
  set(entry, EntryKind::kOursDifferent, rule,
      "what stands there is not what the name says; paynamectl drift shows and mends it");
}

// What several records at one name have in them.
void judge_several(const std::vector<ValueVerdict>& verdicts, ZoneEntry& entry) {
  const auto payments = std::ranges::count_if(
      entry.records, [](const TxtRecord& each) { return names::is_payment_uri(each.value); });
  if (std::ranges::none_of(verdicts, &ValueVerdict::is_payment))
    return set(entry, EntryKind::kNotAName, "other_text",
               "the TXT records there are no payment instructions");
  if (payments > 1) {
    return set(
        entry, EntryKind::kConflicting, "several_payment_records",
        fmt::format(
            "{} TXT records begin with \"bitcoin:\", and wallets must use none of them (BIP-353); leave one",
            payments));
  }
  set(entry, EntryKind::kConflicting, "several_records",
      fmt::format("{} TXT records stand there, and some wallets take the first of them; leave one",
                  entry.records.size()));
}

void judge_strangers(const EntryRules& rules, ZoneEntry& entry) {
  if (!entry.alias.empty()) {
    return set(
        entry, EntryKind::kConflicting, "alias",
        fmt::format(
            "a {} stands there, which some wallets do not follow and no provider replaces; remove it by hand",
            entry.alias));
  }
  std::vector<ValueVerdict> verdicts;
  std::set<std::string> candidates;
  for (const TxtRecord& record : entry.records) {
    verdicts.push_back(judge_value(*entry.name, record, rules));
    if (!verdicts.back().canonical.empty()) candidates.insert(verdicts.back().canonical);
  }
  if (candidates.size() == 1) entry.adoptable = *candidates.begin();
  if (verdicts.size() > 1) {
    judge_several(verdicts, entry);
  } else {
    ValueVerdict& only = verdicts.front();
    const EntryKind kind = only.rule.empty() ? EntryKind::kValid
                           : only.is_payment ? EntryKind::kInvalid
                                             : EntryKind::kNotAName;
    set(entry, kind, only.rule, only.sentence);
    entry.warnings = std::move(only.warnings);
  }
  entry.takes_over = !entry.adoptable.empty() && entry.kind != EntryKind::kValid;
}

}  // namespace

std::string_view to_string(EntryKind kind) {
  switch (kind) {
    case EntryKind::kOurs:
      return "ours";
    case EntryKind::kOursDifferent:
      return "ours_different";
    case EntryKind::kOtherTenants:
      return "other_tenants";
    case EntryKind::kValid:
      return "valid";
    case EntryKind::kConflicting:
      return "conflicting";
    case EntryKind::kInvalid:
      return "invalid";
    case EntryKind::kNotAName:
      break;
  }
  return "not_a_name";
}

std::string names_suffix(const std::string& domain) {
  return fmt::format("{}{}.", kBetween, domain);
}

std::optional<base::Name> name_of_owner(const std::string& domain, const std::string& owner) {
  const auto name = base::Name::from_parts(user_of(domain, owner), domain);
  return name ? std::optional{*name} : std::nullopt;
}

std::string fingerprint_of(const std::vector<std::string>& values) {
  std::vector<std::string> sorted = values;
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& value : sorted) text += fmt::format("{}:{}", value.size(), value);
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  return names::to_hex(names::sha256(bytes));
}

ZoneEntry judge_entry(const std::string& domain, std::string owner, OwnerRecords records,
                      const std::optional<OurName>& ours, const EntryRules& rules) {
  ZoneEntry entry;
  entry.owner = std::move(owner);
  entry.alias = std::move(records.alias);
  std::vector<std::string> values;
  for (const TxtRecord& each : records.txt) values.push_back(each.value);
  entry.fingerprint = fingerprint_of(values);
  entry.records = std::move(records.txt);
  if (!judge_owner(domain, entry)) return entry;
  if (ours) {
    judge_ours(*ours, entry);
  } else {
    judge_strangers(rules, entry);
  }
  return entry;
}

}  // namespace paynamed::domains
