#include "net/dns_over_tls.hpp"

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/run_on.hpp"
#include "net/host_lookup.hpp"
#include "net/idle_connections.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
using Message = std::vector<std::uint8_t>;
using Phase = TlsConnection::Phase;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// How an exchange on one connection ended.
struct Exchanged {
  base::Result<Message> result = base::fail(base::unknown(""));
  bool unanswered = false;  // the resolver hung up without a byte
};

asio::awaitable<Exchanged> exchange_on(TlsConnection& connection, const Message& message) {
  Exchanged out;
  // The length and the message in one write (RFC 7766 section 8).
  const auto length = static_cast<std::uint16_t>(message.size());
  Message sent{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length & 0xff)};
  sent.insert(sent.end(), message.begin(), message.end());
  const auto [not_sent, sent_bytes] =
      co_await asio::async_write(connection.tls(), asio::buffer(sent), kAsTuple);
  if (not_sent) {
    out.unanswered = TlsConnection::is_closed(not_sent);
    out.result = base::fail(connection.explain(Phase::kSend, not_sent));
    co_return out;
  }
  std::array<std::uint8_t, 2> prefix{};
  const auto [no_prefix, prefix_bytes] =
      co_await asio::async_read(connection.tls(), asio::buffer(prefix), kAsTuple);
  if (no_prefix) {
    out.unanswered = prefix_bytes == 0 && TlsConnection::is_closed(no_prefix);
    out.result = base::fail(connection.explain(Phase::kReceive, no_prefix));
    co_return out;
  }
  Message answer(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
  const auto [no_answer, answer_bytes] =
      co_await asio::async_read(connection.tls(), asio::buffer(answer), kAsTuple);
  if (no_answer) {
    out.result = base::fail(connection.explain(Phase::kReceive, no_answer));
  } else {
    out.result = std::move(answer);
  }
  co_return out;
}

// On the connection's strand.
asio::awaitable<Exchanged> carry(std::shared_ptr<TlsConnection> connection,
                                 std::shared_ptr<const Message> message,
                                 std::optional<std::vector<asio::ip::tcp::endpoint>> open_at,
                                 base::MonotonicTime end, base::Duration timeout) {
  co_await asio::this_coro::throw_if_cancelled(false);
  connection->end_at(end, timeout);
  Exchanged out;
  base::Status opened;
  if (open_at) opened = co_await connection->open(std::move(*open_at));
  if (opened.ok()) {
    out = co_await exchange_on(*connection, *message);
  } else {
    out.result = base::fail(std::move(opened));
  }
  if (!out.result &&
      (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    out.result =
        base::fail(base::cancelled("the question to " + connection->peer().shown + " was cancelled"));
    out.unanswered = false;
  }
  connection->rest();
  if (!out.result) connection->close();
  co_return out;
}

}  // namespace

class DnsOverTls::State {
 public:
  State(asio::any_io_executor executor, base::Clock& clock, std::shared_ptr<const TlsPolicy> policy)
      : executor_(std::move(executor)),
        clock_(clock),
        policy_(std::move(policy)),
        lookup_(clock),
        idle_(std::make_shared<IdleConnections>(executor_, clock, IdleConnections::Limits{})) {}

  asio::awaitable<base::Result<Message>> run(DnsResolver resolver, std::shared_ptr<const Message> message,
                                             base::Duration timeout) {
    struct Place {
      std::atomic<std::size_t>& open;
      const std::size_t before = open.fetch_add(1);
      ~Place() { --open; }
    };
    const Place place{open_};
    if (place.before >= kMostOpen) {
      co_return base::fail(
          base::resource_exhausted("too many questions over TLS are open already; try again in a moment"));
    }
    const base::MonotonicTime end = clock_.monotonic() + timeout;
    while (auto kept = idle_->take(resolver.shown)) {
      auto on_kept = carry(kept, message, std::nullopt, end, timeout);
      Exchanged out = co_await base::run_on(kept->strand(), std::move(on_kept));
      if (out.result) idle_->put(resolver.shown, std::move(kept));
      if (!out.unanswered) co_return std::move(out.result);
    }
    std::vector<asio::ip::address> addresses;
    if (resolver.address) {
      addresses.push_back(*resolver.address);
    } else {
      auto found = co_await lookup_.find(resolver.host, timeout);
      if (!found) co_return base::fail(found.error());
      addresses = *std::move(found);
    }
    auto open_at = std::make_optional<std::vector<asio::ip::tcp::endpoint>>();
    for (const auto& each : addresses) open_at->emplace_back(each, resolver.port);
    TlsPeer peer{resolver.host, resolver.shown, {}, true};
    auto connection =
        std::make_shared<TlsConnection>(clock_, asio::make_strand(executor_), policy_, std::move(peer));
    auto on_new = carry(connection, std::move(message), std::move(open_at), end, timeout);
    Exchanged out = co_await base::run_on(connection->strand(), std::move(on_new));
    if (out.result) idle_->put(resolver.shown, std::move(connection));
    co_return std::move(out.result);
  }

 private:
  const asio::any_io_executor executor_;
  base::Clock& clock_;
  const std::shared_ptr<const TlsPolicy> policy_;
  HostLookup lookup_;
  const std::shared_ptr<IdleConnections> idle_;
  std::atomic<std::size_t> open_{0};
};

DnsOverTls::DnsOverTls(asio::any_io_executor executor, base::Clock& clock,
                       std::shared_ptr<const TlsPolicy> policy)
    : state_(std::make_shared<State>(std::move(executor), clock, std::move(policy))) {}

asio::awaitable<base::Result<Message>> DnsOverTls::exchange(DnsResolver resolver, Message message,
                                                            base::Duration timeout) const {
  const auto state = state_;
  if (message.size() > 65'535) {
    co_return base::fail(base::invalid_argument("a DNS message has at most 65535 bytes"));
  }
  auto whole = std::make_shared<const Message>(std::move(message));
  auto running = state->run(std::move(resolver), std::move(whole), timeout);
  co_return co_await std::move(running);
}

}  // namespace paynamed::net
