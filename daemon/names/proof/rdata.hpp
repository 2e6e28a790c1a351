// The records that DNSSEC itself reads: RRSIG, DNSKEY, DS, NSEC, NSEC3. Untrusted rdata in, fields out; the
// spans point into the rdata.
//
// Threads: value types and pure functions.
#pragma once

#include <optional>

#include "names/proof/wire_name.hpp"
#include "net/dns_wire.hpp"

namespace paynamed::names {

inline constexpr net::DnsType kNsec3Type{50};
inline constexpr std::uint16_t kInternetClass = 1;

// Reads numbers in network order, spans and names off the front of bytes. Once something was not there,
// nothing is: whoever reads several fields needs to check the last one only.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}
  std::optional<std::uint8_t> u8();
  std::optional<std::uint16_t> u16();
  std::optional<std::uint32_t> u32();
  std::optional<ByteView> take(std::size_t size);
  std::optional<WireName> name();
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
  bool failed_ = false;
};

// RFC 4034 section 3.1.
struct Rrsig {
  net::DnsType covered{};
  std::uint8_t algorithm = 0;
  std::uint8_t labels = 0;
  std::uint32_t original_ttl = 0;  // seconds
  std::uint32_t expiration = 0;    // serial number arithmetic, RFC 1982
  std::uint32_t inception = 0;
  std::uint16_t key_tag = 0;
  WireName signer;
  ByteView signature;
};
std::optional<Rrsig> read_rrsig(ByteView rdata);

// RFC 4034 section 2.1.
struct Dnskey {
  std::uint16_t flags = 0;
  std::uint8_t protocol = 0;
  std::uint8_t algorithm = 0;
  ByteView key;
  ByteView rdata;  // the whole

  bool is_zone_key() const { return (flags & 0x0100U) != 0 && protocol == 3; }
  bool is_revoked() const { return (flags & 0x0080U) != 0; }  // RFC 5011 section 7
};
std::optional<Dnskey> read_dnskey(ByteView rdata);
// RFC 4034 appendix B, without the exception for algorithm 1, which nobody may use.
std::uint16_t key_tag_of(ByteView dnskey_rdata);

// RFC 4034 section 5.1.
struct Ds {
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  std::uint8_t digest_type = 0;
  ByteView digest;
};
std::optional<Ds> read_ds(ByteView rdata);

// RFC 4034 section 4.1.2: whether the type stands in the bitmap. A broken bitmap has none.
bool type_in_bitmap(ByteView bitmap, net::DnsType type);

// RFC 4034 section 4.1.
struct Nsec {
  WireName next;
  ByteView types;
};
std::optional<Nsec> read_nsec(ByteView rdata);

// RFC 5155 section 3.1.
struct Nsec3 {
  std::uint8_t hash_algorithm = 0;
  std::uint8_t flags = 0;
  std::uint16_t iterations = 0;
  ByteView salt;
  ByteView next_hash;
  ByteView types;

  bool opt_out() const { return (flags & 0x01U) != 0; }
};
std::optional<Nsec3> read_nsec3(ByteView rdata);

}  // namespace paynamed::names
