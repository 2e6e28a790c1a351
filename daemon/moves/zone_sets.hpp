// A zone as sets of records, and in what two versions of it differ.
//
// Threads: value types and pure functions.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::moves {

struct SetName {
  std::string owner;  // normal form of net/dns_wire.hpp
  net::DnsType type{};
  // "mail.example.com./MX", as --accept takes it.
  std::string to_string() const;
  friend auto operator<=>(const SetName&, const SetName&) = default;
};

struct RecordData {
  std::uint32_t ttl = 0;                        // seconds; the largest of the set
  std::set<std::vector<std::uint8_t>> records;  // rdata in canonical form
  bool has_own_form = false;  // a record of it is the provider's own, with no form in the DNS (an alias)
  friend bool operator==(const RecordData&, const RecordData&) = default;
};

using ZoneSets = std::map<SetName, RecordData>;

// Adds a record. Names in it are compared in lower case (RFC 4034 section 6.2).
void add_record(ZoneSets& sets, const net::DnsRecord& record);

// Whether a set belongs to the server that signs the zone or to its place in the tree, so that two servers of
// one zone rightly differ in it: SOA, the NS set of the apex, DNSKEY, CDS and CDNSKEY (which are compared by
// questions), signatures and denials.
bool is_of_the_server(const SetName& name, const std::string& zone);

// "example.com/MX" -> the set. INVALID_ARGUMENT with what --accept takes.
base::Result<SetName> parse_set_name(std::string_view text);

// A type by its mnemonic or TYPE123; nothing for another text.
std::optional<net::DnsType> type_from(std::string_view text);

struct Difference {
  SetName set;
  std::string sentence;
};
// How the set stands at the other side, as a sentence without a subject: "is missing", "has other records",
// "has TTL 60 in place of 300"; empty when both are the same. What a provider has in a form of its own is
// never the same. Null for a set that is not there.
std::string difference(const RecordData* from, const RecordData* to);

}  // namespace paynamed::moves
