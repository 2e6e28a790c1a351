// An untrusted RFC 9102 AuthenticationChain taken apart: its records as sets, each with the signatures over
// it.
//
// Threads: value types and pure functions. The spans point into the chain, which must outlive them.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "names/proof/rdata.hpp"

namespace paynamed::names {

// Whoever makes a proof can make its reader work (CVE-2023-50387, "KeyTrap"): nothing here grows without
// bound. An honest chain with an alias across two deep domains stays below a half of each.
inline constexpr std::size_t kMaxProofBytes = 65535;  // the length field of bLIP 32
inline constexpr std::size_t kMaxProofRecords = 256;
inline constexpr std::size_t kMaxSignaturesOverSet = 8;

struct RecordSet {
  WireName owner;
  net::DnsType type{};
  std::vector<ByteView> rdata;  // as it came, without repetitions
  std::vector<Rrsig> signatures;
};

// In order of first appearance; a set without records has signatures over nothing. INVALID_ARGUMENT when the
// bytes are no chain: too many, cut off, compressed names, a class other than IN, a type that is no data.
base::Result<std::vector<RecordSet>> read_record_sets(ByteView chain);

}  // namespace paynamed::names
