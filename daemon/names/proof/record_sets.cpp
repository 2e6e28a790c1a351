#include "names/proof/record_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "names/proof/canonical.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;

struct Record {
  WireName owner;
  net::DnsType type{};
  std::uint16_t record_class = 0;
  ByteView rdata;
};

std::optional<Record> read_record(ByteReader& reader) {
  auto owner = reader.name();
  if (!owner) return std::nullopt;
  const auto type = reader.u16();
  const auto record_class = reader.u16();
  reader.u32();  // the TTL, which nobody signed: that of the RRSIG counts (RFC 4035 section 5.3.3)
  const auto size = reader.u16();
  if (!size) return std::nullopt;
  const auto rdata = reader.take(*size);
  if (!rdata) return std::nullopt;
  return Record{std::move(*owner), net::DnsType{*type}, *record_class, *rdata};
}

// RFC 6895 section 3.1: 0, OPT and the types for questions and transactions never stand in a zone.
bool is_data(net::DnsType type) {
  const auto number = static_cast<std::uint16_t>(type);
  return number != 0 && number != 41 && (number < 128 || number > 255);
}

bool same_bytes(ByteView a, ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

base::Result<std::vector<RecordSet>> read_record_sets(ByteView chain) {
  if (chain.empty()) return fail(invalid_argument("the proof is empty"));
  if (chain.size() > kMaxProofBytes) {
    return fail(invalid_argument(
        fmt::format("the proof has {} bytes; at most {} are read", chain.size(), kMaxProofBytes)));
  }
  std::vector<RecordSet> sets;
  std::map<std::pair<WireName, net::DnsType>, std::size_t> index;
  const auto set_of = [&](const WireName& owner, net::DnsType type) -> RecordSet& {
    const auto [place, added] = index.try_emplace({owner, type}, sets.size());
    if (added) sets.push_back({owner, type, {}, {}});
    return sets[place->second];
  };
  ByteReader reader{chain};
  for (std::size_t count = 0; !reader.rest().empty(); ++count) {
    const std::size_t at = chain.size() - reader.rest().size();
    if (count == kMaxProofRecords) {
      return fail(invalid_argument(fmt::format(
          "the proof has more than {} records; leave out what it does not need", kMaxProofRecords)));
    }
    auto record = read_record(reader);
    if (!record) {
      return fail(invalid_argument(
          fmt::format("there is no whole record at byte {} of the proof; names must not be compressed", at)));
    }
    if (record->record_class != kInternetClass || !is_data(record->type)) {
      return fail(invalid_argument(
          fmt::format("the record at byte {} of the proof has class {} and type {}, which no "
                      "zone of the Internet has",
                      at, record->record_class, static_cast<int>(record->type))));
    }
    if (record->type != net::DnsType::kRrsig) {
      RecordSet& set = set_of(record->owner, record->type);
      const auto same = [&](ByteView other) { return same_bytes(other, record->rdata); };
      if (std::none_of(set.rdata.begin(), set.rdata.end(), same)) set.rdata.push_back(record->rdata);
      continue;
    }
    auto rrsig = read_rrsig(record->rdata);
    if (!rrsig || !is_data(rrsig->covered) || rrsig->covered == net::DnsType::kRrsig) {
      return fail(invalid_argument(fmt::format("the RRSIG at byte {} of the proof is malformed", at)));
    }
    RecordSet& set = set_of(record->owner, rrsig->covered);
    if (set.signatures.size() == kMaxSignaturesOverSet) {
      return fail(invalid_argument(fmt::format("the proof has more than {} signatures over {} {}",
                                               kMaxSignaturesOverSet, set.owner.to_text(),
                                               net::to_string(set.type))));
    }
    set.signatures.push_back(std::move(*rrsig));
  }
  return sets;
}

}  // namespace paynamed::names
