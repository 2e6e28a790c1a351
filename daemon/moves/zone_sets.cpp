#include "moves/zone_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "names/proof/canonical.hpp"

namespace paynamed::moves {
namespace {

// Those that operators name most; net::to_string() knows fewer.
constexpr std::array<std::pair<std::string_view, std::uint16_t>, 26> kTypes{{
    {"A", 1},      {"NS", 2},          {"CNAME", 5},  {"SOA", 6},    {"PTR", 12},     {"HINFO", 13},
    {"MX", 15},    {"TXT", 16},        {"AAAA", 28},  {"LOC", 29},   {"SRV", 33},     {"NAPTR", 35},
    {"DNAME", 39}, {"DS", 43},         {"SSHFP", 44}, {"RRSIG", 46}, {"NSEC", 47},    {"DNSKEY", 48},
    {"NSEC3", 50}, {"NSEC3PARAM", 51}, {"TLSA", 52},  {"CDS", 59},   {"CDNSKEY", 60}, {"SVCB", 64},
    {"HTTPS", 65}, {"CAA", 257},
}};

std::string type_text(net::DnsType type) {
  for (const auto& [word, number] : kTypes) {
    if (number == static_cast<std::uint16_t>(type)) return std::string{word};
  }
  return net::to_string(type);
}

}  // namespace

std::string SetName::to_string() const {
  return fmt::format("{}/{}", owner, type_text(type));
}

std::optional<net::DnsType> type_from(std::string_view text) {
  std::string upper{text};
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const auto& [word, number] : kTypes) {
    if (word == upper) return net::DnsType{number};
  }
  if (!upper.starts_with("TYPE")) return std::nullopt;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(upper.data() + 4, upper.data() + upper.size(), number);
  if (error != std::errc{} || end != upper.data() + upper.size()) return std::nullopt;
  return net::DnsType{number};
}

base::Result<SetName> parse_set_name(std::string_view text) {
  const auto slash = text.rfind('/');
  const auto type = slash == text.npos ? std::nullopt : type_from(text.substr(slash + 1));
  const auto owner = slash == text.npos ? std::nullopt : net::normal_name(text.substr(0, slash));
  if (!type || !owner) {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' is no set of records; write its name and type, as in www.example.com/A", text)));
  }
  return SetName{*owner, *type};
}

void add_record(ZoneSets& sets, const net::DnsRecord& record) {
  RecordData& set = sets[{record.owner, record.type}];
  set.ttl = std::max(set.ttl, record.ttl);
  auto canonical = names::canonical_rdata(record.type, record.rdata);
  set.records.insert(canonical ? *std::move(canonical) : record.rdata);
}

bool is_of_the_server(const SetName& name, const std::string& zone) {
  switch (static_cast<std::uint16_t>(name.type)) {
    case 2:  // NS: that of a delegation inside the zone is data
      return name.owner == zone;
    case 6:      // SOA
    case 46:     // RRSIG
    case 47:     // NSEC
    case 48:     // DNSKEY
    case 50:     // NSEC3
    case 51:     // NSEC3PARAM
    case 59:     // CDS
    case 60:     // CDNSKEY
    case 65534:  // BIND's own notes on signing
      return true;
    default:
      return false;
  }
}

std::string difference(const RecordData* from, const RecordData* to) {
  if (from == nullptr && to == nullptr) return {};
  if ((from != nullptr && from->has_own_form) || (to != nullptr && to->has_own_form))
    return "is a record of the provider's own kind, as an alias, which cannot be compared";
  if (to == nullptr) return "is missing";
  if (from == nullptr) return "is there and not in the zone that is moved";
  if (from->records != to->records) {
    return fmt::format("has other records ({} in place of {})", to->records.size(), from->records.size());
  }
  if (from->ttl != to->ttl) return fmt::format("has TTL {} in place of {}", to->ttl, from->ttl);
  return {};
}

}  // namespace paynamed::moves
