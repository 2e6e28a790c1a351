// Records of the API in wire format, by libldns.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paynamed::powerdns {

struct WireRecord {
  std::uint32_t type = 0;
  std::string rdata;  // uncompressed
};

// PowerDNS's own ALIAS and LUA have their numbers and no rdata. Throws Error(kFailedPrecondition) for what
// else has no wire format: its name stands in the sentence, because a zone that is listed without it would
// look complete.
WireRecord wire_record(const std::string& name, const std::string& type, const std::string& content);

// The digest of a DS record, from its text. Throws Error(kFailedPrecondition).
struct SignerDigest {
  std::uint32_t key_tag = 0;
  std::uint32_t algorithm = 0;
  std::uint32_t digest_type = 0;
  std::string digest;
};
SignerDigest signer_digest(const std::string& ds);

}  // namespace paynamed::powerdns
