// Invoices of BOLT 11.
//
// Threads: free functions over values.
#pragma once

#include <optional>
#include <string>

#include "keys.hpp"

namespace paynamed::sandbox {

struct Bolt11Terms {
  std::string prefix = "lnbcrt";  // regtest
  std::uint64_t amount_msat = 0;  // 0: any amount
  std::uint64_t timestamp = 0;    // Unix seconds, below 2^35
  Bytes32 payment_hash{};
  Bytes32 payment_secret{};
  std::string description;                         // at most kMaxDescription bytes
  std::optional<std::uint32_t> expiry_seconds;     // none: the reader takes 3600
  std::optional<std::uint32_t> final_cltv_expiry;  // none: the reader takes 18
};

// What a tagged field can hold: 1023 words of 5 bits.
inline constexpr std::size_t kMaxDescription = 639;

// The invoice signed by `node`, with the features var_onion_optin and payment_secret. Throws
// Error(kInvalidArgument) for a description or a timestamp that does not fit.
std::string bolt11_string(const Bolt11Terms& terms, const Key& node);

}  // namespace paynamed::sandbox
