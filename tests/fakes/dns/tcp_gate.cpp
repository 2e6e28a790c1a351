#include "tests/fakes/dns/tcp_gate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace paynamed::fakes {
namespace {

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error(host + " is no IPv4 address");
  return address;
}

const sockaddr* plain(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// What one side sent goes to the other; false when it ended.
bool pass_on(int from, int to) {
  std::array<char, 16 * 1024> buffer{};
  const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t more = ::send(to, buffer.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return true;
}

}  // namespace

TcpGate::TcpGate(const std::string& server, std::uint16_t server_port)
    : server_(server), server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("socket");
  sockaddr_in address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof address;
  if (::bind(listener_, plain(address), size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    const int error = errno;
    ::close(listener_);
    errno = error;
    fail("listen");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

TcpGate::~TcpGate() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  shut();
  for (std::thread& each : carrying_) each.join();
  ::close(listener_);
}

void TcpGate::shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  for (const int client : clients_) ::shutdown(client, SHUT_RDWR);
}

void TcpGate::open() {
  const std::lock_guard lock(mutex_);
  shut_ = false;
}

void TcpGate::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (ending_ || shut_ || client < 0) {
      if (client >= 0) ::close(client);
      if (ending_) return;
      continue;
    }
    clients_.insert(client);
    carrying_.emplace_back([this, client] { carry(client); });
  }
}

void TcpGate::carry(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(server_, server_port_);
  if (server >= 0 && ::connect(server, plain(address), sizeof address) == 0) {
    std::array<pollfd, 2> sides{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    bool both = true;
    while (both && ::poll(sides.data(), sides.size(), -1) > 0) {
      if (sides[0].revents != 0) both = pass_on(client, server);
      if (both && sides[1].revents != 0) both = pass_on(server, client);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    clients_.erase(client);
    ::close(client);
  }
  if (server >= 0) ::close(server);
}

}  // namespace paynamed::fakes
