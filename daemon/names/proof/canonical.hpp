// The canonical form of records (RFC 4034 section 6): what signatures are made over.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "names/proof/rdata.hpp"

namespace paynamed::names {

// The rdata with names in lower case where RFC 4034 section 6.2 and RFC 6840 section 5.1 say so. Nothing when
// a type with such names has rdata that does not hold them.
std::optional<std::vector<std::uint8_t>> canonical_rdata(net::DnsType type, ByteView rdata);

// The bytes that an RRSIG signs (RFC 4034 section 3.1.8.1): its own rdata without the signature, then each
// record of the set under `owner` with the original TTL. `rdata` are canonical, in canonical order (RFC 4034
// section 6.3: as bytes) and without repetitions.
std::vector<std::uint8_t> signed_bytes(const Rrsig& rrsig, const WireName& owner,
                                       const std::vector<std::vector<std::uint8_t>>& rdata);

}  // namespace paynamed::names
