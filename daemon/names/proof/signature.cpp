#include "names/proof/signature.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <memory>

namespace paynamed::names {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

struct RsaNumbers {
  ByteView exponent;
  ByteView modulus;  // without leading zeros
  int bits = 0;
};

ByteView without_leading_zeros(ByteView bytes) {
  while (!bytes.empty() && bytes.front() == 0) bytes = bytes.subspan(1);
  return bytes;
}

// RFC 3110 section 2.
std::optional<RsaNumbers> rsa_numbers(ByteView key) {
  ByteReader reader{key};
  const auto first = reader.u8();
  if (!first) return std::nullopt;
  std::size_t exponent_size = *first;
  if (exponent_size == 0) {
    const auto longer = reader.u16();
    if (!longer) return std::nullopt;
    exponent_size = *longer;
  }
  const auto exponent = reader.take(exponent_size);
  if (!exponent) return std::nullopt;
  RsaNumbers numbers{without_leading_zeros(*exponent), without_leading_zeros(reader.rest()), 0};
  if (numbers.exponent.empty() || numbers.modulus.empty()) return std::nullopt;
  numbers.bits = static_cast<int>(numbers.modulus.size()) * 8;
  for (std::uint8_t top = numbers.modulus.front(); (top & 0x80U) == 0;
       top = static_cast<std::uint8_t>(top << 1)) {
    --numbers.bits;
  }
  return numbers;
}

Number number(ByteView bytes) {
  return Number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
}

Key key_from(const char* type, OSSL_PARAM* params) {
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return Key{key};
}

Key rsa_key(ByteView bytes) {
  const auto numbers = rsa_numbers(bytes);
  if (!numbers) return nullptr;
  const Number modulus = number(numbers->modulus);
  const Number exponent = number(numbers->exponent);
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  if (!modulus || !exponent || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
  return params ? key_from("RSA", params.get()) : nullptr;
}

// RFC 6605 section 4: the point without the byte that says it is not compressed.
Key ecdsa_key(ByteView bytes, const char* curve) {
  std::vector<std::uint8_t> point{4};
  point.insert(point.end(), bytes.begin(), bytes.end());
  std::string group{curve};
  std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return key_from("EC", params.data());
}

// RFC 6605 section 4 has r and s in equal halves, OpenSSL wants DER.
std::vector<std::uint8_t> ecdsa_der(ByteView signature) {
  const std::size_t half = signature.size() / 2;
  const EcdsaSignature both{ECDSA_SIG_new()};
  Number r = number(signature.first(half));
  Number s = number(signature.subspan(half));
  if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  // Taken over by set0.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return {};
  std::vector<std::uint8_t> der(static_cast<std::size_t>(size));
  std::uint8_t* out = der.data();
  if (i2d_ECDSA_SIG(both.get(), &out) != size) return {};
  return der;
}

bool verify(const Key& key, const EVP_MD* digest, ByteView message, ByteView signature) {
  const DigestContext context{EVP_MD_CTX_new()};
  return key && context && !signature.empty() &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

// The bytes of an ECDSA or Ed25519 key; a signature has as many, or twice as many for Ed25519.
std::optional<std::size_t> fixed_key_size(SigningAlgorithm algorithm) {
  switch (algorithm) {
    case SigningAlgorithm::kEcdsaP256Sha256:
      return 64;
    case SigningAlgorithm::kEcdsaP384Sha384:
      return 96;
    case SigningAlgorithm::kEd25519:
      return 32;
    default:
      return std::nullopt;
  }
}

void digest_into(std::vector<std::uint8_t>& out, const EVP_MD* digest,
                 std::initializer_list<ByteView> parts) {
  const DigestContext context{EVP_MD_CTX_new()};
  out.resize(static_cast<std::size_t>(EVP_MD_get_size(digest)));
  bool good = context && EVP_DigestInit_ex(context.get(), digest, nullptr) == 1;
  for (const ByteView part : parts)
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!good || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1) out.clear();
}

}  // namespace

std::optional<SigningAlgorithm> signing_algorithm(std::uint8_t number) {
  switch (number) {
    case 8:
    case 10:
    case 13:
    case 14:
    case 15:
      return SigningAlgorithm{number};
    default:
      return std::nullopt;
  }
}

std::string algorithm_name(std::uint8_t number) {
  switch (number) {
    case 8:
      return "RSASHA256";
    case 10:
      return "RSASHA512";
    case 13:
      return "ECDSAP256SHA256";
    case 14:
      return "ECDSAP384SHA384";
    case 15:
      return "ED25519";
    default:
      return fmt::format("algorithm {}", number);
  }
}

std::optional<std::string> key_refusal(const Dnskey& key) {
  const auto algorithm = signing_algorithm(key.algorithm);
  if (!algorithm) {
    return fmt::format("a key of algorithm {}, which is {}", key.algorithm,
                       key.algorithm == 5 || key.algorithm == 7 ? "SHA-1" : "not known here");
  }
  if (const auto size = fixed_key_size(*algorithm)) {
    if (key.key.size() == *size) return std::nullopt;
    return fmt::format("an {} key of {} bytes instead of {}", algorithm_name(key.algorithm), key.key.size(),
                       *size);
  }
  const auto numbers = rsa_numbers(key.key);
  if (!numbers) return "an RSA key that is malformed";
  if (numbers->bits < kMinRsaBits) {
    return fmt::format("an RSA key of {} bits, where BIP-353 asks for {}", numbers->bits, kMinRsaBits);
  }
  if (numbers->bits > kMaxRsaBits || numbers->exponent.size() > kMaxRsaExponentBytes) {
    return fmt::format("an RSA key of {} bits with an exponent of {} bytes, which is too large",
                       numbers->bits, numbers->exponent.size());
  }
  return std::nullopt;
}

bool signature_holds(const Dnskey& key, ByteView message, ByteView signature) {
  if (key_refusal(key)) return false;
  switch (SigningAlgorithm{key.algorithm}) {
    case SigningAlgorithm::kRsaSha256:
      return verify(rsa_key(key.key), EVP_sha256(), message, signature);
    case SigningAlgorithm::kRsaSha512:
      return verify(rsa_key(key.key), EVP_sha512(), message, signature);
    case SigningAlgorithm::kEcdsaP256Sha256:
      return signature.size() == 64 &&
             verify(ecdsa_key(key.key, "prime256v1"), EVP_sha256(), message, ecdsa_der(signature));
    case SigningAlgorithm::kEcdsaP384Sha384:
      return signature.size() == 96 &&
             verify(ecdsa_key(key.key, "secp384r1"), EVP_sha384(), message, ecdsa_der(signature));
    case SigningAlgorithm::kEd25519: {
      const Key ed25519{
          EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.key.data(), key.key.size())};
      return signature.size() == 64 && verify(ed25519, nullptr, message, signature);
    }
  }
  return false;
}

std::optional<std::vector<std::uint8_t>> ds_digest(std::uint8_t digest_type, const WireName& owner,
                                                   ByteView dnskey_rdata) {
  const EVP_MD* digest = nullptr;
  switch (digest_type) {
    case 1:
      digest = EVP_sha1();
      break;
    case 2:
      digest = EVP_sha256();
      break;
    case 4:
      digest = EVP_sha384();
      break;
    default:
      return std::nullopt;
  }
  std::vector<std::uint8_t> out;
  digest_into(out, digest, {owner.bytes(), dnskey_rdata});
  if (out.empty()) return std::nullopt;
  return out;
}

std::vector<std::uint8_t> nsec3_hash(const WireName& name, ByteView salt, std::uint16_t iterations) {
  std::vector<std::uint8_t> hash;
  digest_into(hash, EVP_sha1(), {name.bytes(), salt});
  for (std::uint16_t i = 0; i < iterations && !hash.empty(); ++i) {
    const std::vector<std::uint8_t> before = hash;
    digest_into(hash, EVP_sha1(), {before, salt});
  }
  return hash;
}

}  // namespace paynamed::names
