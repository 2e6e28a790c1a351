#include "net/dns_relay.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <mutex>
#include <set>

#include "net/own_connection.hpp"

namespace paynamed::net {
namespace asio = boost::asio;
using boost::system::error_code;
using Message = std::vector<std::uint8_t>;
using asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHeaderBytes = 12;
constexpr base::Duration kAfterTrouble{100};

// RFC 1035 section 4.1.1: the question again, with QR and the rcode.
Message server_failure(Message question) {
  question[2] |= 0x80;
  question[3] = static_cast<std::uint8_t>((question[3] & 0xf0U) | static_cast<unsigned>(DnsRcode::kServFail));
  return question;
}

bool is_of_use(const Message& answer) {
  const auto rcode = static_cast<DnsRcode>(answer[3] & 0x0fU);
  return rcode == DnsRcode::kNoError || rcode == DnsRcode::kNxDomain;
}

// Asks one resolver after the other, first the one that answered last.
class Upstream {
 public:
  Upstream(std::shared_ptr<const ResolverTransport> transport, std::vector<DnsResolver> resolvers,
           base::Duration timeout)
      : transport_(std::move(transport)), resolvers_(std::move(resolvers)), timeout_(timeout) {}

  asio::awaitable<Message> ask(Message question) {
    const std::size_t first = first_;
    Message last = server_failure(question);
    for (std::size_t i = 0; i < resolvers_.size(); ++i) {
      const std::size_t turn = (first + i) % resolvers_.size();
      auto asked = transport_->relay(resolvers_[turn], question, timeout_);
      auto answer = co_await std::move(asked);
      if (answer && is_of_use(*answer)) {
        first_ = turn;
        co_return std::move(*answer);
      }
      if (answer) last = std::move(*answer);
      // Whoever asks meanwhile, or again, begins with another one.
      first_ = (turn + 1) % resolvers_.size();
    }
    co_return last;
  }

 private:
  const std::shared_ptr<const ResolverTransport> transport_;
  const std::vector<DnsResolver> resolvers_;
  const base::Duration timeout_;
  std::atomic<std::size_t> first_{0};
};

// One connection. Everything on its strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, base::Clock& clock, std::shared_ptr<Upstream> upstream,
             const DnsRelay::Settings& settings)
      : socket_(std::move(socket)),
        clock_(clock),
        upstream_(std::move(upstream)),
        most_questions_(settings.most_questions),
        idle_time_(settings.idle_time) {}

  tcp::socket& socket() { return socket_; }

  asio::awaitable<void> run() {
    while (true) {
      await_question();
      std::array<std::uint8_t, 2> prefix{};
      const auto [no_prefix, prefix_bytes] =
          co_await asio::async_read(socket_, asio::buffer(prefix), kAsTuple);
      if (no_prefix) break;
      Message question(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
      const auto [cut, bytes] = co_await asio::async_read(socket_, asio::buffer(question), kAsTuple);
      const bool is_question = question.size() > kHeaderBytes && (question[2] & 0x80) == 0;
      if (cut || !is_question) break;
      idle_.reset();
      take(std::move(question));
    }
    close();
  }

  void close() {
    idle_.reset();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void await_question() {
    if (open_ != 0) return;
    idle_ = clock_.at(clock_.monotonic() + idle_time_, socket_.get_executor(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->close();
    });
  }

  void take(Message question) {
    if (open_ >= most_questions_) return send(server_failure(std::move(question)));
    ++open_;
    asio::co_spawn(socket_.get_executor(), answer(shared_from_this(), std::move(question)), asio::detached);
  }

  static asio::awaitable<void> answer(std::shared_ptr<Connection> self, Message question) {
    auto asked = self->upstream_->ask(std::move(question));
    Message message = co_await std::move(asked);
    --self->open_;
    if (!self->socket_.is_open()) co_return;
    self->send(std::move(message));
    self->await_question();
  }

  void send(Message message) {
    outgoing_.push_back(
        {static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size() & 0xff)});
    outgoing_.back().insert(outgoing_.back().end(), message.begin(), message.end());
    if (outgoing_.size() == 1)
      asio::co_spawn(socket_.get_executor(), write(shared_from_this()), asio::detached);
  }

  static asio::awaitable<void> write(std::shared_ptr<Connection> self) {
    while (!self->outgoing_.empty()) {
      const auto [failed, bytes] =
          co_await asio::async_write(self->socket_, asio::buffer(self->outgoing_.front()), kAsTuple);
      if (failed) {
        self->outgoing_.clear();
        self->close();
        co_return;
      }
      self->outgoing_.pop_front();
    }
  }

  tcp::socket socket_;
  base::Clock& clock_;
  const std::shared_ptr<Upstream> upstream_;
  const std::size_t most_questions_;
  const base::Duration idle_time_;
  std::deque<Message> outgoing_;  // the first is being written
  std::size_t open_ = 0;
  std::unique_ptr<base::Clock::Timer> idle_;
};

}  // namespace

class DnsRelay::Server : public std::enable_shared_from_this<Server> {
 public:
  Server(const asio::any_io_executor& executor, base::Clock& clock,
         std::shared_ptr<const ResolverTransport> transport, Settings settings)
      : clock_(clock),
        strand_(asio::make_strand(executor)),
        acceptor_(strand_),
        settings_(std::move(settings)),
        upstream_(
            std::make_shared<Upstream>(std::move(transport), settings_.resolvers, settings_.query_timeout)) {}

  base::Status listen() {
    error_code error;
    acceptor_.open(tcp::v4(), error);
    if (!error) acceptor_.bind({asio::ip::address_v4::loopback(), 0}, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) endpoint_ = acceptor_.local_endpoint(error);
    if (error) {
      return base::unavailable("no port on 127.0.0.1 for questions to resolvers over TLS or HTTPS",
                               error.message());
    }
    asio::co_spawn(strand_, accept(shared_from_this()), asio::detached);
    return {};
  }

  void stop() {
    asio::dispatch(strand_, [self = shared_from_this()] {
      self->stopped_ = true;
      error_code ignored;
      self->acceptor_.close(ignored);
      for (const auto& each : self->connections_) {
        asio::dispatch(each->socket().get_executor(), [each] { each->close(); });
      }
    });
  }

  tcp::endpoint endpoint() const { return endpoint_; }

 private:
  static asio::awaitable<void> accept(std::shared_ptr<Server> self) {
    while (!self->stopped_) {
      auto strand = asio::make_strand(self->strand_.get_inner_executor());
      auto [failed, socket] = co_await self->acceptor_.async_accept(strand, kAsTuple);
      if (failed == asio::error::operation_aborted) co_return;
      if (failed) {
        // As when file descriptors ran out.
        co_await base::sleep_for(self->clock_, kAfterTrouble);
        continue;
      }
      error_code gone;
      const tcp::endpoint remote = socket.remote_endpoint(gone);
      if (gone || self->connections_.size() >= self->settings_.most_connections ||
          !is_own_connection(self->endpoint_, remote)) {
        continue;  // closes it
      }
      auto connection = std::make_shared<Connection>(tcp::socket{std::move(socket)}, self->clock_,
                                                     self->upstream_, self->settings_);
      self->connections_.insert(connection);
      asio::co_spawn(strand, connection->run(), [self, connection](std::exception_ptr) {
        asio::dispatch(self->strand_, [self, connection] { self->connections_.erase(connection); });
      });
    }
  }

  base::Clock& clock_;
  asio::strand<asio::any_io_executor> strand_;
  tcp::acceptor acceptor_;
  tcp::endpoint endpoint_;
  const Settings settings_;
  const std::shared_ptr<Upstream> upstream_;
  bool stopped_ = false;                               // on the strand
  std::set<std::shared_ptr<Connection>> connections_;  // on the strand
};

base::Result<std::unique_ptr<DnsRelay>> DnsRelay::start(asio::any_io_executor executor, base::Clock& clock,
                                                        std::shared_ptr<const ResolverTransport> transport,
                                                        Settings settings) {
  auto server = std::make_shared<Server>(executor, clock, std::move(transport), std::move(settings));
  if (auto status = server->listen(); !status.ok()) return base::fail(std::move(status));
  return std::unique_ptr<DnsRelay>{new DnsRelay{std::move(server)}};
}

DnsRelay::DnsRelay(std::shared_ptr<Server> server) : server_(std::move(server)) {}
DnsRelay::~DnsRelay() {
  server_->stop();
}

Endpoint DnsRelay::endpoint() const {
  return {server_->endpoint().address(), server_->endpoint().port()};
}

}  // namespace paynamed::net
