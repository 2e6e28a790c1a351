// Cursor: the last payment that was seen, and at which node, so that a node which is another one, or which
// was restored from a backup, is noticed before anything is missed.
//
// Threads: a value type.
#pragma once

#include <cstdint>
#include <string>

namespace paynamed::cln {

struct Cursor {
  std::string node;  // the first digits of its id
  std::uint64_t pay_index = 0;
  std::string hash;  // the first digits of the payment_hash

  // Throws Error INVALID_ARGUMENT when `text` is none.
  static Cursor parse(const std::string& text);
  static Cursor at(const std::string& node_id, std::uint64_t pay_index, const std::string& payment_hash);
  std::string text() const;
  bool is_of(const std::string& node_id) const { return node_id.starts_with(node); }
  bool is_at(std::uint64_t index, const std::string& payment_hash) const {
    return index == pay_index && payment_hash.starts_with(hash);
  }
};

}  // namespace paynamed::cln
