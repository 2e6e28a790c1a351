// The DNS messages of this plugin: UPDATE and queries, signed with TSIG (RFC 2136, RFC 8945). libldns behind
// it.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ldns_struct_pkt;
struct ldns_struct_rdf;
struct ldns_struct_rr;

namespace paynamed::rfc2136 {

using Bytes = std::vector<std::uint8_t>;

struct FreePacket {
  void operator()(ldns_struct_pkt* packet) const;
};
using Packet = std::unique_ptr<ldns_struct_pkt, FreePacket>;

// libldns misspells hmac-sha384, so that it is not offered.
struct TsigKey {
  std::string name;       // with its dot
  std::string algorithm;  // "hmac-sha256" or "hmac-sha512"
  std::string secret;     // base64
};

// A message on its way and what its answer is checked with.
struct Message {
  std::uint16_t id = 0;
  Bytes wire;
  Bytes mac;
  std::int64_t signed_at = 0;  // seconds since 1970, as the signature has it
};

struct TxtValue {
  std::string joined;
  Bytes rdata;  // as the server splits it
  std::uint32_t ttl_seconds = 0;
};

struct Answer {
  int rcode = 0;
  bool is_signed = false;        // with our key, and the signature is right
  int tsig_error = 0;            // 16 BADSIG, 17 BADKEY, 18 BADTIME; 0 without
  std::int64_t server_time = 0;  // with BADTIME, seconds since 1970; 0 if the server did not say
  bool authoritative = false;
  Bytes mac;  // of its signature, for the message after it
  Packet packet;
};

// The TXT record's rdata for a joined value, strings of at most 255 bytes.
Bytes txt_rdata(std::string_view value);
// The other way; cut off where the last string ends too early.
std::string joined_txt(std::span<const std::uint8_t> rdata);

// What must be so before, and what is done then, at one name. All in one atomic UPDATE, with the prerequisite
// that no CNAME stands there: a server would ignore the record silently (RFC 2136 section 3.4.2.2).
struct Change {
  std::string zone;
  std::string name;
  std::vector<Bytes> before;   // exactly these TXT records; none: no TXT at all
  std::optional<Bytes> after;  // this one TXT; without: none
  std::uint32_t ttl_seconds = 0;
};

// Throw Error(kInvalidArgument) for what is no name, Error(kInternal) when libldns fails.
Message make_update(const Change& change, const TsigKey& key, std::uint16_t id);
Message make_query(const std::string& name, std::uint16_t type, const TsigKey& key, std::uint16_t id);

// An answer from outside. Nothing when it is no answer to `message` or no DNS message.
std::optional<Answer> read_answer(const Message& message, std::span<const std::uint8_t> wire,
                                  const TsigKey& key);
// The same of a further message of one answer; `mac` is that of the message before (RFC 8945 section 5.3.1).
std::optional<Answer> read_next_answer(const Message& message, const Bytes& mac,
                                       std::span<const std::uint8_t> wire, const TsigKey& key);

// The TXT records that stand at `name` itself in the answer section; those of a wildcard do not, which only a
// signed zone tells apart.
std::vector<TxtValue> txt_values(const Answer& answer, const std::string& name);
bool has_alias(const Answer& answer, const std::string& name);

struct DelegationSigner {
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  std::uint8_t digest_type = 0;
  Bytes digest;
};
// What the parent should have for the key-signing keys among the DNSKEY records at `zone` (SHA-256).
std::vector<DelegationSigner> delegation_signers(const Answer& answer, const std::string& zone);

// A name of a message in text, lower case with the final dot; empty for what is no name.
std::string text_of(const ldns_struct_rdf* name);
// Lower case with the final dot; nothing for what is no DNS name.
std::optional<std::string> normal_name(const std::string& name);
bool is_below(const std::string& name, const std::string& zone);

}  // namespace paynamed::rfc2136
