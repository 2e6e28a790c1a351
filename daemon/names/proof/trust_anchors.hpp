// Trust anchors: the keys that need no proof.
//
// Threads: value types and pure functions; read_trust_anchors() reads a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::names {

struct TrustAnchor {
  std::string zone;                 // normal form
  net::DnsType type{};              // DS or DNSKEY
  std::vector<std::uint8_t> rdata;  // of that type
};
using TrustAnchors = std::vector<TrustAnchor>;

// IANA's root keys 20326 (KSK-2017) and 38696 (KSK-2024).
TrustAnchors iana_root_anchors();

// DS and DNSKEY records in zone file format (RFC 1035 section 5): what unbound takes as trust-anchor-file,
// and dns.trust_anchor with it. INVALID_ARGUMENT with the line for what does not parse, for other types, and
// when there is no record.
base::Result<TrustAnchors> parse_trust_anchors(std::string_view zone_file);

// The same from a file; an empty path gives iana_root_anchors(). FAILED_PRECONDITION when it cannot be read
// or used.
base::Result<TrustAnchors> read_trust_anchors(const std::filesystem::path& file);

}  // namespace paynamed::names
