#include "names/tlv.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;

#ifdef PAYNAMED_PLANT_BUG_BOLT12
constexpr std::size_t kTagByte = 0;  // planted: a number cut short by one byte is read past its end
#else
constexpr std::size_t kTagByte = 1;
#endif

std::uint64_t big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = (value << 8) | byte;
  return value;
}

Hash256 branch(const Hash256& a, const Hash256& b) {
  const bool ordered = a < b;
  return tagged_hash("LnBranch", {Bytes{ordered ? a : b}, Bytes{ordered ? b : a}});
}

}  // namespace

std::optional<std::uint8_t> TlvReader::peek_byte() const {
  if (rest_.empty()) return std::nullopt;
  return rest_[0];
}

std::optional<std::uint8_t> TlvReader::take_byte() {
  const std::optional<Bytes> bytes = take(1);
  if (!bytes) return std::nullopt;
  return (*bytes)[0];
}

std::optional<std::uint16_t> TlvReader::take_u16() {
  const std::optional<Bytes> bytes = take(2);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint16_t>(big_endian(*bytes));
}

std::optional<Bytes> TlvReader::take(std::size_t count) {
  if (count > rest_.size()) return std::nullopt;
  const Bytes out = rest_.first(count);
  rest_ = rest_.subspan(count);
  return out;
}

std::optional<std::uint64_t> TlvReader::take_big_size() {
  if (rest_.empty()) return std::nullopt;
  const std::uint8_t first = rest_[0];
  const std::size_t count = first < 0xFD ? 0 : first == 0xFD ? 2 : first == 0xFE ? 4 : 8;
  if (rest_.size() < kTagByte + count) return std::nullopt;
  const std::uint64_t value = count == 0 ? first : big_endian(rest_.subspan(1, count));
  const std::uint64_t least = count == 0 ? 0 : count == 2 ? 0xFD : count == 4 ? 0x10000 : 0x100000000;
  if (value < least) return std::nullopt;
  rest_ = rest_.subspan(1 + count);
  return value;
}

Result<std::vector<TlvRecord>> read_tlv_stream(Bytes bytes) {
  std::vector<TlvRecord> records;
  TlvReader reader{bytes};
  while (!reader.at_end()) {
    const std::size_t start = bytes.size() - reader.remaining();
    const std::optional<std::uint64_t> type = reader.take_big_size();
    if (!type) return fail(invalid_argument("the type of a field is cut short or not in its shortest form"));
    const std::size_t type_end = bytes.size() - reader.remaining();
    const std::optional<std::uint64_t> length = reader.take_big_size();
    if (!length) {
      return fail(invalid_argument(
          fmt::format("the length of the field of type {} is cut short or not in its shortest form", *type)));
    }
    if (*length > reader.remaining()) {
      return fail(invalid_argument(fmt::format("the field of type {} is cut short: {} of {} bytes are there",
                                               *type, reader.remaining(), *length)));
    }
    if (!records.empty() && *type <= records.back().type) {
      return fail(
          invalid_argument(fmt::format("the field of type {} comes after that of type {}; types must ascend",
                                       *type, records.back().type)));
    }
    const Bytes value = *reader.take(static_cast<std::size_t>(*length));
    const std::size_t end = bytes.size() - reader.remaining();
    records.push_back(
        TlvRecord{*type, value, bytes.subspan(start, end - start), bytes.subspan(start, type_end - start)});
  }
  return records;
}

std::optional<std::uint64_t> read_truncated_u64(Bytes bytes) {
  if (bytes.size() > 8 || (!bytes.empty() && bytes[0] == 0)) return std::nullopt;
  return big_endian(bytes);
}

Hash256 merkle_root(std::span<const TlvRecord> records) {
  // The nonce's tag is "LnNonce" and the whole first record.
  static constexpr std::string_view kNonce = "LnNonce";
  std::vector<std::uint8_t> nonce_tag(kNonce.begin(), kNonce.end());
  nonce_tag.insert(nonce_tag.end(), records.front().encoded.begin(), records.front().encoded.end());

  std::vector<Hash256> level;
  level.reserve(records.size());
  for (const TlvRecord& record : records) {
    level.push_back(branch(tagged_hash("LnLeaf", {record.encoded}),
                           tagged_hash(Bytes{nonce_tag}, {record.encoded_type})));
  }
  // Pairs from the left; a last one without partner goes up as it is.
  while (level.size() > 1) {
    std::vector<Hash256> above;
    above.reserve((level.size() + 1) / 2);
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) above.push_back(branch(level[i], level[i + 1]));
    if (level.size() % 2 == 1) above.push_back(level.back());
    level = std::move(above);
  }
  return level.front();
}

}  // namespace paynamed::names
