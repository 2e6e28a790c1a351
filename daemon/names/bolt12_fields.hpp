// The single fields of an offer: read and checked one by one. Rules over several fields are in bolt12.cpp.
//
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "base/status.hpp"
#include "names/bolt12.hpp"
#include "names/tlv.hpp"

namespace paynamed::names {

// BOLT 12, "TLV Fields for Offers".
inline constexpr std::uint64_t kOfferChains = 2;
inline constexpr std::uint64_t kOfferMetadata = 4;
inline constexpr std::uint64_t kOfferCurrency = 6;
inline constexpr std::uint64_t kOfferAmount = 8;
inline constexpr std::uint64_t kOfferDescription = 10;
inline constexpr std::uint64_t kOfferFeatures = 12;
inline constexpr std::uint64_t kOfferAbsoluteExpiry = 14;
inline constexpr std::uint64_t kOfferPaths = 16;
inline constexpr std::uint64_t kOfferIssuer = 18;
inline constexpr std::uint64_t kOfferQuantityMax = 20;
inline constexpr std::uint64_t kOfferIssuerId = 22;

// Puts the record into its member of `offer`; unknown odd types are ignored. INVALID_ARGUMENT if the value is
// not what the type demands, or the type may not be in an offer.
base::Status read_offer_field(const TlvRecord& record, Offer& offer);

}  // namespace paynamed::names
