#include "host/sealing.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>

namespace paynamed::host {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;
// Apart from what is sealed with the same key.
constexpr std::string_view kFingerprintOf = "paynamed request fingerprint\n";

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Status broken() {
  return base::internal("OpenSSL cannot use AES-256-GCM; check the installation");
}

}  // namespace

base::Result<SealingKey> SealingKey::from_hex(std::string_view text) {
  SealingKey key;
  bool good = text.size() == 2 * key.key_.size();
  for (std::size_t i = 0; good && i < key.key_.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    good = high >= 0 && low >= 0;
    key.key_[i] = static_cast<std::uint8_t>((std::max(high, 0) << 4) | std::max(low, 0));
  }
  if (good) return key;
  return base::fail(base::invalid_argument(
      "the key that seals secrets must be 64 hex digits; make one with: openssl rand -hex 32"));
}

SealingKey::~SealingKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

base::Result<std::vector<std::uint8_t>> SealingKey::seal(std::string_view handle, std::string_view value,
                                                         base::Random& random) const {
  std::vector<std::uint8_t> sealed(kOverhead + value.size());
  sealed[0] = kFormat;
  std::uint8_t* nonce = sealed.data() + 1;
  random.fill(std::as_writable_bytes(std::span(nonce, kNonceBytes)));
  std::uint8_t* out = nonce + kNonceBytes;
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done =
      context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(handle), static_cast<int>(handle.size())) ==
          1 &&
      EVP_EncryptUpdate(context.get(), out, &length, bytes_of(value), static_cast<int>(value.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + value.size()) == 1;
  if (!done) return base::fail(broken());
  return sealed;
}

base::Result<std::string> SealingKey::open(std::string_view handle,
                                           std::span<const std::uint8_t> sealed) const {
  const auto wrong = base::failed_precondition(
      "a sealed secret cannot be opened with the key in [daemon] secrets_key: it was sealed with another "
      "one, "
      "or the state file was changed; put the right key back, or add the node again, or rotate the webhook's "
      "secrets with grace 0s");
  if (sealed.size() < kOverhead || sealed[0] != kFormat) return base::fail(wrong);
  const std::uint8_t* nonce = sealed.data() + 1;
  const std::uint8_t* in = nonce + kNonceBytes;
  std::string value(sealed.size() - kOverhead, '\0');
  std::array<std::uint8_t, kTagBytes> tag{};
  std::copy_n(in + value.size(), kTagBytes, tag.begin());
  auto* out = reinterpret_cast<unsigned char*>(value.data());
  const Context context(EVP_CIPHER_CTX_new());
  if (!context) return base::fail(broken());
  int length = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(handle), static_cast<int>(handle.size())) ==
          1 &&
      EVP_DecryptUpdate(context.get(), out, &length, in, static_cast<int>(value.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + length, &length) == 1;
  if (opened) return value;
  OPENSSL_cleanse(value.data(), value.size());
  return base::fail(wrong);
}

base::Result<std::string> SealingKey::fingerprint(std::string_view text) const {
  std::string message{kFingerprintOf};
  message += text;
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  const bool done = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes_of(message),
                         message.size(), digest.data(), &length) != nullptr &&
                    length == digest.size();
  OPENSSL_cleanse(message.data(), message.size());
  if (!done) return base::fail(base::internal("OpenSSL computes no HMAC; check the installation"));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

}  // namespace paynamed::host
