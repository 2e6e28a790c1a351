// Records to the bytes of a proof (RFC 9102 section 2: AuthenticationChain), for whoever builds one.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::names {

// One record in wire format: names in lower case where RFC 4034 section 6.2 has them so, nothing compressed,
// the TTL as given. INVALID_ARGUMENT when the owner is no DNS name, or the rdata does not fit its type or its
// length.
base::Result<std::vector<std::uint8_t>> encode_record(const net::DnsRecord& record);

// All of them in the given order, each once. INVALID_ARGUMENT as above, and when they are more than a proof
// may have (record_sets.hpp).
base::Result<std::vector<std::uint8_t>> encode_chain(std::span<const net::DnsRecord> records);

}  // namespace paynamed::names
