#include "names/prover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "names/proof/encode_chain.hpp"
#include "names/proof/rdata.hpp"

namespace paynamed::names {
namespace asio = boost::asio;
using net::DnsRecord;
using net::DnsType;

namespace {

// More zones than this are not on the way to an honest name, aliases included.
constexpr std::size_t kMaxZones = 16;

// RSA with SHA-256 and SHA-512, ECDSA, Ed25519: what verifiers of proofs know. A zone may sign with others
// besides.
bool is_supported(std::uint8_t algorithm) {
  return algorithm == 8 || algorithm == 10 || (algorithm >= 13 && algorithm <= 15);
}

// What wallets need of the answer to a question for TXT records.
bool belongs_to_leaf(DnsType type) {
  return type == DnsType::kTxt || type == DnsType::kCname || type == DnsType::kDname ||
         type == DnsType::kNsec || type == kNsec3Type;
}

DnsType covered_by(const DnsRecord& record) {
  const auto rrsig = record.type == DnsType::kRrsig ? read_rrsig(record.rdata) : std::nullopt;
  return rrsig ? rrsig->covered : record.type;
}

std::set<std::string> signers_of(const std::vector<DnsRecord>& records) {
  std::set<std::string> signers;
  for (const DnsRecord& record : records) {
    if (record.type != DnsType::kRrsig) continue;
    if (const auto rrsig = read_rrsig(record.rdata)) signers.insert(rrsig->signer.to_text());
  }
  return signers;
}

// A wildcard's answer with NSEC3 records that leave names out: libunbound calls it insecure however well the
// zone is signed, for the records do not say that the name has no record of its own (RFC 5155 section 8.8).
bool is_left_open_by_opt_out(const std::string& owner, const Validation& found) {
  const auto labels = std::count(owner.begin(), owner.end(), '.');
  const auto is_expanded = [&](const DnsRecord& record) {
    const auto rrsig = record.type == DnsType::kRrsig ? read_rrsig(record.rdata) : std::nullopt;
    return rrsig && record.owner == owner && rrsig->labels < labels;
  };
  const auto leaves_out = [](const DnsRecord& record) {
    const auto nsec3 = record.type == kNsec3Type ? read_nsec3(record.rdata) : std::nullopt;
    return nsec3 && nsec3->opt_out();
  };
  return std::any_of(found.evidence.begin(), found.evidence.end(), is_expanded) &&
         std::any_of(found.evidence.begin(), found.evidence.end(), leaves_out);
}

base::Status why_not(const std::string& owner, DnsType type, const Validation& found) {
  switch (found.security) {
    case Security::kInsecure:
      if (is_left_open_by_opt_out(owner, found)) {
        return base::failed_precondition(
            fmt::format("{} comes from a wildcard in a zone that uses NSEC3 with opt-out, with which no "
                        "wildcard is proven; "
                        "give the name a record of its own, or switch opt-out off",
                        owner));
      }
      return base::failed_precondition(
          fmt::format("{} is not DNSSEC-signed up to the trust anchor; switch DNSSEC on at the DNS provider "
                      "and enter the DS record "
                      "at the registrar",
                      owner));
    case Security::kBogus:
      return base::failed_precondition(
          fmt::format("{} does not validate ({}); compare the DS record at the registrar with the zone's "
                      "DNSKEY, and look "
                      "whether the signatures have expired",
                      owner, found.why));
    case Security::kIndeterminate:
      return base::unavailable(fmt::format("{} could not be validated: {}", owner, found.why));
    case Security::kSecure:
      break;
  }
  if (type == DnsType::kTxt) {
    return base::not_found(fmt::format("{} has no TXT record; publish it first", owner));
  }
  return base::unavailable(
      fmt::format("{} has no {} record any more; try again in a moment", owner, to_string(type)));
}

}  // namespace

struct Prover::Collected {
  std::vector<DnsRecord> leaf;
  std::vector<DnsRecord> trunk;
  std::set<std::pair<std::string, std::uint32_t>> keys;  // zone, and algorithm and tag of a key in it

  void add_keys(const std::string& zone, const std::vector<DnsRecord>& records) {
    for (const DnsRecord& record : records) {
      if (record.type != DnsType::kDnskey) continue;
      if (const auto key = read_dnskey(record.rdata))
        keys.emplace(zone, id_of(key->algorithm, key_tag_of(record.rdata)));
    }
  }

  // Verifiers refuse a proof with a signature whose key is not in it (a zone in the middle of a rollover has
  // such), and none needs one that is out of its time.
  void drop_useless_signatures(base::WallTime now) {
    const auto seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    const auto useless = [&](const DnsRecord& record) {
      if (record.type != DnsType::kRrsig) return false;
      const auto rrsig = read_rrsig(record.rdata);
      if (!rrsig) return true;
      // RFC 1982: the difference tells which is later.
      const bool over = static_cast<std::int32_t>(rrsig->expiration - seconds) < 0;
      const bool early = static_cast<std::int32_t>(seconds - rrsig->inception) < 0;
      return over || early || !is_supported(rrsig->algorithm) ||
             !keys.contains({rrsig->signer.to_text(), id_of(rrsig->algorithm, rrsig->key_tag)});
    };
    std::erase_if(leaf, useless);
    std::erase_if(trunk, useless);
  }

  static std::uint32_t id_of(std::uint8_t algorithm, std::uint16_t tag) {
    return (std::uint32_t{algorithm} << 16U) | tag;
  }
};

namespace {

// What is left of a TTL in a cache says nothing about the name: the original TTLs make proofs of one zone
// alike.
void restore_ttls(std::vector<DnsRecord>& records) {
  std::map<std::pair<std::string, DnsType>, std::uint32_t> original;
  for (const DnsRecord& record : records) {
    if (record.type != DnsType::kRrsig) continue;
    if (const auto rrsig = read_rrsig(record.rdata))
      original[{record.owner, rrsig->covered}] = rrsig->original_ttl;
  }
  for (DnsRecord& record : records) {
    const auto found = original.find({record.owner, covered_by(record)});
    if (found != original.end()) record.ttl = found->second;
  }
}

// One order for the same records, whatever order the servers like: what is needed first comes last.
void sort(std::vector<DnsRecord>& records) {
  const auto place = [](const DnsRecord& record) {
    const auto labels = std::count(record.owner.begin(), record.owner.end(), '.');
    return std::tuple{-labels, std::string_view{record.owner}, covered_by(record), record.type};
  };
  std::sort(records.begin(), records.end(), [&](const DnsRecord& a, const DnsRecord& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.rdata < b.rdata;
  });
}

}  // namespace

std::vector<std::uint8_t> MadeProof::chain() const {
  std::vector<std::uint8_t> whole = leaf;
  whole.insert(whole.end(), trunk.begin(), trunk.end());
  return whole;
}

Prover::Prover(const Validator& validator, TrustAnchors anchors, base::Clock& clock, SignatureMemory* memory)
    : validator_(validator), anchors_(std::move(anchors)), clock_(clock), memory_(memory), parts_(clock) {}

asio::awaitable<base::Result<MadeProof>> Prover::prove(std::string owner, base::Duration timeout) const {
  const base::MonotonicTime end = clock_.monotonic() + timeout;
  const auto normal = net::normal_name(owner);
  if (!normal) co_return base::fail(base::invalid_argument(fmt::format("'{}' is not a DNS name", owner)));
  auto made = co_await attempt(*normal, end, Freshness::kCached);
  // Keys may have been rolled since they were remembered.
  if (!made && made.error().code() == base::Code::kFailedPrecondition) {
    made = co_await attempt(*normal, end, Freshness::kRecent);
  }
  co_return made;
}

asio::awaitable<base::Result<MadeProof>> Prover::attempt(const std::string& owner, base::MonotonicTime end,
                                                         Freshness above) const {
  Collected collected;
  if (auto status = co_await collect_leaf(owner, end, collected); !status.ok()) co_return base::fail(status);
  if (auto status = co_await collect_trunk(end, above, collected); !status.ok()) co_return base::fail(status);

  const base::WallTime now = clock_.wall();
  collected.drop_useless_signatures(now);
  for (auto* part : {&collected.leaf, &collected.trunk}) {
    restore_ttls(*part);
    sort(*part);
  }
  auto leaf = encode_chain(collected.leaf);
  if (!leaf) co_return base::fail(leaf.error());
  auto trunk = encode_chain(collected.trunk);
  if (!trunk) co_return base::fail(trunk.error());
  MadeProof made{*std::move(leaf), *std::move(trunk), {}};
  ChainOptions options;
  options.now = now;
  options.memory = memory_;
  auto verified = verify_payment_proof(made.chain(), owner, anchors_, options);
  if (!verified) co_return base::fail(verified.error());
  made.verified = *std::move(verified);
  co_return made;
}

asio::awaitable<base::Status> Prover::collect_leaf(const std::string& owner, base::MonotonicTime end,
                                                   Collected& collected) const {
  auto answer = co_await ask(owner, DnsType::kTxt, end, Freshness::kFresh);
  if (!answer) co_return answer.error();
  for (DnsRecord& record : *answer) {
    if (belongs_to_leaf(covered_by(record))) collected.leaf.push_back(std::move(record));
  }
  co_return base::Status{};
}

// Each zone that signed something, and each that signed its DS, up to the root.
asio::awaitable<base::Status> Prover::collect_trunk(base::MonotonicTime end, Freshness freshness,
                                                    Collected& collected) const {
  std::set<std::string> to_do = signers_of(collected.leaf);
  std::set<std::string> seen;
  while (!to_do.empty()) {
    const std::string zone = to_do.extract(to_do.begin()).value();
    if (!seen.insert(zone).second) continue;
    if (seen.size() > kMaxZones) {
      co_return base::failed_precondition(fmt::format(
          "more than {} zones have signed something on the way; shorten the delegations and aliases",
          kMaxZones));
    }
    auto part = co_await part_of(zone, end, freshness);
    if (!part) co_return part.error();
    collected.add_keys(zone, part->records);
    to_do.merge(part->signers_of_ds);
    collected.trunk.insert(collected.trunk.end(), std::make_move_iterator(part->records.begin()),
                           std::make_move_iterator(part->records.end()));
  }
  co_return base::Status{};
}

asio::awaitable<base::Result<Prover::ZonePart>> Prover::part_of(std::string zone, base::MonotonicTime end,
                                                                Freshness freshness) const {
  if (freshness == Freshness::kCached) {
    if (auto known = parts_.find(zone)) co_return *std::move(known);
  }
  auto records = co_await ask(zone, DnsType::kDnskey, end, freshness);
  if (!records) co_return base::fail(records.error());
  ZonePart part;
  if (zone != ".") {
    auto ds = co_await ask(zone, DnsType::kDs, end, freshness);
    if (!ds) co_return base::fail(ds.error());
    part.signers_of_ds = signers_of(*ds);
    records->insert(records->end(), std::make_move_iterator(ds->begin()), std::make_move_iterator(ds->end()));
  }
  for (DnsRecord& record : *records) {
    const DnsType type = covered_by(record);
    if (record.owner == zone && (type == DnsType::kDnskey || type == DnsType::kDs)) {
      part.records.push_back(std::move(record));
    }
  }
  parts_.put(zone, part);
  co_return part;
}

asio::awaitable<base::Result<std::vector<DnsRecord>>> Prover::ask(std::string name, DnsType type,
                                                                  base::MonotonicTime end,
                                                                  Freshness freshness) const {
  const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
  if (left.count() <= 0) {
    co_return base::fail(base::deadline_exceeded(
        fmt::format("the proof was not made in time: {} {} was still to be asked", name, to_string(type))));
  }
  auto found = co_await validator_.validate(name, type, left, freshness);
  if (!found) co_return base::fail(found.error());
  if (found->security != Security::kSecure || !found->exists)
    co_return base::fail(why_not(name, type, *found));
  co_return std::move(found->evidence);
}

}  // namespace paynamed::names
