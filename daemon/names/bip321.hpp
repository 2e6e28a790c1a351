// Payment URIs "bitcoin:..." by BIP-321, every instruction in them checked: wallets drop a whole URI for one
// value that they cannot read.
//
// Threads: value types; functions are pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "names/address.hpp"
#include "names/bolt11.hpp"
#include "names/bolt12.hpp"
#include "names/network.hpp"

namespace paynamed::names {

// Longer text is refused unread.
inline constexpr std::size_t kMaxUriCharacters = 32768;

// Something allowed that does not work well in a record which many wallets read for a long time.
struct Warning {
  // For programs: "lightning_invoice", "few_wallets", "proof_of_payment", "fixed_amount", "on_chain_address",
  // "unknown_parameter"; names/payment.hpp has more.
  std::string code;
  // One sentence for people: what it is and what to do.
  std::string message;

  friend bool operator==(const Warning&, const Warning&) = default;
};

struct UnknownParameter {
  std::string key;  // lower case
  // As it came, not percent-decoded.
  std::string value;
};

struct PaymentUri {
  // What to publish: the parameters in their order, keys and all values that have no case of their own in
  // lower case.
  std::string text;
  // For which networks all instructions are; never empty.
  NetworkSet networks;

  // The body, and then the instructions in the query: lno, lightning, sp, pay, bc and its like.
  std::optional<Address> address;
  std::vector<Offer> offers;
  std::vector<Invoice> invoices;
  std::vector<SilentPaymentAddress> silent_payments;
  std::vector<PaymentCode> payment_codes;
  std::vector<Address> segwit_addresses;

  std::optional<std::uint64_t> amount_sat;
  // Percent-decoded UTF-8 from outside.
  std::optional<std::string> label;
  std::optional<std::string> message;
  // Percent-decoded; never open it.
  std::optional<std::string> proof_of_payment;
  bool proof_of_payment_required = false;
  std::vector<UnknownParameter> unknown;

  std::vector<Warning> warnings;
};

// INVALID_ARGUMENT with the broken rule in the message unless the text is a URI that every wallet which knows
// its instructions can use: scheme, characters (RFC 3986), no parameter twice that may not be, no unknown
// "req-" parameter, every instruction valid, all of them for a common network, and at least one.
base::Result<PaymentUri> parse_payment_uri(std::string_view text);

// "bitcoin:?lno=lno1...", never percent-encoded: wallets take the offer as it stands.
std::string build_payment_uri(const Offer& offer);

// Whether the text begins with "bitcoin:" in any case.
bool is_payment_uri(std::string_view text);

}  // namespace paynamed::names
