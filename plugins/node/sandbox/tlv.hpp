// TLV streams of BOLT 1 and their merkle root of BOLT 12.
//
// Threads: a value type; distinct objects are independent.
#pragma once

#include <map>

#include "bytes.hpp"

namespace paynamed::sandbox {

// BOLT 1's BigSize.
void append_bigsize(Bytes& to, std::uint64_t value);

// Records in ascending order of their type, whatever the order of set().
class TlvStream {
 public:
  void set(std::uint64_t type, BytesView value);
  void set(std::uint64_t type, std::string_view text);
  // BOLT 1's tu64: no leading zero bytes.
  void set_integer(std::uint64_t type, std::uint64_t value);

  Bytes encode() const;
  // BOLT 12, "Signature Calculation": over all records but signatures (240 to 1000). The stream must have
  // one.
  Bytes32 merkle_root() const;

 private:
  std::map<std::uint64_t, Bytes> records_;
};

}  // namespace paynamed::sandbox
