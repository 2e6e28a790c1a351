#include "tests/fakes/dns/dns_relay.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <future>
#include <list>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace paynamed::fakes {
namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
// Questions by UDP that wait for the server; the oldest is given up.
constexpr std::size_t kMostWaiting = 200;
// In a message by TCP: the length, the id, and the flags with the opcode (RFC 1035, section 4.1.1).
constexpr std::size_t kOpcodeByte = 4;
constexpr std::uint8_t kUpdate = 5;

// A program that the test starts must not keep it open.
template <class Socket>
void close_on_exec(Socket& socket) {
  fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

}  // namespace

class DnsRelay::Worker {
 public:
  Worker(const asio::ip::address& address, std::uint16_t port, const asio::ip::address& server,
         std::uint16_t server_port)
      : here_(address, port), server_(server, server_port), udp_(io_), acceptor_(io_) {
    udp_.open(udp::v4());
    close_on_exec(udp_);
    udp_.bind({address, port});
    listen();
    asio::co_spawn(io_, relay_udp(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Worker() {
    io_.stop();
    thread_.join();
  }

  void close_tcp() {
    on_thread([this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (const auto& each : connections_) {
        if (const auto open = each.lock()) open->close(ignored);
      }
      connections_.clear();
    });
  }
  void open_tcp() {
    on_thread([this] {
      if (!acceptor_.is_open()) listen();
    });
  }
  void lose_next_update_reply() {
    on_thread([this] { loses_ = true; });
  }
  void after_next_update(std::function<void()> work) {
    on_thread([this, &work] { after_next_update_ = std::move(work); });
  }
  void delay_updates(std::chrono::milliseconds time) {
    on_thread([this, time] { delay_ = time; });
  }

 private:
  template <class Work>
  void on_thread(Work work) {
    std::packaged_task<void()> task(std::move(work));
    auto done = task.get_future();
    asio::post(io_, [&task] { task(); });
    done.get();
  }

  void listen() {
    acceptor_.open(tcp::v4());
    close_on_exec(acceptor_);
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(here_);
    acceptor_.listen();
    asio::co_spawn(io_, accept(), asio::detached);
  }

  asio::awaitable<void> relay_udp() {
    std::vector<std::uint8_t> packet(65535);
    for (;;) {
      udp::endpoint from;
      const auto [failed, size] = co_await udp_.async_receive_from(asio::buffer(packet), from, kAsTuple);
      if (failed) continue;
      auto up = std::make_shared<udp::socket>(io_, udp::v4());
      waiting_.push_back(up);
      if (waiting_.size() > kMostWaiting) {
        error_code ignored;
        waiting_.front()->close(ignored);
        waiting_.pop_front();
      }
      std::vector<std::uint8_t> question(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      asio::co_spawn(io_, pass_on(std::move(up), std::move(question), from), asio::detached);
    }
  }

  asio::awaitable<void> pass_on(std::shared_ptr<udp::socket> up, std::vector<std::uint8_t> question,
                                udp::endpoint from) {
    error_code error;
    up->connect({server_.address(), server_.port()}, error);
    if (!error) up->send(asio::buffer(question), 0, error);
    std::vector<std::uint8_t> answer(65535);
    const auto [failed, size] = co_await up->async_receive(asio::buffer(answer), kAsTuple);
    if (!failed) udp_.send_to(asio::buffer(answer.data(), size), from, 0, error);
    std::erase(waiting_, up);
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [failed, socket] = co_await acceptor_.async_accept(kAsTuple);
      if (failed) co_return;
      auto down = std::make_shared<tcp::socket>(std::move(socket));
      auto up = std::make_shared<tcp::socket>(io_, tcp::v4());
      close_on_exec(*down);
      close_on_exec(*up);
      std::erase_if(connections_, [](const auto& each) { return each.expired(); });
      connections_.insert(connections_.end(), {down, up});
      asio::co_spawn(io_, serve(std::move(down), std::move(up)), asio::detached);
    }
  }

  asio::awaitable<void> serve(std::shared_ptr<tcp::socket> down, std::shared_ptr<tcp::socket> up) {
    const auto [refused] = co_await up->async_connect(server_, kAsTuple);
    if (refused) co_return;
    const auto exchange = std::make_shared<Exchange>();
    asio::co_spawn(io_, copy(up, down, exchange, false), asio::detached);
    co_await copy(down, up, exchange, true);
  }

  // What is known of one connection.
  struct Exchange {
    bool update = false;  // the client's message is one
  };

  // Until one side ends; then both do.
  asio::awaitable<void> copy(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to,
                             std::shared_ptr<Exchange> exchange, bool to_server) {
    std::array<std::uint8_t, 4096> part{};
    error_code ignored;
    for (;;) {
      const auto [ended, size] = co_await from->async_read_some(asio::buffer(part), kAsTuple);
      if (ended) break;
      if (to_server) {
        if (size > kOpcodeByte) exchange->update = (part[kOpcodeByte] >> 3 & 0xf) == kUpdate;
        if (exchange->update && delay_.count() > 0) {
          asio::steady_timer later(io_, delay_);
          co_await later.async_wait(kAsTuple);
        }
      } else if (exchange->update) {
        if (const auto work = std::exchange(after_next_update_, nullptr)) work();
        if (std::exchange(loses_, false)) break;
      }
      const auto [lost, written] = co_await asio::async_write(*to, asio::buffer(part.data(), size), kAsTuple);
      if (lost) break;
    }
    to->shutdown(tcp::socket::shutdown_both, ignored);
    from->close(ignored);
  }

  const tcp::endpoint here_;
  const tcp::endpoint server_;
  asio::io_context io_;
  udp::socket udp_;
  tcp::acceptor acceptor_;
  std::deque<std::shared_ptr<udp::socket>> waiting_;
  std::list<std::weak_ptr<tcp::socket>> connections_;
  bool loses_ = false;
  std::function<void()> after_next_update_;
  std::chrono::milliseconds delay_{0};
  std::thread thread_;
};

DnsRelay::DnsRelay(const std::string& address, std::uint16_t port, const std::string& server,
                   std::uint16_t server_port)
    : worker_(std::make_unique<Worker>(asio::ip::make_address(address), port, asio::ip::make_address(server),
                                       server_port)) {}
DnsRelay::~DnsRelay() = default;
void DnsRelay::close_tcp() {
  worker_->close_tcp();
}
void DnsRelay::open_tcp() {
  worker_->open_tcp();
}
void DnsRelay::lose_next_update_reply() {
  worker_->lose_next_update_reply();
}
void DnsRelay::after_next_update(std::function<void()> work) {
  worker_->after_next_update(std::move(work));
}
void DnsRelay::delay_updates(std::chrono::milliseconds time) {
  worker_->delay_updates(time);
}

}  // namespace paynamed::fakes
