#include "net/dns_wire.hpp"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <memory>

namespace paynamed::net {
namespace {

constexpr std::size_t kHeaderBytes = 12;
// More records than this in one section serve nobody; an AXFR never comes this way.
constexpr std::size_t kMaxRecords = 1000;

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
struct FreeBuffer {
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
};
struct FreeBytes {
  void operator()(std::uint8_t* bytes) const { std::free(bytes); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;
using Buffer = std::unique_ptr<ldns_buffer, FreeBuffer>;
using Bytes = std::unique_ptr<std::uint8_t, FreeBytes>;

struct Header {
  std::uint16_t id;
  std::uint16_t flags;
  std::uint16_t questions;
  bool is_response() const { return (flags & 0x8000) != 0; }
  bool is_query_opcode() const { return (flags & 0x7800) == 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
};

std::uint16_t u16_at(std::span<const std::uint8_t> wire, std::size_t at) {
  return static_cast<std::uint16_t>(wire[at] << 8 | wire[at + 1]);
}

Header header_of(std::span<const std::uint8_t> wire) {
  return {u16_at(wire, 0), u16_at(wire, 2), u16_at(wire, 4)};
}

DnsAnswer from_header(std::span<const std::uint8_t> wire) {
  const Header header = header_of(wire);
  DnsAnswer answer;
  answer.rcode = static_cast<DnsRcode>(header.flags & 0x000f);
  answer.authoritative = (header.flags & 0x0400) != 0;
  answer.truncated = header.truncated();
  answer.recursion_available = (header.flags & 0x0080) != 0;
  answer.authenticated = (header.flags & 0x0020) != 0;
  answer.wire_bytes = wire.size();
  return answer;
}

bool take_records(const ldns_rr_list* from, ldns_buffer* buffer, std::vector<DnsRecord>& to) {
  const std::size_t count = from ? ldns_rr_list_rr_count(from) : 0;
  if (count > kMaxRecords) return false;
  to.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(from, i);
    const ldns_rdf* owner = ldns_rr_owner(rr);
    if (!owner) return false;
    auto name = name_from_wire({ldns_rdf_data(owner), ldns_rdf_size(owner)});
    if (!name) return false;
    DnsRecord record;
    record.owner = std::move(name->name);
    record.type = static_cast<DnsType>(ldns_rr_get_type(rr));
    record.record_class = static_cast<std::uint16_t>(ldns_rr_get_class(rr));
    record.ttl = ldns_rr_ttl(rr) > 0x7fffffffU ? 0 : ldns_rr_ttl(rr);
    ldns_buffer_clear(buffer);
    for (std::size_t field = 0; field < ldns_rr_rd_count(rr); ++field) {
      if (ldns_rdf2buffer_wire(buffer, ldns_rr_rdf(rr, field)) != LDNS_STATUS_OK) return false;
    }
    record.rdata.assign(ldns_buffer_begin(buffer), ldns_buffer_begin(buffer) + ldns_buffer_position(buffer));
    to.push_back(std::move(record));
  }
  return true;
}

bool same_bytes(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return std::ranges::equal(a, b);
}

bool same_folded(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  const auto fold = [](std::uint8_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : int{c}; };
  return std::ranges::equal(a, b, {}, fold, fold);
}

}  // namespace

std::string to_string(DnsRcode rcode) {
  constexpr std::array<std::string_view, 11> kNames = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                       "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                       "NXRRSET", "NOTAUTH", "NOTZONE"};
  const auto number = static_cast<std::size_t>(rcode);
  return number < kNames.size() ? std::string{kNames[number]} : fmt::format("RCODE {}", number);
}

std::string to_string(DnsType type) {
  switch (type) {
    case DnsType::kA:
      return "A";
    case DnsType::kNs:
      return "NS";
    case DnsType::kCname:
      return "CNAME";
    case DnsType::kSoa:
      return "SOA";
    case DnsType::kTxt:
      return "TXT";
    case DnsType::kAaaa:
      return "AAAA";
    case DnsType::kDname:
      return "DNAME";
    case DnsType::kDs:
      return "DS";
    case DnsType::kRrsig:
      return "RRSIG";
    case DnsType::kNsec:
      return "NSEC";
    case DnsType::kDnskey:
      return "DNSKEY";
  }
  return fmt::format("TYPE{}", static_cast<std::uint16_t>(type));
}

base::Result<DnsQuery> encode_query(DnsQuestion question, const DnsQueryOptions& options,
                                    base::Random& random) {
  auto normal = normal_name(question.name);
  if (!normal)
    return base::fail(base::invalid_argument(fmt::format("'{}' is not a DNS name", question.name)));
  DnsQuery query;
  query.name_wire = *name_to_wire(*normal);
  if (options.mix_case) {
    // Length bytes are at most 63, so no length byte looks like a letter.
    for (std::uint8_t& byte : query.name_wire) {
      if (byte >= 'a' && byte <= 'z' && random.below(2) == 1) byte = static_cast<std::uint8_t>(byte - 32);
    }
  }
  query.id = static_cast<std::uint16_t>(random.below(65536));
  question.name = std::move(*normal);

  ldns_rdf* name = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, query.name_wire.size(), query.name_wire.data());
  const std::uint16_t flags =
      (question.recursion_desired ? LDNS_RD : 0) | (question.checking_disabled ? LDNS_CD : 0);
  const Packet packet{
      name ? ldns_pkt_query_new(name, static_cast<ldns_rr_type>(question.type), LDNS_RR_CLASS_IN, flags)
           : nullptr};
  if (!packet)
    return base::fail(base::internal("libldns could not make a query; the machine may be out of memory"));
  ldns_pkt_set_id(packet.get(), query.id);
  ldns_pkt_set_edns_udp_size(packet.get(), options.udp_payload);
  if (options.dnssec) ldns_pkt_set_edns_do(packet.get(), true);
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&raw, packet.get(), &size);
  const Bytes owned{raw};
  if (status != LDNS_STATUS_OK) {
    return base::fail(base::internal("libldns could not write a query", ldns_get_errorstr_by_id(status)));
  }
  query.wire.assign(raw, raw + size);
  query.question = std::move(question);
  return query;
}

std::optional<DnsAnswer> decode_message(std::span<const std::uint8_t> wire) {
  if (wire.size() < kHeaderBytes || wire.size() > 65535) return std::nullopt;
  ldns_pkt* raw = nullptr;
  if (ldns_wire2pkt(&raw, wire.data(), wire.size()) != LDNS_STATUS_OK) return std::nullopt;
  const Packet packet{raw};
  const Buffer buffer{ldns_buffer_new(512)};
  if (!buffer) return std::nullopt;
  DnsAnswer answer = from_header(wire);
  answer.rcode =
      static_cast<DnsRcode>(static_cast<unsigned>(answer.rcode) |
                            static_cast<unsigned>(ldns_pkt_edns_extended_rcode(packet.get())) << 4);
  if (!take_records(ldns_pkt_answer(packet.get()), buffer.get(), answer.answer) ||
      !take_records(ldns_pkt_authority(packet.get()), buffer.get(), answer.authority) ||
      !take_records(ldns_pkt_additional(packet.get()), buffer.get(), answer.additional)) {
    return std::nullopt;
  }
  return answer;
}

tl::expected<DnsAnswer, DnsReject> decode_answer(std::span<const std::uint8_t> wire, const DnsQuery& query) {
  if (wire.size() < kHeaderBytes) return tl::unexpected(DnsReject::kNotOurs);
  const Header header = header_of(wire);
  if (header.id != query.id || !header.is_response() || !header.is_query_opcode()) {
    return tl::unexpected(DnsReject::kNotOurs);
  }
  const auto rest = wire.subspan(kHeaderBytes);
  const std::size_t name_size = query.name_wire.size();
  // Some servers leave the question away when they answer FORMERR or REFUSED: that is theirs, but no answer.
  if (header.questions == 0 && (header.flags & 0x000f) != 0) return from_header(wire);
  if (header.questions != 1 || rest.size() < name_size + 4 ||
      !same_folded(rest.first(name_size), query.name_wire) ||
      u16_at(rest, name_size) != static_cast<std::uint16_t>(query.question.type) ||
      u16_at(rest, name_size + 2) != 1) {
    return tl::unexpected(DnsReject::kNotOurs);
  }
  // With mixed case the case is a part of the secret; without it we sent lower case and take any.
  const bool case_counts =
      std::ranges::any_of(query.name_wire, [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; });
  if (case_counts && !same_bytes(rest.first(name_size), query.name_wire))
    return tl::unexpected(DnsReject::kNotOurs);
  auto answer = decode_message(wire);
  if (answer) return std::move(*answer);
  if (header.truncated()) return from_header(wire);
  return tl::unexpected(DnsReject::kMalformed);
}

}  // namespace paynamed::net
