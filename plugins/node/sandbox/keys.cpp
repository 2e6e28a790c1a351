#include "keys.hpp"

#include <openssl/crypto.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>

#include <algorithm>

#include "hash.hpp"
#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

void require(int worked, const char* what) {
  if (worked != 1) throw Error(Code::kInternal, std::string("libsecp256k1 could not ") + what + ".");
}

secp256k1_pubkey parse(const Curve& curve, const PublicKey& point) {
  secp256k1_pubkey parsed;
  if (secp256k1_ec_pubkey_parse(curve.get(), &parsed, point.data(), point.size()) != 1) {
    throw Error(Code::kInvalidArgument, "A public key is not a point of secp256k1.");
  }
  return parsed;
}

PublicKey serialize(const Curve& curve, const secp256k1_pubkey& key) {
  PublicKey compressed;
  auto size = compressed.size();
  require(secp256k1_ec_pubkey_serialize(curve.get(), compressed.data(), &size, &key, SECP256K1_EC_COMPRESSED),
          "write a public key");
  return compressed;
}

Bytes32 candidate(BytesView root, std::string_view purpose, std::string_view name, std::uint32_t counter) {
  constexpr std::uint8_t kSeparator[] = {0};
  Bytes tail;
  append_integer(tail, counter);
  return hmac_sha256(root, {view(purpose), kSeparator, view(name), tail});
}

}  // namespace

Curve::Curve() : context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)) {}

Key::Key(const Curve& curve, const Bytes32& secret) : curve_(&curve), secret_(secret) {
  if (secp256k1_ec_seckey_verify(curve.get(), secret.data()) != 1) {
    throw Error(Code::kInvalidArgument, "A secret key is outside the range of secp256k1.");
  }
}

Key::~Key() {
  OPENSSL_cleanse(secret_.data(), secret_.size());
}

Key Key::derive(const Curve& curve, const Bytes32& root, std::string_view purpose, std::string_view name) {
  std::uint32_t counter = 0;
  auto secret = candidate(root, purpose, name, counter);
  while (secp256k1_ec_seckey_verify(curve.get(), secret.data()) != 1) {
    secret = candidate(root, purpose, name, ++counter);
  }
  return Key(curve, secret);
}

Bytes32 Key::derive_bytes(std::string_view purpose, std::string_view name) const {
  return candidate(secret_, purpose, name, 0);
}

Key Key::derive_key(std::string_view purpose, std::string_view name) const {
  return derive(*curve_, secret_, purpose, name);
}

PublicKey Key::public_key() const {
  secp256k1_pubkey key;
  require(secp256k1_ec_pubkey_create(curve_->get(), &key, secret_.data()), "make a public key");
  return serialize(*curve_, key);
}

Signature Key::sign_schnorr(const Bytes32& hash) const {
  secp256k1_keypair pair;
  require(secp256k1_keypair_create(curve_->get(), &pair, secret_.data()), "make a key pair");
  Signature signature;
  const auto signed_well =
      secp256k1_schnorrsig_sign32(curve_->get(), signature.data(), hash.data(), &pair, nullptr);
  OPENSSL_cleanse(&pair, sizeof pair);
  require(signed_well, "sign");
  return signature;
}

std::array<std::uint8_t, 65> Key::sign_recoverable(const Bytes32& hash) const {
  secp256k1_ecdsa_recoverable_signature signature;
  require(secp256k1_ecdsa_sign_recoverable(curve_->get(), &signature, hash.data(), secret_.data(), nullptr,
                                           nullptr),
          "sign");
  std::array<std::uint8_t, 65> compact;
  int recovery_id = 0;
  require(secp256k1_ecdsa_recoverable_signature_serialize_compact(curve_->get(), compact.data(), &recovery_id,
                                                                  &signature),
          "write a signature");
  compact[64] = static_cast<std::uint8_t>(recovery_id);
  return compact;
}

Bytes32 Key::shared_secret(const PublicKey& other) const {
  const auto point = parse(*curve_, other);
  Bytes32 secret;
  require(secp256k1_ecdh(curve_->get(), secret.data(), &point, secret_.data(), nullptr, nullptr),
          "agree on a secret");
  return secret;
}

Bytes32 Key::taproot_output() const {
  const auto key = public_key();
  const auto full = parse(*curve_, key);
  secp256k1_xonly_pubkey internal;
  require(secp256k1_xonly_pubkey_from_pubkey(curve_->get(), &internal, nullptr, &full),
          "take an x coordinate");
  const auto tweak = tagged_hash("TapTweak", {BytesView(key).subspan(1)});
  secp256k1_pubkey tweaked;
  require(secp256k1_xonly_pubkey_tweak_add(curve_->get(), &tweaked, &internal, tweak.data()), "tweak a key");
  const auto output = serialize(*curve_, tweaked);
  Bytes32 x;
  std::copy(output.begin() + 1, output.end(), x.begin());
  return x;
}

PublicKey multiply(const Curve& curve, const PublicKey& point, const Bytes32& factor) {
  auto product = parse(curve, point);
  require(secp256k1_ec_pubkey_tweak_mul(curve.get(), &product, factor.data()), "multiply a point");
  return serialize(curve, product);
}

}  // namespace paynamed::sandbox
