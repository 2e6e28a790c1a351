#include "tests/unit/names/invoice_text.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <array>
#include <memory>

#include "names/bech32.hpp"
#include "names/hash.hpp"

namespace paynamed::names {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

std::vector<std::uint8_t> sign(std::string_view prefix, const std::vector<std::uint8_t>& groups) {
  std::vector<std::uint8_t> message(prefix.begin(), prefix.end());
  // groups_from_bytes() backwards, but with the last byte kept.
  std::vector<std::uint8_t> padded = groups;
  while (padded.size() % 8 != 0) padded.push_back(0);
  const std::vector<std::uint8_t> bytes = bytes_from_groups(padded).value();
  message.insert(message.end(), bytes.begin(),
                 bytes.begin() + static_cast<std::ptrdiff_t>((groups.size() * 5 + 7) / 8));
  const Hash256 hash = sha256(message);

  std::array<std::uint8_t, 32> key{};
  key[31] = 1;
  struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
  };
  const std::unique_ptr<secp256k1_context, Destroy> context{secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
  secp256k1_ecdsa_recoverable_signature signature;
  if (secp256k1_ecdsa_sign_recoverable(context.get(), &signature, hash.data(), key.data(), nullptr,
                                       nullptr) != 1) {
    return {};
  }
  std::vector<std::uint8_t> out(65);
  int id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context.get(), out.data(), &id, &signature);
  out[64] = static_cast<std::uint8_t>(id);
  return groups_from_bytes(out);
}

}  // namespace

std::vector<InvoiceField> needed_fields() {
  return {{'p', std::vector<std::uint8_t>(52, 2)},
          {'s', std::vector<std::uint8_t>(52, 4)},
          {'d', groups_from_bytes(std::vector<std::uint8_t>{'t', 'e', 'a'})}};
}

std::string invoice_text(const InvoiceParts& parts) {
  std::vector<std::uint8_t> groups;
  for (int i = 6; i >= 0; --i) groups.push_back(static_cast<std::uint8_t>((parts.timestamp >> (5 * i)) & 31));
  for (const InvoiceField& field : parts.fields) {
    groups.push_back(static_cast<std::uint8_t>(kAlphabet.find(field.type)));
    groups.push_back(static_cast<std::uint8_t>(field.groups.size() / 32));
    groups.push_back(static_cast<std::uint8_t>(field.groups.size() % 32));
    groups.insert(groups.end(), field.groups.begin(), field.groups.end());
  }
  const std::vector<std::uint8_t> signature =
      sign(parts.signed_prefix.empty() ? parts.prefix : parts.signed_prefix, groups);
  groups.insert(groups.end(), signature.begin(), signature.end());
  return encode_bech32(parts.prefix, groups, Bech32Checksum::kBech32);
}

}  // namespace paynamed::names
