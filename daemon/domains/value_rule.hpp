// Which rule the text of one TXT record breaks, as a word for programs and a sentence for people.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "domains/zone_entry.hpp"

namespace paynamed::domains {

struct ValueVerdict {
  std::string rule;  // empty: none is broken
  std::string sentence;
  // What would be published of it; empty when nothing can be.
  std::string canonical;
  std::vector<names::Warning> warnings;
  bool is_payment = true;  // false: it does not even try to be a payment instruction
};

// The first rule that is broken:
//   not_utf8, other_text, missing_scheme, white_space, too_long, bad_character, percent_encoded, empty_key,
//   duplicate_key, unknown_required, bad_amount, bad_text, bad_address, bad_offer, bad_invoice,
//   bad_silent_payment, bad_payment_code, no_instruction, mixed_networks, invalid_uri, wrong_network,
//   expired, expires_soon, too_large, ttl, upper_case, not_canonical.
ValueVerdict judge_value(const base::Name& name, const TxtRecord& record, const EntryRules& rules);

}  // namespace paynamed::domains
