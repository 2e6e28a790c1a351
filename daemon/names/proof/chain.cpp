#include "names/proof/chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/proof/canonical.hpp"
#include "names/proof/rrsig_rules.hpp"
#include "names/proof/signature.hpp"

namespace paynamed::names {
namespace {

using net::DnsType;

std::string text_of(const RecordSet& set) {
  return fmt::format("{} {}", set.owner.to_text(), net::to_string(set.type));
}

bool same_bytes(ByteView a, ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

void Evidence::add(const Evidence& other) {
  valid_from = std::max(valid_from, other.valid_from);
  expires = std::min(expires, other.expires);
  least_original_ttl = std::min(least_original_ttl, other.least_original_ttl);
  algorithms.insert(other.algorithms.begin(), other.algorithms.end());
  ds_digests.insert(other.ds_digests.begin(), other.ds_digests.end());
}

Chain::Chain(const std::vector<RecordSet>& sets, const TrustAnchors& anchors, const ChainOptions& options)
    : sets_(sets), options_(options), verdicts_(sets.size()) {
  for (const TrustAnchor& anchor : anchors) {
    if (auto zone = WireName::from_text(anchor.zone)) anchors_.push_back({std::move(*zone), &anchor});
  }
}

base::Status Chain::verify() {
  std::vector<const RecordSet*> unsigned_aliases;
  for (const RecordSet& set : sets_) {
    const Verdict& verdict = verdict_of(set);
    if (verdict.standing == Standing::kVerified) {
      verified_.push_back(verdict.verified);
    } else if (verdict.standing == Standing::kBad) {
      return base::failed_precondition(fmt::format("the proof does not hold: {}", verdict.why));
    } else if (set.type == DnsType::kCname && set.signatures.empty()) {
      unsigned_aliases.push_back(&set);
    } else if (options_.unverifiable == Unverifiable::kRefuse) {
      return base::failed_precondition(fmt::format("the proof does not hold: {}", verdict.why));
    }
  }
  for (const RecordSet* set : unsigned_aliases) {
    if (is_synthesized_cname(*set) || options_.unverifiable == Unverifiable::kIgnore) continue;
    return base::failed_precondition(
        fmt::format("the proof does not hold: {} is not signed, and no signed DNAME in the proof makes it",
                    text_of(*set)));
  }
  return {};
}

const VerifiedSet* Chain::find(const WireName& owner, DnsType type) const {
  for (const VerifiedSet& one : verified_) {
    if (one.set->type == type && one.set->owner == owner) return &one;
  }
  return nullptr;
}

std::string Chain::why_not(const WireName& owner, DnsType type) const {
  const RecordSet* set = set_of(owner, type);
  if (!set) return {};
  const auto& verdict = verdicts_[static_cast<std::size_t>(set - sets_.data())];
  return verdict ? verdict->why : std::string{};
}

const RecordSet* Chain::set_of(const WireName& owner, DnsType type) const {
  for (const RecordSet& set : sets_) {
    if (set.type == type && set.owner == owner) return &set;
  }
  return nullptr;
}

// Ends: a set needs the keys of its signer, which is above or at its owner; keys need the DS of the same
// name; a DS needs the keys of a name above.
const Chain::Verdict& Chain::verdict_of(const RecordSet& set) {
  auto& verdict = verdicts_[static_cast<std::size_t>(&set - sets_.data())];
  if (!verdict) verdict = judge(set);
  return *verdict;
}

Chain::Verdict Chain::judge(const RecordSet& set) {
  if (set.rdata.empty()) {
    return {Standing::kUnverifiable,
            fmt::format("it has a signature over {}, but no such record", text_of(set)),
            {}};
  }
  if (set.signatures.empty())
    return {Standing::kUnverifiable, fmt::format("{} is not signed", text_of(set)), {}};
  const WireName& signer = set.signatures.front().signer;
  for (const Rrsig& rrsig : set.signatures) {
    auto wrong = wrong_field(sets_, set, rrsig);
    if (!wrong && rrsig.signer != signer) wrong = "is by another zone than the one before";
    if (!wrong && rrsig.labels != set.signatures.front().labels)
      wrong = "is for another wildcard than the one before";
    if (wrong) return {Standing::kBad, fmt::format("a signature over {} {}", text_of(set), *wrong), {}};
  }
  if (set.type == DnsType::kDnskey) return judge_keys(set);
  const RecordSet* keys = set_of(signer, DnsType::kDnskey);
  if (!keys || keys->rdata.empty()) {
    return {Standing::kUnverifiable,
            fmt::format("{} is signed by {}, whose keys (DNSKEY) are not in the proof", text_of(set),
                        signer.to_text()),
            {}};
  }
  const Verdict& above = verdict_of(*keys);
  if (above.standing != Standing::kVerified) return {above.standing, above.why, {}};
  const auto zone =
      std::find_if(zones_.begin(), zones_.end(), [&](const Zone& z) { return z.name == signer; });
  return judge_signatures(set, zone->keys, above.verified.evidence, nullptr);
}

Chain::Verdict Chain::judge_keys(const RecordSet& set) {
  if (set.rdata.size() > kMaxKeysOfZone) {
    return {Standing::kBad, fmt::format("{} has more than {} keys", text_of(set), kMaxKeysOfZone), {}};
  }
  std::vector<ZoneKey> keys;
  for (const ByteView rdata : set.rdata) {
    const auto key = read_dnskey(rdata);
    if (!key) return {Standing::kBad, fmt::format("{} holds a malformed key", text_of(set)), {}};
    // A key that is no zone key signs nothing (RFC 4034 section 2.1.1). A revoked one still signs its set.
    if (key->is_zone_key()) keys.push_back({*key, key_tag_of(rdata)});
  }
  std::vector<ByteView> trusted;
  Evidence above;
  if (auto verdict = find_trusted(set, keys, trusted, above)) return std::move(*verdict);
  Verdict verdict = judge_signatures(set, keys, above, &trusted);
  if (verdict.standing == Standing::kVerified) {
    std::erase_if(keys, [](const ZoneKey& key) { return key.key.is_revoked(); });
    zones_.push_back({set.owner, std::move(keys)});
  }
  return verdict;
}

std::optional<Chain::Verdict> Chain::find_trusted(const RecordSet& set, const std::vector<ZoneKey>& keys,
                                                  std::vector<ByteView>& trusted, Evidence& evidence) {
  std::vector<Ds> digests;
  std::vector<ByteView> exact;
  bool anchored = false;
  for (const Anchor& anchor : anchors_) {
    if (anchor.zone != set.owner) continue;
    anchored = true;
    if (anchor.anchor->type == DnsType::kDnskey) {
      exact.emplace_back(anchor.anchor->rdata);
    } else if (const auto ds = read_ds(anchor.anchor->rdata)) {
      digests.push_back(*ds);
    }
  }
  if (!anchored) {
    const RecordSet* delegation = set_of(set.owner, DnsType::kDs);
    if (!delegation || delegation->rdata.empty()) {
      return Verdict{Standing::kUnverifiable,
                     fmt::format("the proof has neither a DS record nor a trust anchor for the keys of {}",
                                 set.owner.to_text()),
                     {}};
    }
    const Verdict& verdict = verdict_of(*delegation);
    if (verdict.standing != Standing::kVerified) return Verdict{verdict.standing, verdict.why, {}};
    evidence = verdict.verified.evidence;
    for (const ByteView rdata : delegation->rdata) {
      const auto ds = read_ds(rdata);
      if (!ds || digests.size() == kMaxDsOfZone) {
        return Verdict{Standing::kBad, fmt::format("{} is malformed or too long", text_of(*delegation)), {}};
      }
      digests.push_back(*ds);
    }
  }
  std::set<std::uint8_t> used;
  trusted = keys_of_ds(set.owner, std::move(digests), keys, used);
  if (!anchored) evidence.ds_digests.insert(used.begin(), used.end());
  for (const ZoneKey& key : keys) {
    const auto same = [&](ByteView one) { return same_bytes(one, key.key.rdata); };
    if (!key.key.is_revoked() && std::any_of(exact.begin(), exact.end(), same))
      trusted.push_back(key.key.rdata);
  }
  if (!trusted.empty()) return std::nullopt;
  return Verdict{
      Standing::kUnverifiable,
      fmt::format("no key of {} is the one of its {}", set.owner.to_text(),
                  anchored ? "trust anchor" : "DS record (digest SHA-256 or SHA-384, or SHA-1 alone)"),
      {}};
}

Chain::Verdict Chain::judge_signatures(const RecordSet& set, const std::vector<ZoneKey>& keys,
                                       const Evidence& above, const std::vector<ByteView>* trusted) {
  std::vector<std::vector<std::uint8_t>> rdata;
  for (const ByteView one : set.rdata) {
    auto canonical = canonical_rdata(set.type, one);
    if (!canonical) return {Standing::kBad, fmt::format("{} is malformed", text_of(set)), {}};
    rdata.push_back(std::move(*canonical));
  }
  std::sort(rdata.begin(), rdata.end());
  rdata.erase(std::unique(rdata.begin(), rdata.end()), rdata.end());

  std::optional<Evidence> best;
  std::string why;
  for (const Rrsig& rrsig : set.signatures) {
    SignatureVerdict verdict = judge_signature(set, rrsig, keys, rdata);
    const auto same = [&](ByteView one) { return same_bytes(one, verdict.key); };
    if (verdict.standing != Standing::kVerified) {
      why = std::move(verdict.why);
      if (verdict.standing == Standing::kBad || options_.unverifiable == Unverifiable::kRefuse) {
        return {verdict.standing, std::move(why), {}};
      }
    } else if (trusted && std::none_of(trusted->begin(), trusted->end(), same)) {
      why = fmt::format("{} is signed by none of the keys that its DS record or trust anchor is for",
                        text_of(set));
    } else if (!best || verdict.evidence.expires > best->expires) {
      best = std::move(verdict.evidence);
    }
  }
  if (!best) return {Standing::kUnverifiable, std::move(why), {}};
  best->add(above);
  const Rrsig& rrsig = set.signatures.front();
  return {Standing::kVerified,
          {},
          {&set, rrsig.signer, rrsig.labels, is_expanded(set.owner, rrsig), std::move(*best)}};
}

Chain::SignatureVerdict Chain::judge_signature(const RecordSet& set, const Rrsig& rrsig,
                                               const std::vector<ZoneKey>& keys,
                                               const std::vector<std::vector<std::uint8_t>>& rdata) {
  const auto window = window_at(rrsig, options_.now, options_.grace);
  if (!window) {
    return {
        Standing::kUnverifiable, fmt::format("a signature over {} {}", text_of(set), window.error()), {}, {}};
  }
  std::vector<const Dnskey*> candidates;
  std::string refusal = fmt::format("is by key {} of algorithm {}, which {} does not have", rrsig.key_tag,
                                    rrsig.algorithm, rrsig.signer.to_text());
  for (const ZoneKey& key : keys) {
    if (key.tag != rrsig.key_tag || key.key.algorithm != rrsig.algorithm) continue;
    if (auto unfit = key_refusal(key.key)) {
      refusal = fmt::format("is by {}", *unfit);
    } else {
      candidates.push_back(&key.key);
    }
  }
  if (candidates.empty()) {
    return {Standing::kUnverifiable, fmt::format("a signature over {} {}", text_of(set), refusal), {}, {}};
  }
  if (candidates.size() > kMaxKeysOfOneTag) {
    return {Standing::kBad,
            fmt::format("{} has more than {} keys with the tag {}", rrsig.signer.to_text(), kMaxKeysOfOneTag,
                        rrsig.key_tag),
            {},
            {}};
  }
  const auto message = signed_bytes(rrsig, signed_owner(set.owner, rrsig), rdata);
  for (const Dnskey* key : candidates) {
    if (signature_checks_++ == kMaxSignatureChecks) {
      return {Standing::kBad,
              fmt::format("it asks for more than {} signature checks", kMaxSignatureChecks),
              {},
              {}};
    }
    const bool holds = options_.memory ? options_.memory->holds(*key, message, rrsig.signature)
                                       : signature_holds(*key, message, rrsig.signature);
    if (!holds) continue;
    return {Standing::kVerified,
            {},
            key->rdata,
            {window->valid_from, window->expires, rrsig.original_ttl, {rrsig.algorithm}, {}}};
  }
  return {Standing::kBad,
          fmt::format("the signature of {} over {} is wrong", rrsig.signer.to_text(), text_of(set)),
          {},
          {}};
}

// RFC 6672 section 5.3.1.
bool Chain::is_synthesized_cname(const RecordSet& set) const {
  if (set.rdata.size() != 1) return false;
  ByteReader reader{set.rdata.front()};
  const auto target = reader.name();
  if (!target || !reader.rest().empty()) return false;
  return std::any_of(verified_.begin(), verified_.end(), [&](const VerifiedSet& one) {
    if (one.set->type != DnsType::kDname || one.set->rdata.size() != 1 ||
        !set.owner.is_below(one.set->owner)) {
      return false;
    }
    ByteReader dname{one.set->rdata.front()};
    const auto to = dname.name();
    return to && set.owner.with_suffix_replaced(one.set->owner, *to) == target;
  });
}

}  // namespace paynamed::names
