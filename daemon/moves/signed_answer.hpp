// Whether a set of records in an answer is signed by a key of the zone, now.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::moves {

// A zone's DNSKEY records as rdata.
using ZoneKeys = std::vector<std::vector<std::uint8_t>>;

// The DNSKEY records of `zone` in an answer, in order and each once.
ZoneKeys keys_in(const net::DnsAnswer& answer, const std::string& zone);

// Of the set `owner`/`type` in `records` with the signatures that stand beside it: nothing when one of `keys`
// made one that holds now (RFC 4035 section 5.3), else why not, as a half of a sentence: "is not signed".
std::string why_not_signed(const std::vector<net::DnsRecord>& records, const std::string& owner,
                           net::DnsType type, const std::string& zone, const ZoneKeys& keys,
                           base::WallTime now);

}  // namespace paynamed::moves
