#include "names/point.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

namespace paynamed::names {
namespace {

constexpr std::size_t kSignatureBytes = 65;

}  // namespace

// The static context is enough for parsing, verifying and recovering.
bool is_point(Bytes bytes) {
  secp256k1_pubkey key;
  return bytes.size() == kPointBytes &&
         secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, bytes.data(), bytes.size()) == 1;
}

std::optional<Point> signer_of(Bytes signature, const Hash256& hash, const Point* key) {
  if (signature.size() != kSignatureBytes || signature[64] > 3) return std::nullopt;
  const secp256k1_context* context = secp256k1_context_static;
  if (key) {
    secp256k1_pubkey pubkey;
    secp256k1_ecdsa_signature plain;
    // Verifying accepts low S only.
    const bool signs = secp256k1_ec_pubkey_parse(context, &pubkey, key->data(), key->size()) == 1 &&
                       secp256k1_ecdsa_signature_parse_compact(context, &plain, signature.data()) == 1 &&
                       secp256k1_ecdsa_verify(context, &plain, hash.data(), &pubkey) == 1;
    return signs ? std::optional{*key} : std::nullopt;
  }
  secp256k1_ecdsa_recoverable_signature recoverable;
  secp256k1_pubkey recovered;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &recoverable, signature.data(),
                                                          signature[64]) != 1 ||
      secp256k1_ecdsa_recover(context, &recovered, &recoverable, hash.data()) != 1) {
    return std::nullopt;
  }
  Point signer{};
  std::size_t size = signer.size();
  secp256k1_ec_pubkey_serialize(context, signer.data(), &size, &recovered, SECP256K1_EC_COMPRESSED);
  return signer;
}

}  // namespace paynamed::names
