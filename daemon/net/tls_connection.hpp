// TlsConnection: one TCP connection, with TLS on it unless that is switched off, and one deadline for all
// that is done on it.
//
// Threads: everything on its strand. The clock must outlive it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/tls_policy.hpp"

namespace paynamed::net {

// Whom we connect to.
struct TlsPeer {
  std::string host;      // what the certificate must be for
  std::string shown;     // in sentences: "dns.example:853"
  std::string protocol;  // offered by ALPN; empty for none
  bool tls = true;
};

class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
 public:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  enum class Phase { kConnect, kHandshake, kSend, kReceive };

  TlsConnection(base::Clock& clock, Strand strand, std::shared_ptr<const TlsPolicy> policy, TlsPeer peer);

  const Strand& strand() const { return strand_; }
  const TlsPeer& peer() const { return peer_; }
  Stream& tls() { return stream_; }
  boost::asio::ip::tcp::socket& plain() { return stream_.next_layer(); }

  // At `when` the socket is closed, so that whatever waits on it ends. `allowed` is for the sentence.
  void end_at(base::MonotonicTime when, base::Duration allowed);
  // No deadline any more: the connection is kept for later.
  void rest();

  // TCP to the first of the endpoints that takes it, then TLS and the check of the certificate. Not OK:
  //   UNAVAILABLE          nothing listens, or it speaks no TLS that we take
  //   FAILED_PRECONDITION  this host has no route to any of them, and so no server was asked
  //   UNAUTHENTICATED      the certificate is not to be believed
  //   DEADLINE_EXCEEDED, CANCELLED
  boost::asio::awaitable<base::Status> open(std::vector<boost::asio::ip::tcp::endpoint> endpoints);
  // The two halves of open(), for those who have something to say between.
  boost::asio::awaitable<base::Status> connect(std::vector<boost::asio::ip::tcp::endpoint> endpoints);
  boost::asio::awaitable<base::Status> secure();

  // The status for an error of an operation on the stream, by the phase that it ended.
  base::Status explain(Phase phase, boost::system::error_code error) const;
  // The other side has closed, or there is nothing but that to tell.
  static bool is_closed(boost::system::error_code error);
  // Open, and nothing has come since the last answer: not even that it closed. On TLS what was read from the
  // socket counts, too, whether it is decrypted or not.
  bool is_quiet();
  void close();

 private:
  base::Clock& clock_;
  Strand strand_;
  std::shared_ptr<const TlsPolicy> policy_;
  const TlsPeer peer_;
  Stream stream_;
  base::MonotonicTime end_{};
  base::Duration allowed_{0};
  std::unique_ptr<base::Clock::Timer> deadline_;
  std::unique_ptr<base::Clock::Timer> next_address_;
  bool expired_ = false;
};

}  // namespace paynamed::net
