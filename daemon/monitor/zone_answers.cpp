#include "monitor/zone_answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "names/proof/rrsig_rules.hpp"
#include "names/proof/signature.hpp"

namespace paynamed::monitor {

using net::DnsRcode;
using net::DnsRecord;
using net::DnsType;

namespace {

template <class Value>
void sort_once(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  if (values.size() > kMostRecords) values.resize(kMostRecords);
}

std::vector<std::string> servers_in(const std::vector<DnsRecord>& records, const std::string& zone) {
  std::vector<std::string> names;
  for (const DnsRecord& record : records) {
    if (record.type != DnsType::kNs || record.owner != zone) continue;
    if (auto name = net::target_name(record)) names.push_back(*std::move(name));
  }
  sort_once(names);
  return names;
}

}  // namespace

std::optional<std::vector<DelegationSigner>> read_delegation_signers(const net::DnsAnswer& answer,
                                                                     const std::string& zone) {
  const bool tells = answer.rcode == DnsRcode::kNoError || answer.rcode == DnsRcode::kNxDomain;
  if (!tells || !answer.authoritative) return std::nullopt;
  std::vector<DelegationSigner> found;
  for (const DnsRecord& record : answer.answer) {
    if (record.type != DnsType::kDs || record.owner != zone) continue;
    const auto ds = names::read_ds(record.rdata);
    if (!ds) continue;
    found.push_back({ds->key_tag, ds->algorithm, ds->digest_type,
                     fmt::format("{:02x}", fmt::join(ds->digest, "")), false});
  }
  sort_once(found);
  // A denial by the zone itself: its SOA record stands beside it, not its parent's.
  if (found.empty()) {
    for (const DnsRecord& record : answer.authority) {
      if (record.type == DnsType::kSoa && record.owner == zone) return std::nullopt;
    }
  }
  return found;
}

std::vector<ReadKey> read_keys(const net::DnsAnswer& answer, const std::string& zone) {
  std::vector<ReadKey> found;
  for (const DnsRecord& record : answer.answer) {
    if (record.type != DnsType::kDnskey || record.owner != zone || found.size() == kMostRecords) continue;
    const auto key = names::read_dnskey(record.rdata);
    if (!key || !key->is_zone_key()) continue;
    found.push_back({{names::key_tag_of(record.rdata), key->algorithm, key->flags, false}, record.rdata});
  }
  const auto by_rdata = [](const ReadKey& a, const ReadKey& b) {
    return std::tie(a.key, a.rdata) < std::tie(b.key, b.rdata);
  };
  std::ranges::sort(found, by_rdata);
  const auto same = [](const ReadKey& a, const ReadKey& b) { return a.rdata == b.rdata; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

std::optional<std::vector<std::string>> read_name_servers(const net::DnsAnswer& answer,
                                                          const std::string& zone) {
  if (answer.rcode != DnsRcode::kNoError || !answer.authoritative) return std::nullopt;
  auto names = servers_in(answer.answer, zone);
  if (names.empty()) return std::nullopt;
  return names;
}

std::optional<std::vector<std::string>> read_referral(const net::DnsAnswer& answer, const std::string& zone) {
  if (answer.rcode != DnsRcode::kNoError || answer.authoritative) return std::nullopt;
  auto names = servers_in(answer.authority, zone);
  if (names.empty()) return std::nullopt;
  return names;
}

std::optional<SignatureTimes> read_signature(const net::DnsAnswer& answer, const std::string& owner,
                                             DnsType type, const std::vector<std::uint16_t>& tags,
                                             base::WallTime now) {
  std::optional<SignatureTimes> best;
  bool best_is_by_tag = false;
  for (const DnsRecord& record : answer.answer) {
    if (record.type != DnsType::kRrsig || record.owner != owner) continue;
    const auto rrsig = names::read_rrsig(record.rdata);
    if (!rrsig || rrsig->covered != type) continue;
    const names::SignatureWindow window = names::window_of(*rrsig, now);
    const bool by_tag = std::ranges::find(tags, rrsig->key_tag) != tags.end();
    SignatureTimes times;
    times.of = net::to_string(type);
    times.from = base::WallTime{std::chrono::seconds{window.valid_from}};
    times.until = base::WallTime{std::chrono::seconds{window.expires}};
    if (best && (best_is_by_tag && !by_tag)) continue;
    if (best && best_is_by_tag == by_tag && times.until <= best->until) continue;
    best = std::move(times);
    best_is_by_tag = by_tag;
  }
  return best;
}

void match_keys(const std::string& zone, const std::vector<ReadKey>& read, std::vector<DelegationSigner>& ds,
                std::vector<SigningKey>& keys) {
  const auto owner = names::WireName::from_text(zone);
  keys.clear();
  for (const ReadKey& each : read) keys.push_back(each.key);
  if (!owner) return;
  for (DelegationSigner& signer : ds) {
    for (std::size_t i = 0; i < read.size(); ++i) {
      const SigningKey& key = read[i].key;
      if (signer.key_tag != key.key_tag || signer.algorithm != key.algorithm) continue;
      const auto digest = names::ds_digest(signer.digest_type, *owner, read[i].rdata);
      if (!digest || fmt::format("{:02x}", fmt::join(*digest, "")) != signer.digest) continue;
      signer.matches = true;
      keys[i].has_ds = true;
    }
  }
}

}  // namespace paynamed::monitor
