#include "names/proof/encode_chain.hpp"

#include <fmt/format.h>

#include <set>

#include "names/proof/canonical.hpp"
#include "names/proof/record_sets.hpp"

namespace paynamed::names {
namespace {

void append(std::vector<std::uint8_t>& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xffU));
}

}  // namespace

base::Result<std::vector<std::uint8_t>> encode_record(const net::DnsRecord& record) {
  const auto owner = WireName::from_text(record.owner);
  const auto rdata = canonical_rdata(record.type, record.rdata);
  if (!owner || !rdata || rdata->size() > 0xffff) {
    return base::fail(base::invalid_argument(
        fmt::format("the {} record of '{}' cannot be written: its name or its data is malformed",
                    net::to_string(record.type), record.owner)));
  }
  std::vector<std::uint8_t> out(owner->bytes().begin(), owner->bytes().end());
  append(out, static_cast<std::uint16_t>(record.type), 2);
  append(out, record.record_class, 2);
  append(out, record.ttl, 4);
  append(out, static_cast<std::uint32_t>(rdata->size()), 2);
  out.insert(out.end(), rdata->begin(), rdata->end());
  return out;
}

base::Result<std::vector<std::uint8_t>> encode_chain(std::span<const net::DnsRecord> records) {
  std::vector<std::uint8_t> chain;
  std::set<std::vector<std::uint8_t>> seen;
  for (const net::DnsRecord& record : records) {
    auto bytes = encode_record(record);
    if (!bytes) return base::fail(std::move(bytes.error()));
    if (!seen.insert(*bytes).second) continue;
    chain.insert(chain.end(), bytes->begin(), bytes->end());
    if (seen.size() > kMaxProofRecords || chain.size() > kMaxProofBytes) {
      return base::fail(base::invalid_argument(fmt::format(
          "the proof would have more than {} records or {} bytes", kMaxProofRecords, kMaxProofBytes)));
    }
  }
  return chain;
}

}  // namespace paynamed::names
