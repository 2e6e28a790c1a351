// Which keys of a zone its DS records or trust anchors stand for.
//
// Threads: pure functions.
#pragma once

#include <set>
#include <vector>

#include "names/proof/rdata.hpp"

namespace paynamed::names {

struct ZoneKey {
  Dnskey key;
  std::uint16_t tag = 0;
};

// The keys that one of `list` stands for, revoked ones not; the types of those digests go to `used`. Digests
// of SHA-1 count only when there is no SHA-256 or SHA-384 one in the list (RFC 4509 section 3, RFC 6605
// section 3), others never.
std::vector<ByteView> keys_of_ds(const WireName& zone, std::vector<Ds> list, const std::vector<ZoneKey>& keys,
                                 std::set<std::uint8_t>& used);

}  // namespace paynamed::names
