// Secrets are what receivers' libraries read.
#include "delivery/webhook_secrets.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <vector>

namespace paynamed::delivery {
namespace {

std::vector<unsigned char> bytes_of(const std::string& text, const std::string& prefix) {
  EXPECT_TRUE(text.starts_with(prefix)) << text;
  const std::string body = text.substr(prefix.size());
  std::vector<unsigned char> bytes(body.size() / 4 * 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(body.data()),
                                   static_cast<int>(body.size()));
  EXPECT_EQ(static_cast<std::size_t>(size), bytes.size());
  for (auto at = body.rbegin(); at != body.rend() && *at == '='; ++at) bytes.pop_back();
  return bytes;
}

TEST(WebhookSecrets, AnHmacSecretIs32BytesAndNewEachTime) {
  base::SystemRandom random;
  const std::string one = make_hmac_secret(random);
  EXPECT_EQ(bytes_of(one, "whsec_").size(), 32U);
  EXPECT_NE(one, make_hmac_secret(random));
}

TEST(WebhookSecrets, WhatThePrivateKeySignsThePublicOneVerifies) {
  base::SystemRandom random;
  const auto pair = make_ed25519_key(random);
  ASSERT_TRUE(pair) << pair.error().to_string();
  const auto both = bytes_of(pair->secret, "whsk_");
  const auto open = bytes_of(pair->public_key, "whpk_");
  ASSERT_EQ(both.size(), 64U);
  ASSERT_EQ(open.size(), 32U);
  EXPECT_EQ(std::vector<unsigned char>(both.begin() + 32, both.end()), open);

  const std::string text = "msg_1.1700000000.{}";
  const auto* message = reinterpret_cast<const unsigned char*>(text.data());
  std::vector<unsigned char> signature(64);
  std::size_t size = signature.size();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> secret(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, both.data(), 32), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> signing(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  ASSERT_EQ(EVP_DigestSignInit(signing.get(), nullptr, nullptr, nullptr, secret.get()), 1);
  ASSERT_EQ(EVP_DigestSign(signing.get(), signature.data(), &size, message, text.size()), 1);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, open.data(), 32), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> verifying(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  ASSERT_EQ(EVP_DigestVerifyInit(verifying.get(), nullptr, nullptr, nullptr, key.get()), 1);
  EXPECT_EQ(EVP_DigestVerify(verifying.get(), signature.data(), size, message, text.size()), 1);
}

}  // namespace
}  // namespace paynamed::delivery
