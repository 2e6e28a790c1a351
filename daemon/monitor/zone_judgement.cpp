#include "monitor/zone_judgement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "names/proof/signature.hpp"

namespace paynamed::monitor {

using Verdict = ZoneFinding::Verdict;
using Serves = ZoneServerReport::Verdict;

namespace {

constexpr std::uint8_t kSha1 = 1;
constexpr std::uint16_t kSecureEntryPoint = 1;  // RFC 4034 section 2.1.1

ZoneFinding wrong(std::string code, std::string sentence) {
  return {Verdict::kWrong, std::move(code), std::move(sentence)};
}

template <class Records>
std::string tags_of(const Records& records) {
  std::vector<std::uint16_t> tags;
  for (const auto& each : records) tags.push_back(each.key_tag);
  return fmt::format("{}", fmt::join(tags, ", "));
}

// The key that the parent should vouch for.
std::string entry_key(const std::vector<SigningKey>& keys) {
  const auto entry =
      std::ranges::find_if(keys, [](const SigningKey& key) { return (key.flags & kSecureEntryPoint) != 0; });
  const SigningKey& key = entry == keys.end() ? keys.front() : *entry;
  return fmt::format("key {} ({})", key.key_tag, names::algorithm_name(key.algorithm));
}

std::optional<ZoneFinding> find_expired(const std::string& domain, const ZoneFacts& facts,
                                        base::WallTime now) {
  const SignatureTimes* first = facts.first_to_end();
  if (first == nullptr || first->until > now) return std::nullopt;
  return wrong(
      "signatures_expired",
      fmt::format("the signature over {} ended at {}; look whether the signer of {} runs, and whether "
                  "that server gets new versions of the zone",
                  first->of, base::to_rfc3339(first->until), domain));
}

ZoneFinding judge_bogus(const std::string& domain, const ZoneFacts& facts, base::WallTime now) {
  const bool none_matches = facts.ds && !facts.ds->empty() && facts.keys && !facts.keys->empty() &&
                            std::ranges::none_of(*facts.ds, &DelegationSigner::matches);
  if (none_matches) {
    return wrong(
        "ds_mismatch",
        fmt::format("the DS records of {} at {} (key tags {}) stand for none of its keys (key tags {}); "
                    "enter the DS record of {} at the registrar in their place",
                    domain, facts.parent, tags_of(*facts.ds), tags_of(*facts.keys), entry_key(*facts.keys)));
  }
  if (facts.ds && !facts.ds->empty() && facts.keys && facts.keys->empty()) {
    return wrong(
        "ds_mismatch",
        fmt::format("{} has DS records for {} (key tags {}), but the zone is not signed; switch DNSSEC "
                    "on at the DNS provider and enter its DS record at the registrar",
                    facts.parent, domain, tags_of(*facts.ds)));
  }
  if (auto expired = find_expired(domain, facts, now)) return *std::move(expired);
  return wrong("bogus", facts.security->sentence);
}

ZoneFinding judge_insecure(const std::string& domain, const ZoneFacts& facts) {
  if (!facts.security->exists) return wrong("not_delegated", facts.security->sentence);
  if (facts.keys && facts.keys->empty()) {
    return wrong("unsigned",
                 fmt::format("{} is not signed, so nobody can prove its names; switch DNSSEC on at "
                             "the DNS provider and enter the DS record at the registrar",
                             domain));
  }
  if (facts.keys && facts.ds && facts.ds->empty()) {
    return wrong(
        "ds_absent",
        fmt::format("{} is signed, but {} has no DS record for it, so nobody can prove its names; enter "
                    "the DS record of {} at the registrar",
                    domain, facts.parent, entry_key(*facts.keys)));
  }
  return wrong("insecure", facts.security->sentence);
}

const ZoneServerReport* first_with(const ZoneFacts& facts, Serves verdict) {
  const auto found = std::ranges::find(facts.servers, verdict, &ZoneServerReport::verdict);
  return found == facts.servers.end() ? nullptr : &*found;
}

const ZoneServerReport* find_stale(const ZoneFacts& facts, const std::optional<SerialMark>& mark,
                                   base::WallTime now) {
  if (!mark || now - mark->seen < kStaleAfter) return nullptr;
  // The highest of now tells a primary that was set back from secondaries that are behind.
  const auto highest = highest_serial(facts);
  if (!highest || is_older_serial(*highest, mark->serial)) return nullptr;
  const auto stale = std::ranges::find_if(facts.servers, [&](const ZoneServerReport& each) {
    return each.serial && is_older_serial(*each.serial, mark->serial);
  });
  return stale == facts.servers.end() ? nullptr : &*stale;
}

ZoneFinding judge_servers(const std::string& domain, const ZoneFacts& facts,
                          const std::optional<SerialMark>& mark, base::WallTime now) {
  if (auto expired = find_expired(domain, facts, now)) return *std::move(expired);
  if (const auto* lame = first_with(facts, Serves::kLame)) return wrong("lame_server", lame->sentence);
  if (const auto* stale = find_stale(facts, mark, now)) {
    return wrong(
        "stale_server",
        fmt::format("{} at {} still has version {} of {}, while version {} has been out since {}; look "
                    "whether it can fetch the zone from its primary",
                    stale->server, stale->address, *stale->serial, facts.zone, mark->serial,
                    base::to_rfc3339(mark->seen)));
  }
  if (const auto* silent = first_with(facts, Serves::kSilent))
    return wrong("silent_server", silent->sentence);
  return {Verdict::kFine, {}, {}};
}

std::vector<std::string> only_in(const std::vector<std::string>& here,
                                 const std::vector<std::string>& there) {
  std::vector<std::string> only;
  std::ranges::set_difference(here, there, std::back_inserter(only));
  return only;
}

}  // namespace

ZoneFinding judge_zone(const std::string& domain, const ZoneFacts& facts,
                       const std::optional<SerialMark>& mark, base::WallTime now) {
  if (first_with(facts, Serves::kServes) == nullptr) {
    const bool all_lame =
        !facts.servers.empty() && std::ranges::all_of(facts.servers, [](const ZoneServerReport& each) {
          return each.verdict == Serves::kLame;
        });
    if (all_lame) return wrong("not_delegated", facts.servers.front().sentence);
    return {Verdict::kUnknown,
            {},
            facts.servers.empty() ? fmt::format("no server of {} has an address", facts.zone)
                                  : facts.servers.front().sentence};
  }
  if (!facts.security) return {Verdict::kUnknown, {}, facts.why_no_security};
  switch (facts.security->security) {
    case names::Security::kBogus:
      return judge_bogus(domain, facts, now);
    case names::Security::kInsecure:
      return judge_insecure(domain, facts);
    case names::Security::kIndeterminate:
      return {Verdict::kUnknown, {}, facts.security->sentence};
    case names::Security::kSecure:
      break;
  }
  if (!facts.security->exists) return wrong("not_delegated", facts.security->sentence);
  return judge_servers(domain, facts, mark, now);
}

ZoneFinding judge_zone_trouble(const base::Status& status) {
  const bool is_definite =
      status.code() == base::Code::kNotFound || status.code() == base::Code::kFailedPrecondition;
  if (is_definite) return wrong("not_delegated", status.message());
  return {Verdict::kUnknown, {}, status.message()};
}

std::optional<SerialMark> next_mark(const ZoneFacts& facts, const std::optional<SerialMark>& mark,
                                    base::WallTime now) {
  const auto highest = highest_serial(facts);
  if (!highest) return mark;
  if (mark && (now - mark->seen < kStaleAfter || find_stale(facts, mark, now) != nullptr)) return mark;
  return SerialMark{*highest, now};
}

bool is_ending(const SignatureTimes& signature, base::WallTime now) {
  return signature.until - now < (signature.until - signature.from) / 8;
}

std::vector<ZoneWarning> zone_warnings(const std::string& domain, const ZoneFacts& facts,
                                       base::WallTime now) {
  std::vector<ZoneWarning> warnings;
  if (facts.ds && !facts.ds->empty() && std::ranges::all_of(*facts.ds, [](const DelegationSigner& each) {
        return each.digest_type == kSha1;
      })) {
    warnings.push_back(
        {"ds_sha1", fmt::format("{} has only a SHA-1 DS record for {}, which validators are about to refuse; "
                                "enter one with SHA-256 (digest type 2) at the registrar",
                                facts.parent, domain)});
  }
  if (facts.keys) {
    for (const SigningKey& key : *facts.keys) {
      if (names::signing_algorithm(key.algorithm)) continue;
      warnings.push_back(
          {"weak_algorithm", fmt::format("key {} of {} is of {}, which wallets do not take; roll over to "
                                         "ECDSAP256SHA256 (13)",
                                         key.key_tag, domain, names::algorithm_name(key.algorithm))});
      break;
    }
  }
  if (facts.delegation && facts.name_servers && *facts.delegation != *facts.name_servers) {
    const auto parent_only = only_in(*facts.delegation, *facts.name_servers);
    const auto zone_only = only_in(*facts.name_servers, *facts.delegation);
    warnings.push_back(
        {"delegation_differs",
         fmt::format(
             "{} and the zone name different servers of {} (only the parent: {}; only the zone: {}); make "
             "both agree at the registrar or in the zone",
             facts.parent, domain,
             parent_only.empty() ? "none" : fmt::format("{}", fmt::join(parent_only, ", ")),
             zone_only.empty() ? "none" : fmt::format("{}", fmt::join(zone_only, ", ")))});
  }
  if (!facts.parents_agree) {
    warnings.push_back(
        {"parents_disagree",
         fmt::format("the servers of {} have different DS records for {}; when that does not pass "
                     "within a day, tell the registry",
                     facts.parent, domain)});
  }
  const SignatureTimes* first = facts.first_to_end();
  if (first != nullptr && first->until > now && is_ending(*first, now)) {
    warnings.push_back({"signatures_ending",
                        fmt::format("the signature over {} ends at {} and was not renewed; look whether the "
                                    "signer of {} runs",
                                    first->of, base::to_rfc3339(first->until), domain)});
  }
  return warnings;
}

}  // namespace paynamed::monitor
