#include "tests/fakes/daemon/http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace paynamed::fakes {
namespace {

class Socket {
 public:
  Socket(const std::string& address, std::uint16_t port, std::chrono::seconds most)
      : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{most.count(), 0};
    ::setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(number_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    if (::connect(number_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      const int error = errno;
      ::close(number_);
      throw std::runtime_error(
          fmt::format("cannot connect to {}:{}: {}", address, port, std::strerror(error)));
    }
  }
  ~Socket() { ::close(number_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(number_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the daemon closed the connection before it had the request");
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string read_all() const {
    std::string text;
    std::array<char, 8192> buffer;
    for (;;) {
      const ssize_t got = ::recv(number_, buffer.data(), buffer.size(), 0);
      if (got < 0) throw std::runtime_error(fmt::format("no whole answer came; so far: {}", text));
      if (got == 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int number_;
};

HttpReply parse(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos || !text.starts_with("HTTP/1.")) {
    throw std::runtime_error(fmt::format("this is no HTTP answer: {}", text));
  }
  HttpReply reply;
  std::from_chars(text.data() + 9, text.data() + text.size(), reply.status);
  for (std::size_t at = text.find("\r\n") + 2; at < end;) {
    const std::size_t stop = text.find("\r\n", at);
    const std::size_t colon = text.find(':', at);
    std::string name = text.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    const std::size_t begin = std::min(text.find_first_not_of(' ', colon + 1), stop);
    reply.headers[name] = text.substr(begin, stop - begin);
    at = stop + 2;
  }
  reply.body = text.substr(end + 4);
  if (const auto length = reply.header("content-length");
      !length.empty() && std::to_string(reply.body.size()) != length) {
    throw std::runtime_error(fmt::format("the answer ends early: {}", text));
  }
  return reply;
}

}  // namespace

boost::json::value HttpReply::json() const {
  boost::system::error_code error;
  auto value = boost::json::parse(body, error);
  if (error) throw std::runtime_error(fmt::format("{} with a body that is no JSON: {}", status, body));
  return value;
}

std::string HttpReply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

HttpClient::HttpClient(std::uint16_t port, std::string key, std::string address)
    : port_(port), key_(std::move(key)), address_(std::move(address)) {}

HttpReply HttpClient::send(const std::string& method, const std::string& target, const std::string& body,
                           const Headers& headers, std::chrono::seconds most) const {
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n", method, target, address_, port_);
  if (!key_.empty()) request += fmt::format("Authorization: Bearer {}\r\n", key_);
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  request += fmt::format("Content-Length: {}\r\n", body.size());
  for (const auto& [name, value] : headers) request += fmt::format("{}: {}\r\n", name, value);
  const Socket socket{address_, port_, most};
  socket.write(request + "\r\n" + body);
  return parse(socket.read_all());
}

}  // namespace paynamed::fakes
