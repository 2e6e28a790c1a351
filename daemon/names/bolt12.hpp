// BOLT 12 offers: the text "lno1..." decoded and checked as the specification demands of a reader, and no
// further: who may publish an offer under which name is names/payment.hpp's.
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
#include "names/hash.hpp"
#include "names/network.hpp"
#include "names/point.hpp"

namespace paynamed::names {

// Longer text is refused unread. A TXT record that a DNS provider takes has a quarter of this.
inline constexpr std::size_t kMaxOfferCharacters = 16384;

// A chain by its genesis block hash, as it stands in the offer.
using ChainHash = std::array<std::uint8_t, 32>;

// "sciddir_or_pubkey" of BOLT 1: where a blinded path begins.
struct IntroductionNode {
  // One of the two.
  std::optional<Point> node_id;
  struct ChannelEnd {
    std::uint64_t short_channel_id = 0;
    // 0 or 1: node_id_1 or node_id_2 of the channel announcement.
    std::uint8_t direction = 0;
  };
  std::optional<ChannelEnd> channel_end;
};

struct BlindedPath {
  IntroductionNode introduction;
  std::size_t hops = 0;
};

struct Offer {
  // Lower case, without "+" and white space: what to publish and to compare.
  std::string text;
  // The Merkle root of the fields; what nodes call offer_id.
  Hash256 offer_id{};

  // Empty means bitcoin alone.
  std::vector<ChainHash> chains;
  std::vector<std::uint8_t> metadata;
  // ISO 4217, three capitals; else the amount is in millisatoshi.
  std::optional<std::string> currency;
  // Never 0. In millisatoshi, or in the smallest unit of the currency.
  std::optional<std::uint64_t> amount;
  // UTF-8 from outside: may contain anything else.
  std::optional<std::string> description;
  // Big endian bits; the even ones are all 0.
  std::vector<std::uint8_t> features;
  // Seconds since 1970.
  std::optional<std::uint64_t> absolute_expiry;
  std::vector<BlindedPath> paths;
  // UTF-8 from outside.
  std::optional<std::string> issuer;
  // 0 means any quantity.
  std::optional<std::uint64_t> quantity_max;
  std::optional<Point> issuer_id;

  // The networks of `chains` that are Bitcoin's; empty if the offer is for other chains only.
  NetworkSet networks() const;
};

// The offer in `text`; "+" with white space after it may join parts (BOLT 12, "Encoding"). INVALID_ARGUMENT
// with the broken rule in the message for whatever a reader must not respond to, except an offer that has
// expired: that depends on the time, see Offer::absolute_expiry.
base::Result<Offer> parse_offer(std::string_view text);

// The same from the bytes of the TLV stream.
base::Result<Offer> parse_offer_bytes(Bytes bytes);

// "0a1b...", for logs and for comparing with what a node says.
std::string to_hex(Bytes bytes);

}  // namespace paynamed::names
