// BOLT 11 invoices, as far as publishing one and believing a node that made one need: whether it is valid,
// for which network, until when, and what it asks for.
//
// Threads: value types; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "names/hash.hpp"
#include "names/network.hpp"
#include "names/point.hpp"

namespace paynamed::names {

// Longer text is refused unread.
inline constexpr std::size_t kMaxInvoiceCharacters = 7168;

struct Invoice {
  std::string text;  // lower case
  NetworkSet networks;
  std::optional<std::uint64_t> amount_msat;
  // Seconds since 1970, and seconds after that (3600 if the invoice does not say).
  std::uint64_t timestamp = 0;
  std::uint64_t expiry = 3600;
  Hash256 payment_hash{};
  // The node that is paid: whoever signed it.
  Point payee{};
  // One of the two: UTF-8 from outside, or the SHA-256 of a text that is told elsewhere.
  std::optional<std::string> description = {};
  std::optional<Hash256> description_hash = {};

  // Seconds since 1970; the largest number if the sum is beyond.
  std::uint64_t expires_at() const;
};

// INVALID_ARGUMENT with the broken rule in the message unless the text satisfies what BOLT 11 demands of a
// reader: checksum, amount, lengths of the fields, exactly one payment hash and secret and one description or
// its hash, known even features, and the signature. Whether it has expired depends on the time and is not
// looked at.
base::Result<Invoice> parse_invoice(std::string_view text);

}  // namespace paynamed::names
