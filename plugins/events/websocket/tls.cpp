#include "tls.hpp"

#include <openssl/ssl.h>

#include <utility>

namespace paynamed::websocket {
namespace ssl = boost::asio::ssl;

namespace {

std::int64_t changed_ns(const struct stat& about) {
  return about.st_mtim.tv_sec * 1'000'000'000LL + about.st_mtim.tv_nsec;
}

}  // namespace

Tls::Tls(Host host, std::string certificate, std::string key)
    : host_(std::move(host)), certificate_(std::move(certificate)), key_(std::move(key)) {}

Tls::Version Tls::version() const {
  Version version;
  struct stat about {};
  if (::stat(certificate_.c_str(), &about) == 0) {
    version.certificate_ns = changed_ns(about);
    version.certificate_inode = about.st_ino;
  }
  if (::stat(key_.c_str(), &about) == 0) {
    version.key_ns = changed_ns(about);
    version.key_inode = about.st_ino;
  }
  return version;
}

std::shared_ptr<ssl::context> Tls::load() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
                       error);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->use_certificate_chain_file(certificate_, error);
  if (error)
    throw Error(Code::kFailedPrecondition,
                "The certificate " + certificate_ + " cannot be used: " + error.message());
  context->use_private_key_file(key_, ssl::context::pem, error);
  if (error)
    throw Error(Code::kFailedPrecondition, "The key " + key_ + " cannot be used: " + error.message());
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    throw Error(Code::kFailedPrecondition,
                "The key " + key_ + " is not the one of the certificate " + certificate_ + ".");
  return context;
}

std::shared_ptr<ssl::context> Tls::context() {
  const Version now = version();
  if (context_ && tried_ == now) return context_;
  tried_ = now;
  try {
    auto loaded = load();
    if (context_) host_.log(Level::kInfo, "the certificate was read again");
    context_ = std::move(loaded);
  } catch (const Error& error) {
    if (!context_) throw;
    host_.log(Level::kError, "the certificate before stays: " + error.message());
  }
  return context_;
}

}  // namespace paynamed::websocket
