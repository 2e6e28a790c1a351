#include "bolt12.hpp"

#include "bech32.hpp"
#include "blinded_path.hpp"
#include "hash.hpp"

namespace paynamed::sandbox {
namespace {

// The genesis block of regtest, in the order of its hash's bytes (BOLT 0, chain_hash).
constexpr Bytes32 kRegtest = {0x06, 0x22, 0x6e, 0x46, 0x11, 0x1a, 0x0b, 0x59, 0xca, 0xaf, 0x12,
                              0x60, 0x43, 0xeb, 0x5b, 0xbf, 0x28, 0xc3, 0x4f, 0x3a, 0x5e, 0x33,
                              0x2a, 0x1f, 0xc7, 0xb2, 0xb7, 0x3c, 0xf1, 0x88, 0x91, 0x0f};

enum Field : std::uint64_t {
  kInvreqMetadata = 0,
  kOfferChains = 2,
  kOfferMetadata = 4,
  kOfferAmount = 8,
  kOfferDescription = 10,
  kOfferAbsoluteExpiry = 14,
  kOfferIssuer = 18,
  kOfferIssuerId = 22,
  kInvreqChain = 80,
  kInvreqAmount = 82,
  kInvreqPayerId = 88,
  kInvreqPayerNote = 89,
  kInvoicePaths = 160,
  kInvoiceBlindedpay = 162,
  kInvoiceCreatedAt = 164,
  kInvoiceRelativeExpiry = 166,
  kInvoicePaymentHash = 168,
  kInvoiceAmount = 170,
  kInvoiceNodeId = 176,
  kSignature = 240,
};

// blinded_payinfo of a path without intermediate hops: no fee, no features, any amount up to this one.
Bytes direct_payinfo(std::uint64_t amount_msat) {
  constexpr std::uint16_t kFinalCltvDelta = 18;
  Bytes info;
  append_integer(info, std::uint32_t{0});  // fee_base_msat
  append_integer(info, std::uint32_t{0});  // fee_proportional_millionths
  append_integer(info, kFinalCltvDelta);
  append_integer(info, std::uint64_t{1});  // htlc_minimum_msat
  append_integer(info, amount_msat);       // htlc_maximum_msat
  append_integer(info, std::uint16_t{0});  // features
  return info;
}

}  // namespace

TlvStream offer_records(const OfferTerms& terms, const PublicKey& issuer_id, BytesView metadata) {
  TlvStream offer;
  offer.set(kOfferChains, kRegtest);
  offer.set(kOfferMetadata, metadata);
  if (terms.amount_msat != 0) offer.set_integer(kOfferAmount, terms.amount_msat);
  if (!terms.description.empty() || terms.amount_msat != 0) offer.set(kOfferDescription, terms.description);
  if (terms.absolute_expiry != 0) offer.set_integer(kOfferAbsoluteExpiry, terms.absolute_expiry);
  if (!terms.issuer.empty()) offer.set(kOfferIssuer, terms.issuer);
  offer.set(kOfferIssuerId, issuer_id);
  return offer;
}

std::string offer_string(const TlvStream& offer) {
  return bech32("lno", to_words(offer.encode()), Checksum::kNone);
}

Bytes32 offer_id(const TlvStream& offer) {
  return offer.merkle_root();
}

std::string invoice_string(const Curve& curve, TlvStream offer, const InvoiceTerms& terms, const Key& node,
                           const PublicKey& payer, const Bytes32& request_metadata, const Key& ephemeral,
                           const Bytes32& path_id) {
  constexpr std::uint64_t kPathId = 6;  // encrypted_data_tlv, BOLT 4
  TlvStream recipient_data;
  recipient_data.set(kPathId, path_id);
  auto& invoice = offer;
  const auto node_id = node.public_key();
  invoice.set(kInvreqMetadata, request_metadata);
  invoice.set(kInvreqChain, kRegtest);
  invoice.set_integer(kInvreqAmount, terms.amount_msat);
  invoice.set(kInvreqPayerId, payer);
  if (!terms.payer_note.empty()) invoice.set(kInvreqPayerNote, terms.payer_note);
  invoice.set(kInvoicePaths, own_blinded_path(curve, node_id, ephemeral, recipient_data.encode()));
  invoice.set(kInvoiceBlindedpay, direct_payinfo(terms.amount_msat));
  invoice.set_integer(kInvoiceCreatedAt, terms.created_at);
  invoice.set_integer(kInvoiceRelativeExpiry, terms.relative_expiry);
  invoice.set(kInvoicePaymentHash, terms.payment_hash);
  invoice.set_integer(kInvoiceAmount, terms.amount_msat);
  invoice.set(kInvoiceNodeId, node_id);
  const auto hash = tagged_hash("lightninginvoicesignature", {invoice.merkle_root()});
  invoice.set(kSignature, node.sign_schnorr(hash));
  return bech32("lni", to_words(invoice.encode()), Checksum::kNone);
}

std::string canonical(std::string_view text) {
  std::string joined;
  bool after_plus = false;
  for (const char character : text) {
    const bool space = character == ' ' || (character >= '\t' && character <= '\r');
    if (character == '+') {
      after_plus = true;
    } else if (!space || !after_plus) {
      after_plus = false;
      joined.push_back(character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                            : character);
    }
  }
  return joined;
}

}  // namespace paynamed::sandbox
