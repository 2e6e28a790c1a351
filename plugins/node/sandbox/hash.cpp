#include "hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <memory>

#include "paynamed/error.hpp"

namespace paynamed::sandbox {
namespace {

Bytes join(std::initializer_list<BytesView> parts) {
  Bytes all;
  for (const auto part : parts) append(all, part);
  return all;
}

void require(bool worked) {
  if (!worked)
    throw Error(Code::kInternal, "OpenSSL could not do a basic operation; check its installation.");
}

}  // namespace

Bytes32 sha256(std::initializer_list<BytesView> parts) {
  const auto all = join(parts);
  Bytes32 digest;
  SHA256(all.data(), all.size(), digest.data());
  return digest;
}

Bytes32 tagged_hash(BytesView tag, std::initializer_list<BytesView> parts) {
  const auto prefix = sha256({tag});
  const auto all = join(parts);
  return sha256({prefix, prefix, all});
}

Bytes32 tagged_hash(std::string_view tag, std::initializer_list<BytesView> parts) {
  return tagged_hash(view(tag), parts);
}

Bytes32 hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  const auto all = join(parts);
  Bytes32 code;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), all.data(), all.size(), code.data(),
               nullptr) != nullptr);
  return code;
}

Bytes chacha20_poly1305(const Bytes32& key, BytesView plain) {
  constexpr int kTagSize = 16;
  constexpr std::array<std::uint8_t, 12> kNonce{};
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  require(cipher != nullptr);
  Bytes sealed(plain.size() + kTagSize);
  int written = 0;
  int rest = 0;
  require(EVP_EncryptInit_ex(cipher.get(), EVP_chacha20_poly1305(), nullptr, key.data(), kNonce.data()) == 1);
  require(EVP_EncryptUpdate(cipher.get(), sealed.data(), &written, plain.data(),
                            static_cast<int>(plain.size())) == 1);
  require(EVP_EncryptFinal_ex(cipher.get(), sealed.data() + written, &rest) == 1);
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, sealed.data() + plain.size()) ==
          1);
  return sealed;
}

}  // namespace paynamed::sandbox
