// Offers and invoices of BOLT 12 on regtest.
//
// Threads: free functions over values.
#pragma once

#include <string>

#include "keys.hpp"
#include "tlv.hpp"

namespace paynamed::sandbox {

struct OfferTerms {
  std::string description;
  std::string issuer;                 // empty: none
  std::uint64_t amount_msat = 0;      // 0: any amount
  std::uint64_t absolute_expiry = 0;  // Unix seconds; 0: none
};

// The records of an offer of `issuer_id`. `metadata` tells two offers with the same terms apart.
TlvStream offer_records(const OfferTerms& terms, const PublicKey& issuer_id, BytesView metadata);
// "lno1..."
std::string offer_string(const TlvStream& offer);
// BOLT 12's offer_id: the merkle root of the offer.
Bytes32 offer_id(const TlvStream& offer);

struct InvoiceTerms {
  std::uint64_t amount_msat = 0;
  std::string payer_note;  // empty: none
  std::uint64_t created_at = 0;
  std::uint32_t relative_expiry = 0;
  Bytes32 payment_hash{};
};

// The invoice ("lni1...") that the offer's node gives to an invoice_request of `payer`, signed by `node`. The
// fields of the request are mirrored in it; `request_metadata` makes it unpredictable and unique; `path_id`
// is what the node would know its payment by; `ephemeral` must be fresh.
std::string invoice_string(const Curve& curve, TlvStream offer, const InvoiceTerms& terms, const Key& node,
                           const PublicKey& payer, const Bytes32& request_metadata, const Key& ephemeral,
                           const Bytes32& path_id);

// A BOLT 12 or BOLT 11 string in its one written form: "+" with the white space after it joined (BOLT 12),
// lower case.
std::string canonical(std::string_view text);

}  // namespace paynamed::sandbox
