#include "names/bolt11.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

#include "names/ascii.hpp"
#include "names/bech32.hpp"
#include "names/point.hpp"
#include "names/utf8.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;
using base::Status;

using Groups = std::span<const std::uint8_t>;

constexpr std::size_t kTimestampGroups = 7;
constexpr std::size_t kSignatureGroups = 104;
constexpr std::uint64_t kMsatPerBitcoin = 100'000'000'000;

// Bits of BOLT 9 that may be in an invoice ("9" in its table, and those it assumes); a demand for another one
// is unknown.
constexpr std::array<std::size_t, 6> kKnownEvenFeatures = {8, 14, 16, 24, 36, 48};

// What the tagged fields said.
struct Fields {
  unsigned payment_hashes = 0;
  unsigned secrets = 0;
  unsigned descriptions = 0;
  std::optional<Point> payee;
};

NetworkSet networks_of(std::string_view currency) {
  if (currency == "bc") return Network::kBitcoin;
  if (currency == "tb") return Network::kTestnet;
  if (currency == "tbs") return Network::kSignet;
  if (currency == "bcrt") return Network::kRegtest;
  return {};
}

// "2500u" in millisatoshi; nothing if BOLT 11 does not allow it.
std::optional<std::uint64_t> read_amount(std::string_view text) {
  std::uint64_t divisor = 1;
  if (!text.empty() && !is_digit(text.back())) {
    switch (text.back()) {
      case 'm':
        divisor = 1'000;
        break;
      case 'u':
        divisor = 1'000'000;
        break;
      case 'n':
        divisor = 1'000'000'000;
        break;
      case 'p':
        divisor = 1'000'000'000'000;
        break;
      default:
        return std::nullopt;
    }
    text.remove_suffix(1);
  }
  // 19 digits fit into 64 bits.
  if (text.empty() || text.size() > 19 || text[0] == '0') return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (divisor > kMsatPerBitcoin) return number % 10 == 0 ? std::optional{number / 10} : std::nullopt;
  const std::uint64_t factor = kMsatPerBitcoin / divisor;
  if (number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

Status read_prefix(std::string_view prefix, Invoice& invoice) {
  if (!prefix.starts_with("ln"))
    return invalid_argument("the text is not a BOLT 11 invoice; one begins with \"lnbc\"");
  prefix.remove_prefix(2);
  const std::size_t digits = std::min(prefix.find_first_of("0123456789"), prefix.size());
  invoice.networks = networks_of(prefix.substr(0, digits));
  if (invoice.networks.empty()) {
    return invalid_argument("the invoice is not for a Bitcoin network (lnbc, lntb, lntbs or lnbcrt)");
  }
  if (digits == prefix.size()) return {};
  invoice.amount_msat = read_amount(prefix.substr(digits));
  return invoice.amount_msat ? Status{} : invalid_argument("the amount in the invoice's prefix is not valid");
}

// Big endian, at most 64 bits; nothing for more or, as BOLT 11 has it, a first group of zero.
std::optional<std::uint64_t> read_number(Groups groups) {
  if (groups.size() > 12 || (!groups.empty() && groups[0] == 0)) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t group : groups) value = (value << 5) | group;
  return value;
}

// Of 52 groups, the last four bits of which are padding.
Hash256 hash_of(Groups groups) {
  Hash256 hash{};
  for (std::size_t bit = 0; bit < hash.size() * 8; ++bit) {
    const bool set = ((groups[bit / 5] >> (4 - bit % 5)) & 1) != 0;
    if (set) hash[bit / 8] = static_cast<std::uint8_t>(hash[bit / 8] | (0x80U >> (bit % 8)));
  }
  return hash;
}

Status check_features(Groups groups) {
  if (!groups.empty() && groups[0] == 0) return invalid_argument("the invoice's features begin with a zero");
  for (std::size_t bit = 0; bit < groups.size() * 5; bit += 2) {
    if (((groups[groups.size() - 1 - bit / 5] >> (bit % 5)) & 1) == 0) continue;
    if (std::find(kKnownEvenFeatures.begin(), kKnownEvenFeatures.end(), bit) == kKnownEvenFeatures.end()) {
      return invalid_argument(fmt::format("the invoice demands the feature {}, which is unknown", bit));
    }
  }
  return {};
}

Status read_field(char type, Groups data, Invoice& invoice, Fields& fields) {
  constexpr std::size_t kHashGroups = 52;
  constexpr std::size_t kKeyGroups = 53;
  switch (type) {
    case 'p':
    case 's':
    case 'h': {
      if (data.size() != kHashGroups) {
        return invalid_argument(fmt::format("the field '{}' of the invoice has not 256 bits", type));
      }
      ++(type == 'p' ? fields.payment_hashes : type == 's' ? fields.secrets : fields.descriptions);
      if (type == 'p') invoice.payment_hash = hash_of(data);
      if (type == 'h') invoice.description_hash = hash_of(data);
      return {};
    }
    case 'n': {
      const Result<std::vector<std::uint8_t>> key = bytes_from_groups(data);
      if (data.size() != kKeyGroups || !key || !is_point(*key)) {
        return invalid_argument("the payee (field 'n') of the invoice is no valid key");
      }
      std::copy(key->begin(), key->end(), fields.payee.emplace().begin());
      return {};
    }
    case 'd': {
      const Result<std::vector<std::uint8_t>> bytes = bytes_from_groups(data);
      if (!bytes || !is_utf8({reinterpret_cast<const char*>(bytes->data()), bytes->size()})) {
        return invalid_argument("the description of the invoice is not valid UTF-8");
      }
      invoice.description.emplace(bytes->begin(), bytes->end());
      ++fields.descriptions;
      return {};
    }
    case 'x': {
      const std::optional<std::uint64_t> expiry = read_number(data);
      if (!expiry) return invalid_argument("the expiry of the invoice begins with a zero or is too long");
      invoice.expiry = *expiry;
      return {};
    }
    case 'c':
      return read_number(data)
                 ? Status{}
                 : invalid_argument("the field 'c' of the invoice begins with a zero or is too long");
    case '9':
      return check_features(data);
    default:
      // Unknown fields are skipped, and what 'f', 'r' and 'm' say does not matter here.
      return {};
  }
}

Status read_fields(Groups rest, Invoice& invoice, Fields& fields) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  while (!rest.empty()) {
    if (rest.size() < 3) return invalid_argument("the last field of the invoice is cut short");
    const char type = kAlphabet[rest[0]];
    const std::size_t length = std::size_t{rest[1]} * 32 + rest[2];
    rest = rest.subspan(3);
    if (length > rest.size()) {
      return invalid_argument(fmt::format("the field '{}' of the invoice is cut short", type));
    }
    if (Status status = read_field(type, rest.first(length), invoice, fields); !status.ok()) return status;
    rest = rest.subspan(length);
  }
  if (fields.payment_hashes != 1)
    return invalid_argument("the invoice needs exactly one payment hash (field 'p')");
  if (fields.secrets != 1)
    return invalid_argument("the invoice needs exactly one payment secret (field 's')");
  if (fields.descriptions != 1) {
    return invalid_argument("the invoice needs exactly one description or hash of one (field 'd' or 'h')");
  }
  return {};
}

// The signature covers the prefix and the data in front of it, padded with zero bits to a whole byte.
std::optional<Point> signer(std::string_view prefix, Groups data, Groups signature,
                            const std::optional<Point>& payee) {
  std::vector<std::uint8_t> message(prefix.begin(), prefix.end());
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t group : data) {
    bits = ((bits << 5) | group) & 0xFFF;
    count += 5;
    if (count >= 8) {
      count -= 8;
      message.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if (count > 0) message.push_back(static_cast<std::uint8_t>(bits << (8 - count)));
  const Result<std::vector<std::uint8_t>> bytes = bytes_from_groups(signature);
  if (!bytes) return std::nullopt;
  return signer_of(*bytes, sha256(message), payee ? &*payee : nullptr);
}

}  // namespace

std::uint64_t Invoice::expires_at() const {
  const std::uint64_t sum = timestamp + expiry;
  return sum < timestamp ? std::numeric_limits<std::uint64_t>::max() : sum;
}

Result<Invoice> parse_invoice(std::string_view text) {
  const Result<Bech32> decoded = decode_bech32(text, Bech32Checksum::kBech32, kMaxInvoiceCharacters);
  if (!decoded)
    return fail(invalid_argument(fmt::format("the invoice is malformed: {}", decoded.error().message())));
  Invoice invoice;
  if (Status status = read_prefix(decoded->prefix, invoice); !status.ok()) return fail(std::move(status));
  const Groups groups{decoded->groups};
  if (groups.size() < kTimestampGroups + kSignatureGroups) {
    return fail(invalid_argument("the invoice is too short for its time and its signature"));
  }
  for (const std::uint8_t group : groups.first(kTimestampGroups))
    invoice.timestamp = (invoice.timestamp << 5) | group;
  const Groups signed_groups = groups.first(groups.size() - kSignatureGroups);
  Fields fields;
  if (Status status = read_fields(signed_groups.subspan(kTimestampGroups), invoice, fields); !status.ok()) {
    return fail(std::move(status));
  }
  const auto payee = signer(decoded->prefix, signed_groups, groups.last(kSignatureGroups), fields.payee);
  if (!payee) return fail(invalid_argument("the signature of the invoice is not valid"));
  invoice.payee = *payee;
  invoice.text = to_lower(text);
  return invoice;
}

}  // namespace paynamed::names
