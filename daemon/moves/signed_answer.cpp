#include "moves/signed_answer.hpp"

#include <algorithm>

#include "names/proof/canonical.hpp"
#include "names/proof/rrsig_rules.hpp"
#include "names/proof/signature.hpp"

namespace paynamed::moves {
namespace {

// No honest set has more; each costs a verification.
constexpr int kMostSignatures = 8;

bool holds(const names::Rrsig& rrsig, const names::WireName& owner,
           const std::vector<std::vector<std::uint8_t>>& rdata, const ZoneKeys& keys) {
  const auto message = names::signed_bytes(rrsig, names::signed_owner(owner, rrsig), rdata);
  return std::ranges::any_of(keys, [&](const std::vector<std::uint8_t>& bytes) {
    const auto key = names::read_dnskey(bytes);
    return key && key->is_zone_key() && !key->is_revoked() && key->algorithm == rrsig.algorithm &&
           names::key_tag_of(bytes) == rrsig.key_tag && !names::key_refusal(*key) &&
           names::signature_holds(*key, message, rrsig.signature);
  });
}

}  // namespace

ZoneKeys keys_in(const net::DnsAnswer& answer, const std::string& zone) {
  ZoneKeys keys;
  for (const net::DnsRecord& record : answer.answer) {
    if (record.type == net::DnsType::kDnskey && record.owner == zone) keys.push_back(record.rdata);
  }
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  return keys;
}

std::string why_not_signed(const std::vector<net::DnsRecord>& records, const std::string& owner,
                           net::DnsType type, const std::string& zone, const ZoneKeys& keys,
                           base::WallTime now) {
  const auto name = names::WireName::from_text(owner);
  const auto apex = names::WireName::from_text(zone);
  if (!name || !apex) return "has a name that is none";
  std::vector<std::vector<std::uint8_t>> rdata;
  for (const net::DnsRecord& record : records) {
    if (record.owner != owner || record.type != type) continue;
    auto canonical = names::canonical_rdata(type, record.rdata);
    if (!canonical) return "has broken records";
    rdata.push_back(*std::move(canonical));
  }
  std::ranges::sort(rdata);
  rdata.erase(std::ranges::unique(rdata).begin(), rdata.end());
  bool is_signed = false;
  std::string why;
  int tried = 0;
  for (const net::DnsRecord& record : records) {
    if (record.owner != owner || record.type != net::DnsType::kRrsig || tried == kMostSignatures) continue;
    const auto rrsig = names::read_rrsig(record.rdata);
    if (!rrsig || rrsig->covered != type || !(rrsig->signer == *apex)) continue;
    is_signed = true;
    ++tried;
    const auto window = names::window_at(*rrsig, now, base::Duration{0});
    if (!window) {
      why = "has a signature that " + window.error();
    } else if (holds(*rrsig, *name, rdata, keys)) {
      return {};
    } else if (why.empty()) {
      why = "is not signed by a key of the zone";
    }
  }
  return is_signed ? why : "is not signed";
}

}  // namespace paynamed::moves
