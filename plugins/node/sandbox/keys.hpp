// Keys on secp256k1, and everything of a node that is derived from its seed.
//
// Threads: Curve and Key are immutable; reading is safe from any thread. A Key must not outlive its Curve.
#pragma once

#include <secp256k1.h>

#include <array>
#include <memory>
#include <string_view>

#include "bytes.hpp"

namespace paynamed::sandbox {

using PublicKey = std::array<std::uint8_t, 33>;  // compressed
using Signature = std::array<std::uint8_t, 64>;

// libsecp256k1's context.
class Curve {
 public:
  Curve();
  const secp256k1_context* get() const { return context_.get(); }

 private:
  struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
  };
  std::unique_ptr<secp256k1_context, Destroy> context_;
};

class Key {
 public:
  // Throws Error(kInvalidArgument) if `secret` is not between 1 and the order of the curve.
  Key(const Curve& curve, const Bytes32& secret);
  Key(Key&&) = default;
  Key(const Key&) = default;
  Key& operator=(const Key&) = delete;
  ~Key();

  // A key that is determined by `root`, a purpose and a name, and says nothing about them: the first valid
  // one of HMAC-SHA256(root, purpose || 0 || name || counter).
  static Key derive(const Curve& curve, const Bytes32& root, std::string_view purpose, std::string_view name);
  // 32 bytes in the same way; only the holder of this key can make them.
  Bytes32 derive_bytes(std::string_view purpose, std::string_view name) const;
  Key derive_key(std::string_view purpose, std::string_view name) const;

  PublicKey public_key() const;
  // BIP 340, without auxiliary randomness, so that the same message has the same signature.
  Signature sign_schnorr(const Bytes32& hash) const;
  // The 64 bytes r || s and the recovery id of BOLT 11; RFC 6979 nonces.
  std::array<std::uint8_t, 65> sign_recoverable(const Bytes32& hash) const;
  // BOLT 4: SHA256 of the compressed product with `other`.
  Bytes32 shared_secret(const PublicKey& other) const;
  // BIP 341: the x coordinate of the output key for spending by key alone.
  Bytes32 taproot_output() const;

 private:
  const Curve* curve_;
  Bytes32 secret_;
};

// `point` multiplied by `factor`. Throws Error(kInvalidArgument) if `point` is not on the curve.
PublicKey multiply(const Curve& curve, const PublicKey& point, const Bytes32& factor);

}  // namespace paynamed::sandbox
