#include "names/bolt12_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names/ascii.hpp"
#include "names/utf8.hpp"

namespace paynamed::names {
namespace {

using base::invalid_argument;
using base::Status;

bool is_offer_type(std::uint64_t type) {
  return (type >= 1 && type <= 79) || (type >= 1000000000 && type <= 1999999999);
}

Status read_chains(Bytes value, Offer& offer) {
  constexpr std::size_t kHashBytes = std::tuple_size_v<ChainHash>;
  if (value.size() % kHashBytes != 0) {
    return invalid_argument(
        fmt::format("offer_chains has {} bytes, which is no multiple of 32", value.size()));
  }
  for (std::size_t at = 0; at < value.size(); at += kHashBytes) {
    ChainHash chain;
    std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(at), kHashBytes, chain.begin());
    offer.chains.push_back(chain);
  }
  return {};
}

Status read_text(Bytes value, std::string_view field, std::optional<std::string>& out) {
  std::string text(value.begin(), value.end());
  if (!is_utf8(text)) return invalid_argument(fmt::format("{} is not valid UTF-8", field));
  out = std::move(text);
  return {};
}

Status read_currency(Bytes value, Offer& offer) {
  if (value.size() != 3 ||
      !std::all_of(value.begin(), value.end(), [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; })) {
    return invalid_argument("offer_currency is not an ISO 4217 code of three capital letters");
  }
  offer.currency = std::string(value.begin(), value.end());
  return {};
}

Status read_number(Bytes value, std::string_view field, std::optional<std::uint64_t>& out) {
  out = read_truncated_u64(value);
  if (!out)
    return invalid_argument(fmt::format("{} is longer than eight bytes or begins with a zero byte", field));
  return {};
}

// The only offer feature bits that BOLT 9 knows are odd, so any even bit is an unknown demand.
Status read_features(Bytes value, Offer& offer) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::size_t base_bit = 8 * (value.size() - 1 - i);
    for (unsigned bit = 0; bit < 8; bit += 2) {
      if ((value[i] >> bit) & 1) {
        return invalid_argument(fmt::format(
            "the offer demands the feature {}, which no wallet is known to have", base_bit + bit));
      }
    }
  }
  offer.features.assign(value.begin(), value.end());
  return {};
}

bool read_introduction(TlvReader& reader, IntroductionNode& out) {
  const std::optional<std::uint8_t> first = reader.peek_byte();
  if (!first) return false;
  if (*first <= 1) {
    const std::optional<Bytes> bytes = reader.take(9);
    if (!bytes) return false;
    IntroductionNode::ChannelEnd end;
    end.direction = *first;
    for (const std::uint8_t byte : bytes->subspan(1))
      end.short_channel_id = (end.short_channel_id << 8) | byte;
    out.channel_end = end;
    return true;
  }
  const std::optional<Bytes> bytes = reader.take(kPointBytes);
  if (!bytes || !is_point(*bytes)) return false;
  Point point;
  std::copy(bytes->begin(), bytes->end(), point.begin());
  out.node_id = point;
  return true;
}

// blinded_path of BOLT 4, "Route Blinding".
Status read_path(TlvReader& reader, BlindedPath& out) {
  if (!read_introduction(reader, out.introduction)) {
    return invalid_argument("a path in offer_paths begins with no valid first_node_id");
  }
  const std::optional<Bytes> path_key = reader.take(kPointBytes);
  if (!path_key || !is_point(*path_key)) {
    return invalid_argument("the first_path_key of a path in offer_paths is no valid point");
  }
  const std::optional<std::uint8_t> hops = reader.take_byte();
  if (!hops) return invalid_argument("a path in offer_paths is cut short before its hops");
  if (*hops == 0) return invalid_argument("a path in offer_paths has no hops");
  for (unsigned hop = 0; hop < *hops; ++hop) {
    const std::optional<Bytes> node_id = reader.take(kPointBytes);
    if (!node_id || !is_point(*node_id)) {
      return invalid_argument("the blinded_node_id of a hop in offer_paths is no valid point");
    }
    const std::optional<std::uint16_t> length = reader.take_u16();
    if (!length || !reader.take(*length)) return invalid_argument("a hop in offer_paths is cut short");
  }
  out.hops = *hops;
  return {};
}

Status read_paths(Bytes value, Offer& offer) {
  TlvReader reader{value};
  while (!reader.at_end()) {
    BlindedPath path;
    if (Status status = read_path(reader, path); !status.ok()) return status;
    offer.paths.push_back(path);
  }
  return {};
}

Status read_issuer_id(Bytes value, Offer& offer) {
  if (!is_point(value)) return invalid_argument("offer_issuer_id is no valid point");
  Point point;
  std::copy(value.begin(), value.end(), point.begin());
  offer.issuer_id = point;
  return {};
}

}  // namespace

Status read_offer_field(const TlvRecord& record, Offer& offer) {
  switch (record.type) {
    case kOfferChains:
      return read_chains(record.value, offer);
    case kOfferMetadata:
      offer.metadata.assign(record.value.begin(), record.value.end());
      return {};
    case kOfferCurrency:
      return read_currency(record.value, offer);
    case kOfferAmount:
      return read_number(record.value, "offer_amount", offer.amount);
    case kOfferDescription:
      return read_text(record.value, "offer_description", offer.description);
    case kOfferFeatures:
      return read_features(record.value, offer);
    case kOfferAbsoluteExpiry:
      return read_number(record.value, "offer_absolute_expiry", offer.absolute_expiry);
    case kOfferPaths:
      return read_paths(record.value, offer);
    case kOfferIssuer:
      return read_text(record.value, "offer_issuer", offer.issuer);
    case kOfferQuantityMax:
      return read_number(record.value, "offer_quantity_max", offer.quantity_max);
    case kOfferIssuerId:
      return read_issuer_id(record.value, offer);
    default:
      break;
  }
  if (!is_offer_type(record.type)) {
    return invalid_argument(fmt::format("the field of type {} cannot be in an offer", record.type));
  }
  if (record.type % 2 == 0) {
    return invalid_argument(fmt::format(
        "the offer has the field of type {}, which is unknown and demands to be understood", record.type));
  }
  return {};
}

}  // namespace paynamed::names
