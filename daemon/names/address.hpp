// Addresses: on chain (base58 P2PKH and P2SH, segwit), silent payments (BIP 352) and payment codes (BIP 351).
//
// Threads: value types; functions are pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "names/network.hpp"

namespace paynamed::names {

enum class AddressKind { kP2pkh, kP2sh, kSegwit };

struct Address {
  // Segwit in lower case, base58 as it came.
  std::string text;
  AddressKind kind = AddressKind::kSegwit;
  // 0..16, for segwit.
  int witness_version = 0;
  // Testnet and signet have the same addresses, and regtest the same base58 ones.
  NetworkSet networks;
};

// A segwit address if it has one of the prefixes bc1, tb1, bcrt1 (BIP 141, 173, 350: version 0 in bech32,
// others in bech32m, lengths checked), else a base58 one. INVALID_ARGUMENT otherwise.
base::Result<Address> parse_address(std::string_view text);

struct SilentPaymentAddress {
  std::string text;  // lower case
  int version = 0;
  NetworkSet networks;
};

// BIP 352 "Address encoding": "sp" or "tsp" in bech32m, at most 1023 characters, version 0 with exactly two
// valid keys, versions 1..30 with at least those (a reader ignores what follows). INVALID_ARGUMENT otherwise.
base::Result<SilentPaymentAddress> parse_silent_payment_address(std::string_view text);

struct PaymentCode {
  std::string text;  // lower case
  NetworkSet networks;
};

// BIP 351: "pay" or "payt" in bech32m, two bytes of address type flags, not all zero, and a valid key.
// INVALID_ARGUMENT otherwise.
base::Result<PaymentCode> parse_payment_code(std::string_view text);

}  // namespace paynamed::names
