#include "net/dns_transport.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "base/run_on.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
namespace {

using boost::system::error_code;
using Strand = asio::strand<asio::any_io_executor>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
// Somebody who floods us with wrong packets gets no more of our time than this.
constexpr int kMaxForeignPackets = 200;
constexpr int kUdpTries = 3;

// One question on its way. Everything runs on its strand, the clock's callbacks too.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(base::Clock& clock, Strand strand, Endpoint server, DnsQuery query, base::Duration timeout)
      : clock_(clock),
        server_(std::move(server)),
        query_(std::move(query)),
        timeout_(timeout),
        udp_(strand),
        tcp_(strand) {}

  asio::awaitable<base::Result<DnsAnswer>> run(DnsCarrier carrier) {
    co_await asio::this_coro::throw_if_cancelled(false);
    start_deadline();
    base::Result<DnsAnswer> result = base::fail(base::unknown(""));
    if (carrier != DnsCarrier::kTcp)
      result = co_await by_udp(carrier == DnsCarrier::kUdpOnce ? 1 : kUdpTries);
    const bool cut_off = result && result->truncated && carrier == DnsCarrier::kUdpThenTcp;
    if (carrier == DnsCarrier::kTcp || cut_off) result = co_await by_tcp();
    if (!result &&
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      result =
          base::fail(base::cancelled(fmt::format("the question to {} was cancelled", server_.to_string())));
    }
    deadline_.reset();
    resend_.reset();
    co_return result;
  }

 private:
  void start_deadline() {
    const auto when = clock_.monotonic() + timeout_;
    deadline_ = clock_.at(when, udp_.get_executor(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->expired_ = true;
        error_code ignored;
        self->udp_.close(ignored);
        self->tcp_.close(ignored);
      }
    });
  }

  void start_resend(int tries_left) {
    if (tries_left == 0) return;
    const auto when = clock_.monotonic() + timeout_ / kUdpTries;
    resend_ = clock_.at(when, udp_.get_executor(), [weak = weak_from_this(), tries_left] {
      const auto self = weak.lock();
      if (!self || self->expired_ || !self->udp_.is_open()) return;
      error_code ignored;  // a failure shows in the receive that waits
      self->udp_.send(asio::buffer(self->query_.wire), 0, ignored);
      self->start_resend(tries_left - 1);
    });
  }

  asio::awaitable<base::Result<DnsAnswer>> by_udp(int tries) {
    const asio::ip::udp::endpoint peer(server_.address, server_.port);
    error_code error;
    udp_.open(peer.protocol(), error);
    if (!error) udp_.non_blocking(true, error);
    // Connected: the system passes only this server's packets and its "port unreachable".
    if (!error) udp_.connect(peer, error);
    if (!error) udp_.send(asio::buffer(query_.wire), 0, error);
    if (error) co_return base::fail(explain(error));
    start_resend(tries - 1);
    std::vector<std::uint8_t> packet(65535);
    for (int foreign = 0; foreign < kMaxForeignPackets; ++foreign) {
      const auto [failed, size] = co_await udp_.async_receive(asio::buffer(packet), kAsTuple);
      if (failed) co_return base::fail(explain(failed));
      auto answer = decode_answer({packet.data(), size}, query_);
      if (answer) {
        resend_.reset();
        error_code ignored;
        udp_.close(ignored);
        co_return std::move(*answer);
      }
      if (answer.error() == DnsReject::kMalformed) co_return base::fail(malformed());
    }
    co_return base::fail(base::data_loss(
        fmt::format("{} sent {} packets that do not answer our question; somebody may be forging its address",
                    server_.to_string(), kMaxForeignPackets)));
  }

  asio::awaitable<base::Result<DnsAnswer>> by_tcp() {
    if (expired_) co_return base::fail(explain({}));
    const asio::ip::tcp::endpoint peer(server_.address, server_.port);
    const auto [not_connected] = co_await tcp_.async_connect(peer, kAsTuple);
    if (not_connected) co_return base::fail(explain(not_connected));
    const auto length = static_cast<std::uint16_t>(query_.wire.size());
    std::vector<std::uint8_t> message{static_cast<std::uint8_t>(length >> 8),
                                      static_cast<std::uint8_t>(length & 0xff)};
    message.insert(message.end(), query_.wire.begin(), query_.wire.end());
    const auto [not_written, written] = co_await asio::async_write(tcp_, asio::buffer(message), kAsTuple);
    if (not_written) co_return base::fail(explain(not_written));
    std::array<std::uint8_t, 2> prefix{};
    const auto [no_prefix, prefix_size] = co_await asio::async_read(tcp_, asio::buffer(prefix), kAsTuple);
    if (no_prefix) co_return base::fail(explain(no_prefix));
    std::vector<std::uint8_t> packet(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
    const auto [no_packet, packet_size] = co_await asio::async_read(tcp_, asio::buffer(packet), kAsTuple);
    if (no_packet) co_return base::fail(explain(no_packet));
    auto answer = decode_answer(packet, query_);
    // On a connection of our own there is nobody else to wait for.
    if (!answer || answer->truncated) co_return base::fail(malformed());
    co_return std::move(*answer);
  }

  base::Status malformed() const {
    return base::data_loss(
        fmt::format("{} sent an answer about {} that is not a DNS message; look at that server",
                    server_.to_string(), query_.question.name));
  }

  base::Status explain(error_code error) const {
    namespace e = asio::error;
    const std::string server = server_.to_string();
    if (expired_) {
      return base::deadline_exceeded(
          fmt::format("{} did not answer within {}; check that it runs and that no firewall drops port {}",
                      server, base::to_string(timeout_), server_.port));
    }
    if (error == e::connection_refused || error == e::connection_reset || error == e::eof ||
        error == e::broken_pipe) {
      return base::unavailable(
          fmt::format("nothing answers DNS at {}; check that the server runs and listens there", server),
          error.message());
    }
    if (error == e::network_unreachable || error == e::host_unreachable ||
        error == e::address_family_not_supported || error == boost::system::errc::address_not_available ||
        error == boost::system::errc::invalid_argument) {  // a link-local address without its scope
      return base::failed_precondition(
          fmt::format("this host has no route to {}, so that server was not asked", server), error.message());
    }
    return base::unavailable(fmt::format("{} could not be asked; try again", server), error.message());
  }

  base::Clock& clock_;
  Endpoint server_;
  DnsQuery query_;
  base::Duration timeout_;
  asio::ip::udp::socket udp_;
  asio::ip::tcp::socket tcp_;
  std::unique_ptr<base::Clock::Timer> deadline_;
  std::unique_ptr<base::Clock::Timer> resend_;
  bool expired_ = false;
};

// Keeps the exchange alive as long as it runs.
asio::awaitable<base::Result<DnsAnswer>> run(std::shared_ptr<Exchange> exchange, DnsCarrier carrier) {
  co_return co_await exchange->run(carrier);
}

}  // namespace

std::string Endpoint::to_string() const {
  return address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), port)
                         : fmt::format("{}:{}", address.to_string(), port);
}

base::Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  const auto refuse = [text] {
    return base::fail(base::invalid_argument(
        fmt::format("'{}' is not an address; write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53", text)));
  };
  std::string_view address = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return refuse();
    address = text.substr(1, close - 1);
    if (close + 1 < text.size() && text[close + 1] != ':') return refuse();
    port = close + 1 < text.size() ? text.substr(close + 2) : "";
    if (close + 1 < text.size() && port.empty()) return refuse();
  } else if (const auto at = text.find('@'); at != std::string_view::npos) {
    address = text.substr(0, at);
    port = text.substr(at + 1);
    if (port.empty()) return refuse();
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && text.rfind(':') == colon) {
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return refuse();
  }
  Endpoint endpoint;
  error_code error;
  endpoint.address = asio::ip::make_address(address, error);
  if (error) return refuse();
  endpoint.port = default_port;
  if (!port.empty()) {
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (failed != std::errc{} || end != port.data() + port.size() || endpoint.port == 0) return refuse();
  }
  return endpoint;
}

asio::awaitable<base::Result<DnsAnswer>> DnsTransport::query(Endpoint server, DnsQuestion question,
                                                             base::Duration timeout,
                                                             DnsCarrier carrier) const {
  auto encoded = encode_query(std::move(question), options_, random_);
  if (!encoded) co_return base::fail(encoded.error());
  auto strand = asio::make_strand(co_await asio::this_coro::executor);
  auto exchange = std::make_shared<Exchange>(clock_, strand, std::move(server), std::move(*encoded), timeout);
  auto running = run(std::move(exchange), carrier);
  co_return co_await base::run_on(strand, std::move(running));
}

}  // namespace paynamed::net
