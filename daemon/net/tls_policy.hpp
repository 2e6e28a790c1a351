// TlsPolicy: how we speak TLS as a client, and whom we believe: TLS 1.2 or 1.3, a certificate that the
// system's authorities (or those of a file) have signed, for exactly the host that was meant.
//
// Threads: immutable after create(); share it freely.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace paynamed::net {

class TlsPolicy {
 public:
  // `ca_file` has certificates in PEM form, which are trusted in place of the system's; empty: the system's.
  // FAILED_PRECONDITION when it cannot be used.
  static base::Result<std::shared_ptr<const TlsPolicy>> create(const std::filesystem::path& ca_file = {});

  // Trusts the certificates of this text in PEM form in place of the system's. INVALID_ARGUMENT when there
  // are none, or they cannot be read.
  static base::Result<std::shared_ptr<const TlsPolicy>> from_pem(std::string_view pem);

  // For new connections; OpenSSL locks it itself.
  boost::asio::ssl::context& context() const { return context_; }
  // Before the handshake: the certificate must be for `host` (a name or an IP address, RFC 6125 and RFC
  // 9525), which is also sent when it is a name (SNI, RFC 6066 section 3). `protocol` is offered by ALPN (RFC
  // 7301), for example "http/1.1".
  void expect(SSL* connection, const std::string& host, std::string_view protocol) const;
  // After a handshake that failed: why the certificate was not believed and what to do, or nothing when that
  // was not the reason.
  std::string distrust(SSL* connection, const std::string& host) const;

 private:
  explicit TlsPolicy(std::string advice);
  // How we speak TLS, without anybody to believe yet.
  static base::Result<std::shared_ptr<TlsPolicy>> make(std::string advice);

  // "whom this system names; ...": completes a sentence about a certificate that nobody has signed.
  const std::string advice_;
  mutable boost::asio::ssl::context context_;
};

}  // namespace paynamed::net
