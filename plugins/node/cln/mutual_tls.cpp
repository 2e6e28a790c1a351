#include "mutual_tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstring>
#include <vector>

#include "host_lookup.hpp"

namespace paynamed::cln {
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

// ALPN of HTTP/2, in TLS's form.
constexpr std::array<unsigned char, 3> kHttp2 = {2, 'h', '2'};

asio::const_buffer buffer_of(std::string_view text) {
  return asio::buffer(text.data(), text.size());
}

[[noreturn]] void throw_unusable(const std::string& what) {
  throw Error(Code::kUnauthenticated, what);
}

void check_dates(SSL_CTX* context) {
  const X509* ours = SSL_CTX_get0_certificate(context);
  if (ours == nullptr) throw_unusable("\"client_certificate\" has no certificate in PEM.");
  if (X509_cmp_current_time(X509_get0_notAfter(ours)) < 0) {
    throw_unusable("The certificate \"client_certificate\" has expired; give the node's present client.pem.");
  }
}

Error unreachable(const std::string& why) {
  return Error(Code::kUnavailable,
               "The node's gRPC port cannot be reached (" + why +
                   "); see that lightningd runs, and that \"address\" is its grpc-host and grpc-port.");
}

}  // namespace

struct MutualTls::Context {
  ssl::context tls{ssl::context::tls_client};
};

MutualTls::MutualTls(std::string authority, std::string certificate, SecretValue key)
    : authority_(std::move(authority)),
      certificate_(std::move(certificate)),
      key_(std::move(key)),
      context_(std::make_unique<Context>()) {
  auto& tls = context_->tls;
  tls.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  error_code wrong;
  tls.add_certificate_authority(buffer_of(authority_), wrong);
  if (wrong) throw_unusable("\"ca\" has no certificate in PEM; it is ca.pem of the node.");
  tls.use_certificate_chain(buffer_of(certificate_), wrong);
  if (wrong) {
    throw_unusable("\"client_certificate\" has no certificate in PEM; it is client.pem of the node.");
  }
  // Otherwise OpenSSL asks at the terminal for the password of a key that has one.
  tls.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, wrong);
  tls.use_private_key(buffer_of(key_.reveal()), ssl::context::pem, wrong);
  if (wrong || SSL_CTX_check_private_key(tls.native_handle()) != 1) {
    throw_unusable(
        "The secret \"client_key\" is not the key of \"client_certificate\" in PEM without a password; it is "
        "client-key.pem of the node.");
  }
  check_dates(tls.native_handle());
}

MutualTls::~MutualTls() = default;

namespace {

// One connection, as far as it gets.
class Attempt {
 public:
  Attempt(ssl::context& tls, const std::string& server_name, std::chrono::steady_clock::time_point until)
      : until_(until), stream_(io_, tls) {
    stream_.set_verify_mode(ssl::verify_peer);
    const ssl::host_name_verification is_named(server_name);
    // OpenSSL's own doubt comes first; the name is looked at when there is none.
    stream_.set_verify_callback([this, is_named](bool believed, ssl::verify_context& about) {
      if (!believed) {
        doubt_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(about.native_handle()));
      } else if (!is_named(true, about)) {
        doubt_ = "it is for another name than \"server_name\"";
      }
      return doubt_.empty();
    });
    SSL_set_alpn_protos(stream_.native_handle(), kHttp2.data(), kHttp2.size());
    // The macro for this has a cast of C.
    SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(server_name.c_str()));
  }

  // Whether the connection is there.
  error_code connect(const std::vector<HostLookup::Address>& addresses) {
    std::vector<tcp::endpoint> endpoints;
    for (const auto& each : addresses) {
      tcp::endpoint endpoint;
      endpoint.resize(each.size);
      std::memcpy(endpoint.data(), &each.bytes, each.size);
      endpoints.push_back(endpoint);
    }
    return run([&](auto done) {
      asio::async_connect(stream_.next_layer(), endpoints,
                          [done](error_code failed, const tcp::endpoint&) { done(failed); });
    });
  }
  error_code handshake() {
    return run([&](auto done) { stream_.async_handshake(ssl::stream_base::client, done); });
  }
  // Until the node says something. In TLS 1.3 it looks at our certificate after the handshake is over for us.
  error_code hear() {
    return run([&](auto done) {
      stream_.async_read_some(asio::buffer(heard_), [done](error_code error, std::size_t) { done(error); });
    });
  }
  // Why the node's certificate is not believed; empty: it was not looked at, or it is.
  const std::string& doubt() const { return doubt_; }

 private:
  template <class Begin>
  error_code run(const Begin& begin) {
    error_code outcome;
    begin([&outcome](error_code error) { outcome = error; });
    io_.restart();
    io_.run_until(until_);
    if (io_.stopped()) return outcome;
    stop();
    return asio::error::timed_out;
  }
  // Before what it refers to is gone.
  void stop() {
    error_code ignored;
    stream_.next_layer().close(ignored);
    io_.run();
  }

  const std::chrono::steady_clock::time_point until_;
  asio::io_context io_;
  ssl::stream<tcp::socket> stream_;
  std::array<char, 1> heard_{};
  std::string doubt_;
};

}  // namespace

Error MutualTls::why_not(const std::string& address, const std::string& server_name, HostLookup& lookup,
                         std::chrono::milliseconds most) const {
  const auto until = std::chrono::steady_clock::now() + most;
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto found = lookup.find(host, address.substr(colon + 1), most);
  if (found.addresses.empty()) return unreachable(found.why);
  Attempt attempt(context_->tls, server_name, until);
  if (const auto error = attempt.connect(found.addresses)) return unreachable(error.message());
  if (const auto error = attempt.handshake()) {
    if (!attempt.doubt().empty()) {
      return Error(
          Code::kUnauthenticated,
          "The certificate at the node's gRPC port is not believed (" + attempt.doubt() +
              "); see that \"ca\" is the node's ca.pem and \"server_name\" a name in its server.pem.");
    }
    return unreachable("no TLS: " + error.message());
  }
  const auto error = attempt.hear();
  if (!error) return unreachable("the connection broke and works again");
  if (error == asio::error::timed_out) return unreachable("it does not answer");
  // Who has the node's certificate is the node: it hangs up because of ours.
  return Error(
      Code::kUnauthenticated,
      "The node does not take our certificate (" + error.message() +
          "); see that \"client_certificate\" and \"client_key\" are the node's present client.pem and "
          "client-key.pem.");
}

}  // namespace paynamed::cln
