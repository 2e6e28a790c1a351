// The DNS message format: questions out, untrusted answers in. No sockets here; net/dns_transport.hpp has
// them.
//
// Names are text: absolute with the final dot, lower case, bytes outside printable ASCII and special
// characters as RFC 4343 section 2.1 escapes (\. and \DDD).
//
// Threads: value types and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

namespace paynamed::net {

// RFC 1035 section 3.2.2 and later; any other number is possible in an answer.
enum class DnsType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
  kDname = 39,
  kDs = 43,
  kRrsig = 46,
  kNsec = 47,
  kDnskey = 48,
};

// RFC 1035 section 4.1.1, RFC 2136 section 2.2; extended codes (RFC 6891) are joined in.
enum class DnsRcode : std::uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kNotAuth = 9,
};

// "NXDOMAIN", "REFUSED" and so on; "RCODE 123" for one without a name here.
std::string to_string(DnsRcode rcode);
// "TXT", "SOA" and so on; "TYPE123" (RFC 3597) for one without a name here.
std::string to_string(DnsType type);

struct DnsQuestion {
  std::string name;
  DnsType type = DnsType::kTxt;
  bool recursion_desired = false;  // for resolvers; an authoritative server needs it off
  bool checking_disabled =
      false;  // for resolvers: the answer is wanted also when it does not validate there (CD)
};

struct DnsQueryOptions {
  bool dnssec = true;     // EDNS with DO (RFC 3225)
  bool mix_case = false;  // draft-vixie-dnsext-dns0x20: the answer must repeat the case that we sent
  std::uint16_t udp_payload = 1232;  // what we take by UDP; RFC 9715 section 3
};

// A question on its way; decode_answer() needs it to tell our answer from others.
struct DnsQuery {
  DnsQuestion question;
  std::uint16_t id = 0;
  std::vector<std::uint8_t> name_wire;  // in the case that was sent
  std::vector<std::uint8_t> wire;
};

struct DnsRecord {
  std::string owner;
  DnsType type{};
  std::uint16_t record_class = 1;
  std::uint32_t ttl = 0;            // seconds; a value with the top bit set reads as 0 (RFC 2181 section 8)
  std::vector<std::uint8_t> rdata;  // uncompressed
};

struct DnsAnswer {
  DnsRcode rcode{};
  bool authoritative = false;
  bool truncated = false;
  bool recursion_available = false;
  bool authenticated = false;  // the AD bit: the server's word, never proof
  std::vector<DnsRecord> answer;
  std::vector<DnsRecord> authority;
  std::vector<DnsRecord> additional;  // without OPT
  std::size_t wire_bytes = 0;
};

// The packet for a question with an unpredictable id. INVALID_ARGUMENT when the name is no DNS name.
base::Result<DnsQuery> encode_query(DnsQuestion question, const DnsQueryOptions& options,
                                    base::Random& random);

// Why a datagram is not taken.
enum class DnsReject {
  kNotOurs,    // other id, question or case, or not a response: forged or late; wait for the real one
  kMalformed,  // ours by id and question, but it cannot be parsed
};

// The answer to `query` in an untrusted packet. A truncated answer (TC) keeps its header even when its
// records do not parse: whoever gets it asks again by TCP.
tl::expected<DnsAnswer, DnsReject> decode_answer(std::span<const std::uint8_t> wire, const DnsQuery& query);

// Any message without asking whose it is: for fuzzing and tools. Nothing when it does not parse.
std::optional<DnsAnswer> decode_message(std::span<const std::uint8_t> wire);

// The text of a wire name at the start of `wire` and how many bytes it takes. Nothing for a name that is cut
// off, longer than 255 bytes or compressed.
struct DnsNameAt {
  std::string name;
  std::size_t size = 0;
};
std::optional<DnsNameAt> name_from_wire(std::span<const std::uint8_t> wire);
// The other way, in the given case; a missing final dot is added. Nothing for empty labels, labels above 63
// bytes, names above 255 bytes and broken escapes.
std::optional<std::vector<std::uint8_t>> name_to_wire(std::string_view name);
// Lower case and with the final dot; nothing when name_to_wire() gives nothing.
std::optional<std::string> normal_name(std::string_view name);

// Whether `name` is `ancestor` or below it. Both normal.
bool is_at_or_below(std::string_view name, std::string_view ancestor);
// The name without its first label; "." for a top level and for "." itself. `name` is normal.
std::string parent_of(std::string_view name);

// The character-strings of a TXT record joined (BIP-353: in order, without separators); nothing when rdata is
// broken.
std::optional<std::string> txt_value(std::span<const std::uint8_t> rdata);
// The name that NS, CNAME and DNAME records hold, and the MNAME of SOA. Nothing when rdata is broken.
std::optional<std::string> target_name(const DnsRecord& record);
// The serial of a SOA record; nothing when rdata is broken.
std::optional<std::uint32_t> soa_serial(const DnsRecord& record);

}  // namespace paynamed::net
