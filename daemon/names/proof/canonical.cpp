#include "names/proof/canonical.hpp"

#include "names/ascii.hpp"

namespace paynamed::names {
namespace {

// Where a type's rdata has names: after `before` bytes and `strings` character-strings, `names` of them, and
// whether something follows.
struct NamePlaces {
  std::size_t before = 0;
  std::size_t strings = 0;
  std::size_t names = 0;
  bool more_follows = false;
};

// RFC 4034 section 6.2. Not HINFO, which has no names, nor NSEC (RFC 6840 section 5.1), nor A6, which is
// historic (RFC 6563).
NamePlaces places_of(net::DnsType type) {
  switch (static_cast<std::uint16_t>(type)) {
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
    case 39:  // DNAME
      return {0, 0, 1, false};
    case 6:  // SOA
      return {0, 0, 2, true};
    case 14:  // MINFO
    case 17:  // RP
      return {0, 0, 2, false};
    case 15:  // MX
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
      return {2, 0, 1, false};
    case 24:  // SIG
    case 46:  // RRSIG
      return {18, 0, 1, true};
    case 26:  // PX
      return {2, 0, 2, false};
    case 30:  // NXT
      return {0, 0, 1, true};
    case 33:  // SRV
      return {6, 0, 1, false};
    case 35:  // NAPTR
      return {4, 3, 1, false};
    default:
      return {0, 0, 0, true};
  }
}

void append(std::vector<std::uint8_t>& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_u16(std::vector<std::uint8_t>& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8 & 0xffU));
  out.push_back(static_cast<std::uint8_t>(value & 0xffU));
}

void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  append_u16(out, value >> 16);
  append_u16(out, value & 0xffffU);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> canonical_rdata(net::DnsType type, ByteView rdata) {
  const NamePlaces places = places_of(type);
  std::vector<std::uint8_t> out;
  out.reserve(rdata.size());
  if (places.names == 0) {
    append(out, rdata);
    return out;
  }
  ByteReader reader{rdata};
  const auto before = reader.take(places.before);
  if (!before) return std::nullopt;
  append(out, *before);
  for (std::size_t i = 0; i < places.strings; ++i) {
    const auto length = reader.u8();
    if (!length) return std::nullopt;
    const auto string = reader.take(*length);
    if (!string) return std::nullopt;
    out.push_back(*length);
    append(out, *string);
  }
  for (std::size_t i = 0; i < places.names; ++i) {
    const auto name = reader.name();
    if (!name) return std::nullopt;
    append(out, name->bytes());
  }
  if (!places.more_follows && !reader.rest().empty()) return std::nullopt;
  append(out, reader.rest());
  return out;
}

std::vector<std::uint8_t> signed_bytes(const Rrsig& rrsig, const WireName& owner,
                                       const std::vector<std::vector<std::uint8_t>>& rdata) {
  std::size_t size = 18 + rrsig.signer.size();
  for (const auto& one : rdata) size += owner.size() + 10 + one.size();
  std::vector<std::uint8_t> out;
  out.reserve(size);
  append_u16(out, static_cast<std::uint16_t>(rrsig.covered));
  out.push_back(rrsig.algorithm);
  out.push_back(rrsig.labels);
  append_u32(out, rrsig.original_ttl);
  append_u32(out, rrsig.expiration);
  append_u32(out, rrsig.inception);
  append_u16(out, rrsig.key_tag);
  append(out, rrsig.signer.bytes());
  for (const auto& one : rdata) {
    append(out, owner.bytes());
    append_u16(out, static_cast<std::uint16_t>(rrsig.covered));
    append_u16(out, kInternetClass);
    append_u32(out, rrsig.original_ttl);
    append_u16(out, one.size());
    append(out, one);
  }
  return out;
}

}  // namespace paynamed::names
