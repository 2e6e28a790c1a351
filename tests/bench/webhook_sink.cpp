#include "tests/bench/webhook_sink.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <thread>

namespace paynamed::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// Until the other end closes, which is an exception here.
asio::awaitable<void> serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (bool keeps = true; keeps;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, asio::use_awaitable);
    http::response<http::empty_body> response(http::status::no_content, request.version());
    keeps = request.keep_alive();
    response.keep_alive(keeps);
    co_await http::async_write(socket, response, asio::use_awaitable);
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor) {
  for (bool goes_on = true; goes_on; goes_on = acceptor.is_open()) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

struct WebhookSink::Parts {
  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::thread thread;
};

WebhookSink::WebhookSink() : parts_(std::make_unique<Parts>()) {
  asio::co_spawn(parts_->io, accept(parts_->acceptor), [](std::exception_ptr) {});
  parts_->thread = std::thread([io = &parts_->io] { io->run(); });
}

WebhookSink::~WebhookSink() {
  parts_->io.stop();
  parts_->thread.join();
}

std::uint16_t WebhookSink::port() const {
  return parts_->acceptor.local_endpoint().port();
}

}  // namespace paynamed::bench
