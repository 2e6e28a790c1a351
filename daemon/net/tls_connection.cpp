#include "net/tls_connection.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace paynamed::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
// A host with more addresses than these has its reasons; we try no more.
constexpr std::size_t kMostAddresses = 4;

// Says something of this host and nothing of the server.
bool is_no_route(error_code error) {
  namespace e = asio::error;
  return error == e::network_unreachable || error == e::host_unreachable ||
         error == e::address_family_not_supported || error == boost::system::errc::address_not_available ||
         error == boost::system::errc::invalid_argument;
}

}  // namespace

TlsConnection::TlsConnection(base::Clock& clock, Strand strand, std::shared_ptr<const TlsPolicy> policy,
                             TlsPeer peer)
    : clock_(clock),
      strand_(std::move(strand)),
      policy_(std::move(policy)),
      peer_(std::move(peer)),
      stream_(strand_, policy_->context()) {}

void TlsConnection::end_at(base::MonotonicTime when, base::Duration allowed) {
  end_ = when;
  allowed_ = allowed;
  expired_ = false;
  deadline_ = clock_.at(when, strand_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->expired_ = true;
      self->close();
    }
  });
}

void TlsConnection::rest() {
  deadline_.reset();
}

void TlsConnection::close() {
  error_code ignored;
  plain().close(ignored);
}

asio::awaitable<base::Status> TlsConnection::open(std::vector<asio::ip::tcp::endpoint> endpoints) {
  base::Status connected = co_await connect(std::move(endpoints));
  if (!connected.ok() || !peer_.tls) co_return connected;
  co_return co_await secure();
}

asio::awaitable<base::Status> TlsConnection::secure() {
  policy_->expect(stream_.native_handle(), peer_.host, peer_.protocol);
  const auto [failed] = co_await stream_.async_handshake(asio::ssl::stream_base::client, kAsTuple);
  if (!failed) co_return base::Status{};
  const std::string why = policy_->distrust(stream_.native_handle(), peer_.host);
  if (!expired_ && !why.empty()) {
    close();
    co_return base::unauthenticated(fmt::format("the certificate of {} is not trusted: {}", peer_.shown, why),
                                    failed.message());
  }
  co_return explain(Phase::kHandshake, failed);
}

// One after the other, each with its share of the time, so that a dead address leaves some for the next.
asio::awaitable<base::Status> TlsConnection::connect(std::vector<asio::ip::tcp::endpoint> endpoints) {
  if (endpoints.size() > kMostAddresses) endpoints.resize(kMostAddresses);
  // What is told in the end: what a server that was reached did counts more than an address without route.
  std::optional<error_code> telling;
  const auto note = [&telling](error_code error) {
    if (!telling || !is_no_route(error)) telling = error;
  };
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (expired_) break;
    error_code error;
    plain().close(error);
    plain().open(endpoints[i].protocol(), error);
    if (error) {
      note(error);
      continue;
    }
    if (i + 1 < endpoints.size()) {
      const auto left = end_ - clock_.monotonic();
      const auto share = left / static_cast<long>(endpoints.size() - i);
      next_address_ = clock_.at(clock_.monotonic() + share, strand_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
      });
    }
    const auto [failed] = co_await plain().async_connect(endpoints[i], kAsTuple);
    next_address_.reset();
    if (!failed) {
      plain().set_option(asio::ip::tcp::no_delay{true}, error);
      co_return base::Status{};
    }
    note(failed);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
  }
  close();
  co_return explain(Phase::kConnect, telling.value_or(asio::error::host_not_found));
}

bool TlsConnection::is_closed(error_code error) {
  namespace e = asio::error;
  return error == e::eof || error == e::connection_reset || error == e::broken_pipe ||
         error == asio::ssl::error::stream_truncated;
}

bool TlsConnection::is_quiet() {
  if (!plain().is_open()) return false;
  SSL* const tls = stream_.native_handle();
  if (peer_.tls && (SSL_pending(tls) != 0 || BIO_ctrl_pending(SSL_get_rbio(tls)) != 0)) return false;
  char byte = 0;
  const ssize_t got = ::recv(plain().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

base::Status TlsConnection::explain(Phase phase, error_code error) const {
  namespace e = asio::error;
  if (expired_) {
    const std::string_view what = phase == Phase::kConnect     ? "take the connection"
                                  : phase == Phase::kHandshake ? "finish the TLS handshake"
                                                               : "answer";
    return base::deadline_exceeded(
        fmt::format("{} did not {} within {}; check that it runs and that no firewall drops the packets",
                    peer_.shown, what, base::to_string(allowed_)));
  }
  if (phase == Phase::kConnect) {
    if (is_no_route(error)) {
      return base::failed_precondition(fmt::format("this host has no route to {}", peer_.shown),
                                       error.message());
    }
    return base::unavailable(
        fmt::format("nothing takes connections at {}; check that the server runs and listens there",
                    peer_.shown),
        error.message());
  }
  if (error == e::operation_aborted) {
    return base::cancelled(fmt::format("the question to {} was cancelled", peer_.shown));
  }
  if (phase == Phase::kHandshake && error.category() == e::get_ssl_category() &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
          SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
    return base::unavailable(fmt::format("{} speaks no {}; take another address of it, or another server",
                                         peer_.shown, peer_.protocol),
                             error.message());
  }
  if (phase == Phase::kHandshake) {
    return base::unavailable(
        fmt::format("{} makes no TLS connection ({}); check that it is a server for TLS 1.2 or 1.3",
                    peer_.shown, is_closed(error) ? "it hung up" : error.message()),
        error.message());
  }
  if (is_closed(error)) {
    return base::unavailable(
        fmt::format("{} closed the connection before its answer was complete; try again", peer_.shown),
        error.message());
  }
  return base::unavailable(fmt::format("the connection to {} broke; try again", peer_.shown),
                           error.message());
}

}  // namespace paynamed::net
