#include "names/bolt12.hpp"

#include <fmt/format.h>

#include "names/ascii.hpp"
#include "names/bech32.hpp"
#include "names/bolt12_fields.hpp"
#include "names/tlv.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;
using base::Status;

constexpr std::string_view kPrefix = "lno";

bool is_white_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Prefix and separator count as bech32 characters here: the vector "+ can join anywhere" cuts inside "lno".
bool is_joinable(char c) {
  return is_bech32_character(c) || to_lower(c) == 'o' || c == '1';
}

// `text` without the "+" and white space that join its parts.
Result<std::string> joined(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '+') {
      out += text[at++];
      continue;
    }
    ++at;
    while (at < text.size() && is_white_space(text[at])) ++at;
    if (out.empty() || !is_joinable(out.back()) || at == text.size() || !is_joinable(text[at])) {
      return fail(
          invalid_argument("a '+' in the offer does not stand between two characters of it; remove it"));
    }
  }
  return out;
}

Status check_fields(const Offer& offer, bool has_chains, bool has_paths) {
  if (has_chains && offer.chains.empty())
    return invalid_argument("the offer is for no chain (offer_chains is empty)");
  if (offer.amount && *offer.amount == 0)
    return invalid_argument("offer_amount is 0; leave it out or set an amount");
  if (offer.amount && !offer.description) {
    return invalid_argument("the offer has an offer_amount, but no offer_description");
  }
  if (offer.currency && !offer.amount) {
    return invalid_argument("the offer has an offer_currency, but no offer_amount");
  }
  if (has_paths && offer.paths.empty())
    return invalid_argument("the offer has an offer_paths without any path");
  if (!offer.issuer_id && !has_paths) {
    return invalid_argument(
        "the offer says neither offer_issuer_id nor offer_paths: nobody can be asked for an invoice");
  }
  return {};
}

constexpr ChainHash kBitcoin = {0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2,
                                0x46, 0xae, 0x63, 0xf7, 0x4f, 0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a,
                                0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00};
constexpr ChainHash kTestnet3 = {0x43, 0x49, 0x7f, 0xd7, 0xf8, 0x26, 0x95, 0x71, 0x08, 0xf4, 0xa3,
                                 0x0f, 0xd9, 0xce, 0xc3, 0xae, 0xba, 0x79, 0x97, 0x20, 0x84, 0xe9,
                                 0x0e, 0xad, 0x01, 0xea, 0x33, 0x09, 0x00, 0x00, 0x00, 0x00};
constexpr ChainHash kTestnet4 = {0x43, 0xf0, 0x8b, 0xda, 0xb0, 0x50, 0xe3, 0x5b, 0x56, 0x7c, 0x86,
                                 0x4b, 0x91, 0xf4, 0x7f, 0x50, 0xae, 0x72, 0x5a, 0xe2, 0xde, 0x53,
                                 0xbc, 0xfb, 0xba, 0xf2, 0x84, 0xda, 0x00, 0x00, 0x00, 0x00};
constexpr ChainHash kSignet = {0xf6, 0x1e, 0xee, 0x3b, 0x63, 0xa3, 0x80, 0xa4, 0x77, 0xa0, 0x63,
                               0xaf, 0x32, 0xb2, 0xbb, 0xc9, 0x7c, 0x9f, 0xf9, 0xf0, 0x1f, 0x2c,
                               0x42, 0x25, 0xe9, 0x73, 0x98, 0x81, 0x08, 0x00, 0x00, 0x00};
constexpr ChainHash kRegtest = {0x06, 0x22, 0x6e, 0x46, 0x11, 0x1a, 0x0b, 0x59, 0xca, 0xaf, 0x12,
                                0x60, 0x43, 0xeb, 0x5b, 0xbf, 0x28, 0xc3, 0x4f, 0x3a, 0x5e, 0x33,
                                0x2a, 0x1f, 0xc7, 0xb2, 0xb7, 0x3c, 0xf1, 0x88, 0x91, 0x0f};

}  // namespace

NetworkSet Offer::networks() const {
  if (chains.empty()) return Network::kBitcoin;
  NetworkSet out;
  for (const ChainHash& chain : chains) {
    if (chain == kBitcoin) out = out | Network::kBitcoin;
    if (chain == kTestnet3 || chain == kTestnet4) out = out | Network::kTestnet;
    if (chain == kSignet) out = out | Network::kSignet;
    if (chain == kRegtest) out = out | Network::kRegtest;
  }
  return out;
}

Result<Offer> parse_offer_bytes(Bytes bytes) {
  if (bytes.empty()) return fail(invalid_argument("the offer is empty; copy it again from the wallet"));
  const Result<std::vector<TlvRecord>> records = read_tlv_stream(bytes);
  if (!records) {
    return fail(invalid_argument(fmt::format("the offer is malformed: {}", records.error().message())));
  }
  Offer offer;
  bool has_chains = false;
  bool has_paths = false;
  for (const TlvRecord& record : *records) {
    if (Status status = read_offer_field(record, offer); !status.ok()) return fail(std::move(status));
    has_chains = has_chains || record.type == kOfferChains;
    has_paths = has_paths || record.type == kOfferPaths;
  }
  if (Status status = check_fields(offer, has_chains, has_paths); !status.ok())
    return fail(std::move(status));
  offer.offer_id = merkle_root(*records);
  offer.text = encode_bech32(kPrefix, groups_from_bytes(bytes), Bech32Checksum::kNone);
  return offer;
}

Result<Offer> parse_offer(std::string_view text) {
  if (text.size() > kMaxOfferCharacters) {
    return fail(invalid_argument(fmt::format("the offer has {} characters; at most {} are allowed",
                                             text.size(), kMaxOfferCharacters)));
  }
  const Result<std::string> whole = joined(text);
  if (!whole) return fail(whole.error());
  if (!starts_with_ignoring_case(*whole, "lno1")) {
    return fail(invalid_argument("the text is not a BOLT 12 offer; an offer begins with \"lno1\""));
  }
  const Result<Bech32> decoded = decode_bech32(*whole, Bech32Checksum::kNone, kMaxOfferCharacters);
  if (!decoded)
    return fail(invalid_argument(fmt::format("the offer is malformed: {}", decoded.error().message())));
  // "lno1...1...": the data part has no '1', so the prefix would be longer.
  if (decoded->prefix != kPrefix)
    return fail(invalid_argument("the offer is malformed: '1' cannot be in its data"));
  const Result<std::vector<std::uint8_t>> bytes = bytes_from_groups(decoded->groups);
  if (!bytes)
    return fail(invalid_argument(fmt::format("the offer is malformed: {}", bytes.error().message())));
  return parse_offer_bytes(*bytes);
}

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace paynamed::names
