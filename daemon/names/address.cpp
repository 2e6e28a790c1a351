#include "names/address.hpp"

#include <fmt/format.h>

#include "names/ascii.hpp"
#include "names/base58.hpp"
#include "names/bech32.hpp"
#include "names/point.hpp"

namespace paynamed::names {
namespace {

using base::fail;
using base::invalid_argument;
using base::Result;

constexpr std::size_t kMaxSegwitCharacters = 90;           // BIP 173
constexpr std::size_t kMaxSilentPaymentCharacters = 1023;  // BIP 352
constexpr std::size_t kSilentPaymentBytes = 2 * kPointBytes;
constexpr std::uint8_t kIncompatibleSilentPayment = 31;
constexpr std::size_t kPaymentCodeFlagBytes = 2;

// The networks of a segwit prefix; none for any other prefix.
NetworkSet segwit_networks(std::string_view prefix) {
  if (prefix == "bc") return Network::kBitcoin;
  if (prefix == "tb") return NetworkSet{Network::kTestnet} | Network::kSignet;
  if (prefix == "bcrt") return Network::kRegtest;
  return {};
}

bool looks_like_segwit(std::string_view text) {
  const std::size_t separator = text.rfind('1');
  return separator != text.npos && !segwit_networks(to_lower(text.substr(0, separator))).empty();
}

Result<Address> parse_segwit(std::string_view text) {
  // The version in front of the program says which checksum there has to be.
  const std::size_t separator = text.rfind('1');
  const bool version_0 = separator + 1 < text.size() && to_lower(text[separator + 1]) == 'q';
  const Result<Bech32> decoded = decode_bech32(
      text, version_0 ? Bech32Checksum::kBech32 : Bech32Checksum::kBech32m, kMaxSegwitCharacters);
  if (!decoded) return fail(decoded.error());
  if (decoded->groups.empty()) return fail(invalid_argument("the segwit address has no data"));
  Address address;
  address.witness_version = decoded->groups[0];
  if (address.witness_version > 16) {
    return fail(invalid_argument(fmt::format(
        "the segwit address has the witness version {}; the last one is 16", address.witness_version)));
  }
  const Result<std::vector<std::uint8_t>> program = bytes_from_groups(std::span{decoded->groups}.subspan(1));
  if (!program) return fail(program.error());
  const std::size_t length = program->size();
  if (length < 2 || length > 40 || (address.witness_version == 0 && length != 20 && length != 32)) {
    return fail(invalid_argument(fmt::format("the segwit address of version {} has a program of {} bytes",
                                             address.witness_version, length)));
  }
  address.text = to_lower(text);
  address.networks = segwit_networks(decoded->prefix);
  return address;
}

Result<Address> parse_base58_address(std::string_view text) {
  const Result<std::vector<std::uint8_t>> bytes = decode_base58check(text);
  if (!bytes) return fail(bytes.error());
  if (bytes->size() != 21) {
    return fail(
        invalid_argument(fmt::format("the base58 address has {} bytes instead of 21", bytes->size())));
  }
  Address address;
  address.text = std::string{text};
  switch ((*bytes)[0]) {
    case 0x00:
    case 0x05:
      address.networks = Network::kBitcoin;
      break;
    case 0x6F:
    case 0xC4:
      address.networks = kTestNetworks;
      break;
    default:
      return fail(invalid_argument(
          fmt::format("the base58 address has the version {}, which is not Bitcoin's", (*bytes)[0])));
  }
  address.kind = (*bytes)[0] == 0x00 || (*bytes)[0] == 0x6F ? AddressKind::kP2pkh : AddressKind::kP2sh;
  return address;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return fail(invalid_argument("the address is empty"));
  return looks_like_segwit(text) ? parse_segwit(text) : parse_base58_address(text);
}

Result<SilentPaymentAddress> parse_silent_payment_address(std::string_view text) {
  const Result<Bech32> decoded = decode_bech32(text, Bech32Checksum::kBech32m, kMaxSilentPaymentCharacters);
  if (!decoded) return fail(decoded.error());
  SilentPaymentAddress address;
  if (decoded->prefix == "sp") {
    address.networks = Network::kBitcoin;
  } else if (decoded->prefix == "tsp") {
    address.networks = kTestNetworks;
  } else {
    return fail(invalid_argument("a silent payment address begins with \"sp1\", for test networks \"tsp1\""));
  }
  if (decoded->groups.empty()) return fail(invalid_argument("the silent payment address has no data"));
  const std::uint8_t version = decoded->groups[0];
  if (version == kIncompatibleSilentPayment) {
    return fail(
        invalid_argument("the silent payment address has the version 31, which no wallet can read yet"));
  }
  const Result<std::vector<std::uint8_t>> keys = bytes_from_groups(std::span{decoded->groups}.subspan(1));
  if (!keys) return fail(keys.error());
  if (keys->size() < kSilentPaymentBytes || (version == 0 && keys->size() > kSilentPaymentBytes)) {
    return fail(invalid_argument(fmt::format("the silent payment address has {} bytes of keys instead of {}",
                                             keys->size(), kSilentPaymentBytes)));
  }
  if (!is_point(Bytes{*keys}.first(kPointBytes)) ||
      !is_point(Bytes{*keys}.subspan(kPointBytes, kPointBytes))) {
    return fail(invalid_argument("the silent payment address contains a key that is no valid point"));
  }
  address.version = version;
  address.text = to_lower(text);
  return address;
}

Result<PaymentCode> parse_payment_code(std::string_view text) {
  const Result<Bech32> decoded = decode_bech32(text, Bech32Checksum::kBech32m, kMaxSegwitCharacters);
  if (!decoded) return fail(decoded.error());
  PaymentCode code;
  if (decoded->prefix == "pay") {
    code.networks = Network::kBitcoin;
  } else if (decoded->prefix == "payt") {
    code.networks = kTestNetworks;
  } else {
    return fail(invalid_argument("a payment code begins with \"pay1\", for test networks \"payt1\""));
  }
  const Result<std::vector<std::uint8_t>> bytes = bytes_from_groups(decoded->groups);
  if (!bytes) return fail(bytes.error());
  if (bytes->size() != kPaymentCodeFlagBytes + kPointBytes ||
      !is_point(Bytes{*bytes}.subspan(kPaymentCodeFlagBytes))) {
    return fail(invalid_argument("the payment code is not two bytes of flags and a valid key"));
  }
  if ((*bytes)[0] == 0 && (*bytes)[1] == 0) {
    return fail(invalid_argument("the payment code accepts no type of address (all its flags are 0)"));
  }
  code.text = to_lower(text);
  return code;
}

}  // namespace paynamed::names
