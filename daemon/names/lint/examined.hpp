// Examined: a subject of the lint with its payment instructions read, so that each rule is a short function.
//
// Threads: a value type and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "names/bip321.hpp"
#include "names/lint/lint.hpp"

namespace paynamed::names {

// How the URI is written, which parsers that follow BIP-321 do not see and others trip over.
struct UriStyle {
  bool upper_case_scheme = false;
  bool upper_case_key = false;         // of any parameter
  bool upper_case_value = false;       // of an instruction that is bech32
  bool percent_encoded_value = false;  // of an instruction
};
UriStyle style_of_uri(std::string_view uri);

struct Examined {
  const LintSubject& subject;
  std::size_t instructions = 0;  // TXT records that begin with "bitcoin:"
  std::string uri;               // the first of them
  UriStyle style;
  std::optional<PaymentUri> payment;  // when there is one and it is valid
  std::string payment_error;          // why there is no `payment`

  bool is_paid_by_offer() const { return payment && !payment->offers.empty(); }
  bool is_paid_by_invoice() const { return payment && !payment->invoices.empty(); }
  bool is_paid_on_chain() const {
    return payment && (payment->address.has_value() || !payment->segwit_addresses.empty());
  }
  // Seconds since 1970 of the first instruction that ends; nothing if none does.
  std::optional<std::uint64_t> first_expiry() const;
  bool has_expired() const;
  bool has_offer_in_currency() const;
};

Examined examine(const LintSubject& subject);

}  // namespace paynamed::names
