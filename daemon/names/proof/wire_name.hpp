// WireName: a DNS name as DNSSEC sees it, in wire format with lower-case letters. Equality and order are
// those of RFC 4034 section 6.1.
//
// Threads: a value type.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace paynamed::names {

using ByteView = std::span<const std::uint8_t>;

class WireName {
 public:
  WireName() : wire_(1, '\0') {}  // the root

  // The uncompressed name at the start of `bytes`; it took size() of them. Nothing when it is cut off, longer
  // than 255 bytes or compressed.
  static std::optional<WireName> read(ByteView bytes);
  // Nothing when `text` is no DNS name; a missing final dot is added.
  static std::optional<WireName> from_text(std::string_view text);

  // Normal form of net/dns_wire.hpp: lower case, with the final dot.
  std::string to_text() const;

  ByteView bytes() const { return {reinterpret_cast<const std::uint8_t*>(wire_.data()), wire_.size()}; }
  std::size_t size() const { return wire_.size(); }
  // Without the root's empty label.
  std::size_t label_count() const { return labels_; }
  bool is_root() const { return labels_ == 0; }
  // Whether the first label is "*".
  bool is_wildcard() const;
  // The bytes of the first label; empty for the root.
  std::string_view first_label() const;

  // The last `labels` labels; the name itself if it has no more.
  WireName suffix(std::size_t labels) const;
  WireName parent() const { return suffix(labels_ == 0 ? 0 : labels_ - 1); }
  // "*." before the name; nothing when that is too long.
  std::optional<WireName> wildcard_child() const;
  // The name with its end `from` replaced by `to` (RFC 6672 section 2.3); it must be below `from`. Nothing
  // when the result is too long.
  std::optional<WireName> with_suffix_replaced(const WireName& from, const WireName& to) const;

  bool is_at_or_below(const WireName& ancestor) const;
  bool is_below(const WireName& ancestor) const {
    return labels_ > ancestor.labels_ && is_at_or_below(ancestor);
  }

  friend bool operator==(const WireName& a, const WireName& b) { return a.wire_ == b.wire_; }
  // RFC 4034 section 6.1: label by label from the root.
  friend std::strong_ordering operator<=>(const WireName& a, const WireName& b);

 private:
  std::string wire_;
  std::size_t labels_ = 0;
};

}  // namespace paynamed::names
