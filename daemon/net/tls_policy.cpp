#include "net/tls_policy.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <vector>

namespace paynamed::net {
namespace ssl = boost::asio::ssl;
namespace {

bool is_address(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

TlsPolicy::TlsPolicy(std::string advice) : advice_(std::move(advice)), context_(ssl::context::tls_client) {}

base::Result<std::shared_ptr<TlsPolicy>> TlsPolicy::make(std::string advice) {
  std::shared_ptr<TlsPolicy> policy{new TlsPolicy{std::move(advice)}};
  SSL_CTX* const context = policy->context_.native_handle();
  boost::system::error_code error;
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return base::fail(base::internal("OpenSSL does not take TLS 1.2 as the least version"));
  }
  policy->context_.set_options(ssl::context::default_workarounds | ssl::context::no_compression, error);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  policy->context_.set_verify_mode(ssl::verify_peer, error);
  return policy;
}

base::Result<std::shared_ptr<const TlsPolicy>> TlsPolicy::from_pem(std::string_view pem) {
  auto made = make("whom the given authorities include; look whether they are this server's");
  if (!made) return base::fail(made.error());
  const std::shared_ptr<TlsPolicy> policy = *std::move(made);
  boost::system::error_code error;
  policy->context_.add_certificate_authority(boost::asio::buffer(pem.data(), pem.size()), error);
  STACK_OF(X509_OBJECT)* const known =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(policy->context_.native_handle()));
  if (error || sk_X509_OBJECT_num(known) == 0) {
    return base::fail(base::invalid_argument(
        "the certificates to trust cannot be used; give certificates in PEM form", error.message()));
  }
  return policy;
}

base::Result<std::shared_ptr<const TlsPolicy>> TlsPolicy::create(const std::filesystem::path& ca_file) {
  auto made = make(fmt::format("whom {} names; a private authority goes into [tls] ca_file",
                               ca_file.empty() ? "this system" : ca_file.string()));
  if (!made) return base::fail(made.error());
  const std::shared_ptr<TlsPolicy> policy = *std::move(made);
  boost::system::error_code error;
  if (ca_file.empty()) {
    policy->context_.set_default_verify_paths(error);
    if (error) {
      return base::fail(base::failed_precondition(
          "the system's certificate authorities cannot be read; install the package ca-certificates",
          error.message()));
    }
  } else {
    policy->context_.load_verify_file(ca_file.string(), error);
    if (error) {
      return base::fail(base::failed_precondition(
          fmt::format("the certificates in {} cannot be used; give a file with certificates in PEM form",
                      ca_file.string()),
          error.message()));
    }
  }
  return policy;
}

void TlsPolicy::expect(SSL* connection, const std::string& host, std::string_view protocol) const {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(connection);
  // "f*.example.com" is no wildcard any more (RFC 9525 section 6.3).
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size());
    // OpenSSL's macro for this has a cast that our warnings refuse.
    std::string name = host;
    SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  std::vector<unsigned char> offered{static_cast<unsigned char>(protocol.size())};
  offered.insert(offered.end(), protocol.begin(), protocol.end());
  if (!protocol.empty())
    SSL_set_alpn_protos(connection, offered.data(), static_cast<unsigned>(offered.size()));
}

std::string TlsPolicy::distrust(SSL* connection, const std::string& host) const {
  const long result = SSL_get_verify_result(connection);
  switch (result) {
    case X509_V_OK:
      return {};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("it is not for {}; use the name that it is for, or another server", host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it has expired; its owner must renew it, or this host's clock is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet; look whether this host's clock is right";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // by another authority of the same name
      return "nobody has signed it " + advice_;
    default:
      return fmt::format("{}; look at the server's certificate", X509_verify_cert_error_string(result));
  }
}

}  // namespace paynamed::net
