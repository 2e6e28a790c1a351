#include "tests/fakes/tls/tls_authority.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string{"OpenSSL does not "} + what);
}

Key new_key() {
  Key key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  require(key != nullptr, "make a key");
  return key;
}

void add_extension(X509* subject, X509* issuer, int which, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  context.db = nullptr;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
  require(extension != nullptr, "take an extension");
  X509_add_ext(subject, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate new_certificate(EVP_PKEY* key, const std::string& common_name, long from, long until) {
  Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), 2);
  unsigned char serial[8];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return certificate;
}

std::string text_of(const Memory& memory) {
  std::string text;
  char block[4096];
  for (int got = 0; (got = BIO_read(memory.get(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  return text;
}

std::string pem(X509* certificate) {
  const Memory memory{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_X509(memory.get(), certificate) == 1, "write a certificate");
  return text_of(memory);
}

}  // namespace

struct TlsAuthority::Keys {
  Key key;
  Certificate certificate;
};

TlsAuthority::TlsAuthority() : keys_(std::make_unique<Keys>()) {
  keys_->key = new_key();
  keys_->certificate = new_certificate(keys_->key.get(), "a test's authority", -86'400, 86'400);
  X509* const own = keys_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  require(X509_sign(own, keys_->key.get(), EVP_sha256()) > 0, "sign a certificate");
}

TlsAuthority::~TlsAuthority() = default;

TlsIdentity TlsAuthority::issue(const std::vector<std::string>& hosts, long from, long until) const {
  const Key key = new_key();
  const Certificate certificate = new_certificate(key.get(), "a test's server", from, until);
  X509* const issuer = keys_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer, NID_ext_key_usage, "serverAuth");
  std::string names;
  for (const auto& host : hosts) names += (names.empty() ? "" : ",") + host;
  add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
  require(X509_sign(certificate.get(), keys_->key.get(), EVP_sha256()) > 0, "sign a certificate");
  const Memory memory{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a key");
  return {pem(certificate.get()), text_of(memory)};
}

std::string TlsAuthority::certificate() const {
  return pem(keys_->certificate.get());
}

void TlsAuthority::write_certificate(const std::filesystem::path& file) const {
  std::ofstream stream{file};
  stream << certificate();
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace paynamed::fakes
