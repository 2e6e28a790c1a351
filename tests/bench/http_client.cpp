#include "tests/bench/http_client.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "tests/bench/child.hpp"

namespace paynamed::bench {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr base::Duration kPatience{30'000};

bool is_ready(std::uint16_t port) {
  try {
    return HttpClient{port, ""}.get("/readyz").status == 200;
  } catch (const boost::system::system_error&) {
    return false;  // it does not listen yet
  }
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, std::string key) : socket_(io_), key_(std::move(key)) {
  socket_.connect({asio::ip::address_v4::loopback(), port});
  socket_.set_option(tcp::no_delay{true});
}

HttpClient::Reply HttpClient::get(const std::string& path) {
  send("GET", path);
  return receive();
}

HttpClient::Reply HttpClient::post(const std::string& path, const std::string& json) {
  send("POST", path, json);
  return receive();
}

void HttpClient::send(const std::string& method, const std::string& path, const std::string& json) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: bench\r\n", method, path);
  if (!key_.empty()) text += fmt::format("Authorization: Bearer {}\r\n", key_);
  if (!json.empty())
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", json.size());
  asio::write(socket_, asio::buffer(text + "\r\n" + json));
}

HttpClient::Reply HttpClient::receive() {
  const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(bytes_), "\r\n\r\n");
  const std::string_view text{bytes_.data(), head};
  Reply reply;
  std::from_chars(text.data() + 9, text.data() + text.size(), reply.status);
  std::size_t body = 0;
  const auto at = text.find("Content-Length: ");
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + 16, text.data() + text.size(), body);
  }
  if (bytes_.size() < head + body) {
    asio::read(socket_, asio::dynamic_buffer(bytes_), asio::transfer_exactly(head + body - bytes_.size()));
  }
  reply.body = bytes_.substr(head, body);
  bytes_.erase(0, head + body);
  return reply;
}

std::uint16_t free_port() {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint{asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

void wait_until_ready(Child& daemon, std::uint16_t port, const std::filesystem::path& log) {
  const base::SystemClock clock;
  const auto begin = clock.monotonic();
  while (!is_ready(port)) {
    if (!daemon.running() || clock.monotonic() - begin > kPatience) {
      throw std::runtime_error("paynamed did not become ready; see " + log.string());
    }
    // Seldom enough to leave the daemon its core.
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

}  // namespace paynamed::bench
