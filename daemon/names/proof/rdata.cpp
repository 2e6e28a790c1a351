#include "names/proof/rdata.hpp"

namespace paynamed::names {

std::optional<ByteView> ByteReader::take(std::size_t size) {
#ifdef PAYNAMED_PLANT_BUG_PROOF
  const std::size_t most = rest_.size() + 1;  // planted: one byte behind the end
#else
  const std::size_t most = rest_.size();
#endif
  if (failed_ || size > most) {
    failed_ = true;
    return std::nullopt;
  }
  const ByteView taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::optional<std::uint8_t> ByteReader::u8() {
  const auto bytes = take(1);
  if (!bytes) return std::nullopt;
  return (*bytes)[0];
}

std::optional<std::uint16_t> ByteReader::u16() {
  const auto bytes = take(2);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint16_t>((*bytes)[0] << 8 | (*bytes)[1]);
}

std::optional<std::uint32_t> ByteReader::u32() {
  const auto bytes = take(4);
  if (!bytes) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
  return value;
}

std::optional<WireName> ByteReader::name() {
  if (failed_) return std::nullopt;
  auto name = WireName::read(rest_);
  failed_ = !name;
  if (name) rest_ = rest_.subspan(name->size());
  return name;
}

std::optional<Rrsig> read_rrsig(ByteView rdata) {
  ByteReader reader{rdata};
  const auto covered = reader.u16();
  const auto algorithm = reader.u8();
  const auto labels = reader.u8();
  const auto original_ttl = reader.u32();
  const auto expiration = reader.u32();
  const auto inception = reader.u32();
  const auto key_tag = reader.u16();
  auto signer = reader.name();
  if (!signer || reader.rest().empty()) return std::nullopt;
  return Rrsig{
      net::DnsType{*covered}, *algorithm,   *labels, *original_ttl, *expiration, *inception, *key_tag,
      std::move(*signer),     reader.rest()};
}

std::optional<Dnskey> read_dnskey(ByteView rdata) {
  ByteReader reader{rdata};
  const auto flags = reader.u16();
  const auto protocol = reader.u8();
  const auto algorithm = reader.u8();
  if (!algorithm || reader.rest().empty()) return std::nullopt;
  return Dnskey{*flags, *protocol, *algorithm, reader.rest(), rdata};
}

std::uint16_t key_tag_of(ByteView dnskey_rdata) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < dnskey_rdata.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(dnskey_rdata[i]) << 8 : dnskey_rdata[i];
  }
  sum += sum >> 16 & 0xffffU;
  return static_cast<std::uint16_t>(sum & 0xffffU);
}

std::optional<Ds> read_ds(ByteView rdata) {
  ByteReader reader{rdata};
  const auto key_tag = reader.u16();
  const auto algorithm = reader.u8();
  const auto digest_type = reader.u8();
  if (!digest_type || reader.rest().empty()) return std::nullopt;
  return Ds{*key_tag, *algorithm, *digest_type, reader.rest()};
}

bool type_in_bitmap(ByteView bitmap, net::DnsType type) {
  const auto number = static_cast<std::uint16_t>(type);
  ByteReader reader{bitmap};
  while (!reader.rest().empty()) {
    const auto window = reader.u8();
    const auto length = reader.u8();
    if (!length || *length == 0 || *length > 32) return false;
    const auto bits = reader.take(*length);
    if (!bits) return false;
    if (*window != number >> 8) continue;
    const std::size_t byte = (number & 0xffU) / 8;
    return byte < bits->size() && ((*bits)[byte] & (0x80U >> (number & 7U))) != 0;
  }
  return false;
}

std::optional<Nsec> read_nsec(ByteView rdata) {
  ByteReader reader{rdata};
  auto next = reader.name();
  if (!next) return std::nullopt;
  return Nsec{std::move(*next), reader.rest()};
}

std::optional<Nsec3> read_nsec3(ByteView rdata) {
  ByteReader reader{rdata};
  const auto hash_algorithm = reader.u8();
  const auto flags = reader.u8();
  const auto iterations = reader.u16();
  const auto salt_size = reader.u8();
  if (!salt_size) return std::nullopt;
  const auto salt = reader.take(*salt_size);
  const auto hash_size = reader.u8();
  if (!hash_size || *hash_size == 0) return std::nullopt;
  const auto next_hash = reader.take(*hash_size);
  if (!next_hash) return std::nullopt;
  return Nsec3{*hash_algorithm, *flags, *iterations, *salt, *next_hash, reader.rest()};
}

}  // namespace paynamed::names
