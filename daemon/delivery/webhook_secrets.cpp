#include "delivery/webhook_secrets.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace paynamed::delivery {
namespace {

constexpr std::size_t kKeyBytes = 32;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::string base64(std::span<const std::uint8_t> bytes) {
  // EVP_EncodeBlock ends its text with a zero byte.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

std::string make_hmac_secret(base::Random& random) {
  std::array<std::uint8_t, kKeyBytes> key{};
  random.fill(std::as_writable_bytes(std::span(key)));
  std::string text = "whsec_" + base64(key);
  OPENSSL_cleanse(key.data(), key.size());
  return text;
}

base::Result<KeyPair> make_ed25519_key(base::Random& random) {
  std::array<std::uint8_t, 2 * kKeyBytes> both{};
  random.fill(std::as_writable_bytes(std::span(both).first<kKeyBytes>()));
  const std::unique_ptr<EVP_PKEY, Free> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, both.data(), kKeyBytes));
  std::size_t size = kKeyBytes;
  const bool made =
      key && EVP_PKEY_get_raw_public_key(key.get(), both.data() + kKeyBytes, &size) == 1 && size == kKeyBytes;
  KeyPair pair;
  if (made) pair = {"whsk_" + base64(both), "whpk_" + base64(std::span(both).last<kKeyBytes>())};
  OPENSSL_cleanse(both.data(), both.size());
  if (!made) return base::fail(base::internal("OpenSSL makes no ed25519 keys; check the installation"));
  return pair;
}

}  // namespace paynamed::delivery
