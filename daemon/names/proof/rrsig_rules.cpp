#include "names/proof/rrsig_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::names {
namespace {

using net::DnsType;

// RFC 4034 section 3.1.3: without the root and without a first label "*".
std::size_t countable_labels(const WireName& owner) {
  return owner.label_count() - (owner.is_wildcard() ? 1 : 0);
}

// These belong to one name and are never an answer made from a wildcard (RFC 4035 sections 2.3 and 5.3.4, RFC
// 6672 section 3.3).
bool may_be_expanded(DnsType type) {
  return type != DnsType::kDnskey && type != DnsType::kDs && type != DnsType::kNsec && type != kNsec3Type &&
         type != DnsType::kDname;
}

// Whether the proof itself shows that a zone below the signer has the set.
bool is_above_cut(const std::vector<RecordSet>& sets, const RecordSet& set, const WireName& signer) {
  return std::any_of(sets.begin(), sets.end(), [&](const RecordSet& cut) {
    if ((cut.type != DnsType::kDs && cut.type != DnsType::kDnskey) || cut.rdata.empty()) return false;
    if (!cut.owner.is_below(signer) || !set.owner.is_at_or_below(cut.owner)) return false;
    // At the cut itself the parent has the DS and its own NSEC.
    return set.owner != cut.owner || (set.type != DnsType::kDs && set.type != DnsType::kNsec);
  });
}

// RFC 4034 section 3.1.5: the 32 bits mean the time nearest to now.
std::int64_t nearest(std::uint32_t bits, std::int64_t now) {
  return now + static_cast<std::int32_t>(bits - static_cast<std::uint32_t>(now & 0xffffffff));
}

std::int64_t seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string time_text(std::int64_t seconds) {
  return base::to_rfc3339(base::WallTime{std::chrono::seconds{seconds}});
}

}  // namespace

std::optional<std::string> wrong_field(const std::vector<RecordSet>& sets, const RecordSet& set,
                                       const Rrsig& rrsig) {
  const std::size_t labels = countable_labels(set.owner);
  if (!set.owner.is_at_or_below(rrsig.signer)) {
    return fmt::format("is by {}, which is not above it", rrsig.signer.to_text());
  }
  if (set.type == DnsType::kDs && set.owner == rrsig.signer)
    return "is by the zone itself, not by its parent";
  if (set.type == DnsType::kDnskey && set.owner != rrsig.signer) return "is not by the zone itself";
  if (rrsig.labels > labels) return "counts more labels than the name has";
  if (rrsig.labels < rrsig.signer.label_count()) return "is for a wildcard above the zone";
  if (rrsig.labels < labels && !may_be_expanded(set.type))
    return "is for a wildcard, which that type never is";
  if (is_above_cut(sets, set, rrsig.signer)) {
    return fmt::format("is by {}, although a zone in between has the name", rrsig.signer.to_text());
  }
  return std::nullopt;
}

bool is_expanded(const WireName& owner, const Rrsig& rrsig) {
  return rrsig.labels < countable_labels(owner);
}

WireName signed_owner(const WireName& owner, const Rrsig& rrsig) {
  if (!is_expanded(owner, rrsig)) return owner;
  // Never too long: it has fewer labels than the owner.
  return owner.suffix(rrsig.labels).wildcard_child().value_or(owner);
}

SignatureWindow window_of(const Rrsig& rrsig, base::WallTime now) {
  const std::int64_t second = seconds_of(now);
  return {nearest(rrsig.inception, second), nearest(rrsig.expiration, second)};
}

tl::expected<SignatureWindow, std::string> window_at(const Rrsig& rrsig, base::WallTime now,
                                                     base::Duration grace) {
  const std::int64_t second = seconds_of(now);
  const auto [inception, expiration] = window_of(rrsig, now);
  if (expiration < inception) return tl::unexpected<std::string>("ends before it begins");
  if (inception > second) {
    return tl::unexpected(fmt::format("begins at {}, which is not yet", time_text(inception)));
  }
  if (expiration + std::chrono::floor<std::chrono::seconds>(grace).count() < second) {
    return tl::unexpected(fmt::format("ended at {}", time_text(expiration)));
  }
  return SignatureWindow{inception, expiration};
}

}  // namespace paynamed::names
