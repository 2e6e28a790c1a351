// TLV streams of Lightning (BOLT 1, "Type-Length-Value Format") and the Merkle root that identifies them
// (BOLT 12, "Signature Calculation").
//
// Threads: pure functions. A TlvRecord and a TlvReader borrow the bytes they were made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "names/hash.hpp"

namespace paynamed::names {

struct TlvRecord {
  std::uint64_t type = 0;
  Bytes value;
  // Type, length and value as they stand in the stream, and the type alone.
  Bytes encoded;
  Bytes encoded_type;
};

// Reads fixed and variable fields from the front of some bytes. Every function gives nothing, and takes
// nothing, when the bytes are too few or not in the one allowed form.
class TlvReader {
 public:
  explicit TlvReader(Bytes bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }
  std::optional<std::uint8_t> peek_byte() const;

  std::optional<std::uint8_t> take_byte();
  std::optional<std::uint16_t> take_u16();
  std::optional<Bytes> take(std::size_t count);
  // BigSize (BOLT 1 appendix A), shortest form only.
  std::optional<std::uint64_t> take_big_size();

 private:
  Bytes rest_;
};

// The records of a stream with strictly ascending types; none for no bytes. INVALID_ARGUMENT otherwise.
base::Result<std::vector<TlvRecord>> read_tlv_stream(Bytes bytes);

// tu64: up to eight bytes, big endian, without leading zeros; nothing otherwise.
std::optional<std::uint64_t> read_truncated_u64(Bytes bytes);

// The root over all records. At least one record.
Hash256 merkle_root(std::span<const TlvRecord> records);

}  // namespace paynamed::names
