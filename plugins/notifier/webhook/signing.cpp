#include "signing.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <paynamed/error.hpp>
#include <vector>

namespace paynamed::webhook {
namespace {

constexpr std::size_t kLeastSecretBytes = 24;
constexpr std::size_t kMostSecretBytes = 64;
constexpr std::size_t kEd25519Bytes = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Bytes of a key, overwritten when they go.
class KeyBytes {
 public:
  explicit KeyBytes(std::size_t size) : bytes_(size) {}
  KeyBytes(KeyBytes&&) noexcept = default;
  KeyBytes& operator=(KeyBytes&&) = delete;
  ~KeyBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  unsigned char* data() { return bytes_.data(); }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  void cut(std::size_t size) { bytes_.resize(size); }

 private:
  std::vector<unsigned char> bytes_;
};

bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  const auto padding = std::min(text.find('='), text.size());
  if (text.size() - padding > 2 || text.substr(padding).find_first_not_of('=') != text.npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(padding), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

// Of "<prefix><base64>" (RFC 4648 section 4, with padding).
std::optional<KeyBytes> decode(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.size() > 4 * kMostSecretBytes || !is_base64(text)) return std::nullopt;
  KeyBytes bytes(text.size() / 4 * 3);
  if (EVP_DecodeBlock(bytes.data(), bytes_of(text), static_cast<int>(text.size())) < 0) return std::nullopt;
  bytes.cut(bytes.size() - static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '=')));
  return bytes;
}

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

Error unusable(const char* what) {
  return Error(Code::kFailedPrecondition,
               std::string("A key of the webhook is not ") + what +
                   ", so nothing can be signed with it; rotate the webhook's secret.");
}

Error no_crypto() {
  return Error(Code::kInternal, "OpenSSL could not sign; the machine may be out of memory.");
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::string signed_text(std::string_view id, std::int64_t timestamp, std::string_view body) {
  std::string text;
  text.reserve(id.size() + body.size() + 24);
  text.append(id).append(".").append(std::to_string(timestamp)).append(".").append(body);
  return text;
}

std::string sign_hmac(std::string_view secret, std::string_view text) {
  const auto key = decode(secret, "whsec_");
  if (!key || key->size() < kLeastSecretBytes || key->size() > kMostSecretBytes) {
    throw unusable("a secret of Standard Webhooks (whsec_...)");
  }
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()), bytes_of(text), text.size(),
           digest.data(), &size) == nullptr) {
    throw no_crypto();
  }
  return "v1," + base64(digest.data(), digest.size());
}

std::string sign_ed25519(std::string_view secret, std::string_view text) {
  const auto pair = decode(secret, "whsk_");
  if (!pair || pair->size() != 2 * kEd25519Bytes) {
    throw unusable("a private key of Standard Webhooks (whsk_...)");
  }
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, pair->data(), kEd25519Bytes));
  std::array<unsigned char, kEd25519Bytes> known{};
  std::size_t known_size = known.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), known.data(), &known_size) != 1) throw no_crypto();
  if (!std::equal(known.begin(), known.end(), pair->data() + kEd25519Bytes)) {
    throw unusable("a private key with its public one (whsk_...)");
  }
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(text), text.size()) != 1) {
    throw no_crypto();
  }
  return "v1a," + base64(signature.data(), size);
}

}  // namespace paynamed::webhook
