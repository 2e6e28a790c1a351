// May this source be published under this name? The one place that decides what text goes into the DNS, with
// which TTL, and what the owner should be warned of.
//
// Threads: value types; functions are pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/name.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "names/bip321.hpp"

namespace paynamed::names {

// What a domain allows.
struct PublicationRules {
  // A domain that is marked as one for tests may have instructions for test networks, and only such a domain.
  bool test_domain = false;
  std::chrono::seconds min_ttl{60};
  std::chrono::seconds max_ttl{3600};
  // How long before its instruction expires a record has to be gone from all caches.
  std::chrono::seconds expiry_margin{3600};
  // What the DNS provider takes as RDATA of one TXT record. Cloudflare's 4096 is the smallest of those we
  // know.
  std::size_t max_rdata_bytes = 4096;
};

struct Publication {
  // The text of the TXT record, canonical; split it with split_txt().
  std::string value;
  // What was asked for, or less so that the record ends before its instruction.
  std::chrono::seconds ttl{0};
  // When the record has to be gone from the zone, at the latest: the earliest expiry of an instruction less
  // the TTL and the margin. Nothing if no instruction expires. Renew or withdraw before.
  std::optional<base::WallTime> withdraw_before;
  // Whether the record is for real money.
  bool livemode = false;
  // Besides the URI's own: "ttl_shortened", "issuer_mismatch", "large_record", "live_on_test_domain".
  std::vector<Warning> warnings;
  PaymentUri payment;
};

// `source` is an offer ("lno1...", also with "+") or a payment URI ("bitcoin:..."); white space at its ends
// is dropped. INVALID_ARGUMENT with the broken rule in the message:
//  - whatever parse_offer() and parse_payment_uri() refuse;
//  - instructions for test networks on a domain that is not for tests, or for no Bitcoin network at all;
//  - a TTL outside [min_ttl, max_ttl];
//  - an instruction that has expired, or expires so soon that a TTL of min_ttl and the margin do not fit
//  before it
//    (BIP-353: records have to expire before the instruction);
//  - RDATA above max_rdata_bytes.
base::Result<Publication> check_publication(const base::Name& name, std::string_view source,
                                            std::chrono::seconds ttl, base::WallTime now,
                                            const PublicationRules& rules);

// Whether the issuer text of an offer names another address than `name`. BOLT 12: an issuer that has a domain
// begins with "user@domain" or "domain". Anything else is a person's text.
bool issuer_contradicts(std::string_view issuer, const base::Name& name);

}  // namespace paynamed::names
